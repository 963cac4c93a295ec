import {
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  errno,
  OSError,
  OverflowError,
  select,
  socket,
  ValueError,
} from "@iomux/py";
import { open_descriptors, test } from "../../descriptors.ts";
import { free_number, pipe } from "../../ffi/kernel.ts";

// What TypeScript would refuse, and JavaScript would not.
// deno-lint-ignore no-explicit-any
type Any = any;

const BYTE = new Uint8Array([1]);

function assert_bad_descriptor(fn: () => unknown): void {
  const error = assertThrows(fn, OSError, "[Errno 9] Bad file descriptor");
  assertEquals(error.errno, errno.EBADF);
  assertEquals(error.code, "EBADF");
  assertEquals(error.syscall, "select");
}

test("select() throws EBADF for a closed descriptor, in each list", () => {
  const fd = free_number();
  assert_bad_descriptor(() => select.select([fd], [], [], 0));
  assert_bad_descriptor(() => select.select([], [fd], [], 0));
  assert_bad_descriptor(() => select.select([], [], [fd], 0));
});

test("select() throws EBADF for one closed among open ones", () => {
  using fds = pipe();
  fds.w.write(BYTE);
  const closed = free_number();
  assert_bad_descriptor(() => select.select([fds.r, closed], [], [], 0));
  assertEquals(select.select([fds.r], [], [], 0)[0], [fds.r]);
});

test("select() throws EBADF on either side of the table's first 64", () => {
  const open = [...open_descriptors()].map((line) => parseInt(line));
  for (let fd = 56; fd < 72; fd++) {
    if (open.includes(fd)) continue;
    assert_bad_descriptor(() => select.select([fd], [], [], 0));
  }
});

test("select() throws EBADF far beyond the table of descriptors, without its bitmap", () => {
  const before = Deno.memoryUsage();
  for (const fd of [1023, 1024, 20_000, 1_000_000, 2 ** 30, 2 ** 31 - 1]) {
    assert_bad_descriptor(() => select.select([fd], [], [], 0));
    assert_bad_descriptor(() => select.select([0], [], [fd], null));
  }
  const after = Deno.memoryUsage();
  // A bit for each descriptor up to 2^31 would be 256 MiB.
  assertEquals(after.external - before.external < 2 ** 26, true);
});

test("select() throws ValueError for a closed socket", () => {
  const sock = socket.socket();
  sock.close();
  const error = assertThrows(
    () => select.select([sock], [], [], 0),
    ValueError,
    "file descriptor cannot be a negative integer (-1)",
  );
  assertEquals(error.name, "ValueError");
  assertInstanceOf(error, RangeError);
});

test("select() throws ValueError for a closed epoll object", () => {
  const ep = select.epoll();
  ep.close();
  assertThrows(
    () => select.select([ep], [], [], 0),
    ValueError,
    "I/O operation on closed epoll object",
  );
});

test("select() throws ValueError for a negative descriptor, in each list", () => {
  for (const fd of [-1, -5, -(2 ** 31)]) {
    const message = `file descriptor cannot be a negative integer (${fd})`;
    assertThrows(() => select.select([fd], [], []), ValueError, message);
    assertThrows(() => select.select([], [fd], []), ValueError, message);
    assertThrows(() => select.select([], [], [fd]), ValueError, message);
  }
});

test("select() throws OverflowError for a descriptor above the highest int", () => {
  for (const fd of [2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER, 1e300]) {
    assertThrows(
      () => select.select([fd], [], [], 0),
      OverflowError,
      "file descriptor is above 2147483647",
    );
  }
});

test("select() throws ValueError for a negative time-out", () => {
  for (const timeout of [-1, -0.001, -1e-100]) {
    assertThrows(
      () => select.select([], [], [], timeout),
      ValueError,
      `timeout must be non-negative, and ${timeout} is not`,
    );
  }
});

test("select() throws ValueError for a time-out of NaN", () => {
  assertThrows(
    () => select.select([], [], [], NaN),
    ValueError,
    "timeout must not be NaN",
  );
});

test("select() throws OverflowError for a time-out beyond 2^63 nanoseconds", () => {
  for (const timeout of [Infinity, -Infinity, 1e10, 1e100]) {
    assertThrows(
      () => select.select([], [], [], timeout),
      OverflowError,
      `timeout is too large: ${timeout}`,
    );
  }
});

test("select() throws TypeError for a time-out of another type", () => {
  const shown = [
    ["1", '"1"'],
    [[], "an object"],
    [1n, "1n"],
  ] as const;
  for (const [timeout, text] of shown) {
    assertThrows(
      () => select.select([], [], [], timeout as Any),
      TypeError,
      `timeout must be a number or null, not ${text}`,
    );
  }
});

test("select() throws TypeError for a list that cannot be iterated, and names it", () => {
  for (const list of [1, null, undefined, {}, pipe] as Any[]) {
    assertThrows(
      () => select.select(list, [], []),
      TypeError,
      "rlist must be an iterable, not ",
    );
    assertThrows(
      () => select.select([], list, []),
      TypeError,
      "wlist must be an iterable, not ",
    );
    assertThrows(
      () => select.select([], [], list),
      TypeError,
      "xlist must be an iterable, not ",
    );
  }
});

test("select() throws TypeError for an item that is not a descriptor", () => {
  const message = "argument must be an int, or have a fileno() method";
  for (const item of [{}, null, undefined, "0", 0.5, NaN, 0n, true] as Any[]) {
    assertThrows(() => select.select([item], [], [], 0), TypeError, message);
  }
  assertThrows(() => select.select("01" as Any, [], [], 0), TypeError, message);
});

test("select() throws TypeError for a fileno() that returns no integer", () => {
  for (const fd of ["0", null, undefined, 1.5, NaN, 0n, {}] as Any[]) {
    assertThrows(
      () => select.select([{ fileno: () => fd }], [], [], 0),
      TypeError,
      "fileno() returned ",
    );
  }
});

test("select() passes on an error of fileno(), and works afterwards", () => {
  using fds = pipe();
  fds.w.write(BYTE);
  const trouble = new Error("a fileno() of trouble");
  const broken = {
    fileno() {
      throw trouble;
    },
  };
  const call = () => select.select([fds.r, broken], [fds.w], [], 0);
  assertStrictEquals(assertThrows(call), trouble);
  assertEquals(
    select.select([fds.r], [fds.w], [fds.r], 0),
    [[fds.r], [fds.w], []],
  );
});

test("select() passes on an error of an iterator, and works afterwards", () => {
  using fds = pipe();
  const trouble = new Error("an iterator of trouble");
  function* broken() {
    yield fds.r;
    throw trouble;
  }
  const call = () => select.select([fds.r], broken(), [], 0);
  assertStrictEquals(assertThrows(call), trouble);
  assertEquals(select.select([], [fds.w], [], 0)[1], [fds.w]);
});

test("select() may be called inside a fileno() that it calls", () => {
  using outer = pipe();
  using inner = pipe();
  outer.w.write(BYTE);
  inner.w.write(BYTE);
  let nested: unknown;
  const file = {
    fileno() {
      nested = select.select([inner.r], [inner.w], [], 0);
      return outer.r.fileno();
    },
  };
  assertEquals(
    select.select([file], [outer.w, file], [file], 0),
    [[file], [outer.w], []],
  );
  assertEquals(nested, [[inner.r], [inner.w], []]);
  assertEquals(select.select([inner.r], [], [], 0)[0], [inner.r]);
});

test("select() uses the list as it was passed, though a fileno() changes it", () => {
  using fds = pipe();
  const list: Array<{ fileno(): number }> = [];
  const file = {
    fileno() {
      list.length = 0;
      return fds.w.fileno();
    },
  };
  list.push(file, file);
  assertEquals(select.select([], list, [], 0), [[], [file, file], []]);
});
