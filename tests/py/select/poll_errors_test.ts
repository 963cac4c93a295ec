import { assertEquals, assertThrows } from "@std/assert";
import {
  errno,
  FileNotFoundError,
  KeyError,
  OverflowError,
  select,
  socket,
  ValueError,
} from "@iomux/py";
import { test } from "../../descriptors.ts";
import { pipe } from "../../ffi/kernel.ts";

// What TypeScript would refuse, and JavaScript would not.
// deno-lint-ignore no-explicit-any
type Any = any;

const { POLLIN, POLLOUT } = select;

test("Poll.modify() throws FileNotFoundError for a descriptor that was never registered", () => {
  const poller = select.poll();
  const error = assertThrows(
    () => poller.modify(0, POLLIN),
    FileNotFoundError,
    "[Errno 2] No such file or directory",
  );
  assertEquals(error.errno, errno.ENOENT);
  assertEquals(error.code, "ENOENT");
});

test("Poll.modify() throws FileNotFoundError after unregister()", () => {
  const poller = select.poll();
  poller.register(0, POLLIN);
  poller.unregister(0);
  assertThrows(() => poller.modify(0, POLLIN), FileNotFoundError);
});

test("Poll.unregister() throws KeyError for a descriptor that was never registered", () => {
  const poller = select.poll();
  const error = assertThrows(() => poller.unregister(3), KeyError, "3");
  assertEquals(error.name, "KeyError");
  assertEquals(error.message, "3");
});

test("Poll.unregister() throws KeyError the second time", () => {
  const poller = select.poll();
  poller.register(3, POLLIN);
  poller.unregister(3);
  assertThrows(() => poller.unregister(3), KeyError);
});

const methods: Array<[string, (fd: Any, mask?: Any) => void]> = [
  ["register", (fd, mask = POLLIN) => select.poll().register(fd, mask)],
  ["modify", (fd, mask = POLLIN) => {
    const poller = select.poll();
    poller.register(0, POLLIN);
    poller.modify(fd, mask);
  }],
  ["unregister", (fd) => select.poll().unregister(fd)],
];

for (const [name, call] of methods) {
  test(`Poll.${name}() throws TypeError for values that are not descriptors`, () => {
    const message = "argument must be an int, or have a fileno() method";
    for (const fd of [{}, null, undefined, "0", 0.5, NaN, Infinity, 1n, true]) {
      assertThrows(() => call(fd), TypeError, message);
    }
    assertThrows(() => call(select.poll()), TypeError, message);
    assertThrows(
      () => call({ fileno: () => "0" }),
      TypeError,
      'fileno() returned "0", not an integer',
    );
  });

  test(`Poll.${name}() throws ValueError for a negative descriptor`, () => {
    const sock = socket.socket();
    sock.close();
    for (const fd of [-1, sock]) {
      assertThrows(
        () => call(fd),
        ValueError,
        "file descriptor cannot be a negative integer (-1)",
      );
    }
  });

  test(`Poll.${name}() throws OverflowError for a descriptor above the highest int`, () => {
    assertThrows(
      () => call(2 ** 31),
      OverflowError,
      "file descriptor is above 2147483647: 2147483648",
    );
  });
}

for (const [name, call] of methods.slice(0, 2)) {
  test(`Poll.${name}() throws ValueError for a negative mask`, () => {
    for (const mask of [-1, -65536, -(2 ** 31)]) {
      assertThrows(
        () => call(0, mask),
        ValueError,
        `eventmask must not be negative: ${mask}`,
      );
    }
  });

  test(`Poll.${name}() throws OverflowError for a mask above an unsigned short`, () => {
    for (const mask of [65536, select.EPOLLET, 2 ** 53]) {
      assertThrows(
        () => call(0, mask),
        OverflowError,
        `eventmask must fit an unsigned short: ${mask}`,
      );
    }
  });

  test(`Poll.${name}() throws TypeError for a mask of another type`, () => {
    const shown = [
      [1.5, "1.5"],
      [NaN, "NaN"],
      [Infinity, "Infinity"],
      ["1", '"1"'],
      [null, "null"],
      [1n, "1n"],
      [[], "an object"],
    ];
    for (const [mask, text] of shown) {
      assertThrows(
        () => call(0, mask),
        TypeError,
        `eventmask must be an integer, not ${text}`,
      );
    }
  });

  test(`Poll.${name}() takes the lowest and the highest mask`, () => {
    call(0, 0);
    call(0, 65535);
  });
}

test("Poll.modify() throws TypeError without a mask, as Python does", () => {
  const poller = select.poll();
  poller.register(0);
  assertThrows(
    () => poller.modify(0, undefined as Any),
    TypeError,
    "eventmask must be an integer, not undefined",
  );
});

test("Poll.register() changes nothing when it throws", () => {
  using fds = pipe();
  const poller = select.poll();
  poller.register(fds.w, POLLOUT);
  assertThrows(() => poller.register(fds.w, -1), ValueError);
  assertThrows(() => poller.register(fds.r, 65536), OverflowError);
  assertThrows(() => poller.unregister(fds.r), KeyError);
  assertEquals(poller.poll(0), [[fds.w.fileno(), POLLOUT]]);
});

test("Poll.poll() throws OverflowError for a time-out above the highest int", () => {
  using fds = pipe();
  const poller = select.poll();
  // Something ready: if the time-out were taken, the test would fail, not hang.
  poller.register(fds.w, POLLOUT);
  // CPython refuses minus infinity, too.
  const timeouts = [
    2 ** 31,
    2 ** 31 - 0.5,
    2 ** 32,
    1e100,
    Infinity,
    -Infinity,
  ];
  for (const timeout of timeouts) {
    assertThrows(() => poller.poll(timeout), OverflowError, "too large");
  }
});

test("Poll.poll() throws ValueError for a time-out of NaN", () => {
  assertThrows(
    () => select.poll().poll(NaN),
    ValueError,
    "timeout must not be NaN",
  );
});

test("Poll.poll() throws TypeError for a time-out of another type", () => {
  for (const timeout of ["1", [], 1n] as Any[]) {
    assertThrows(
      () => select.poll().poll(timeout),
      TypeError,
      "timeout must be a number or null, not ",
    );
  }
});
