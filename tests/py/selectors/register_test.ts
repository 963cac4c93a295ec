import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  errno,
  KeyError,
  OSError,
  OverflowError,
  selectors,
  socket,
  ValueError,
} from "@iomux/py";
import { test } from "../../descriptors.ts";
import { free_number, open, pipe } from "../../ffi/kernel.ts";
import { backends, names, pair } from "./setup.ts";

const { EVENT_READ, EVENT_WRITE } = selectors;

for (const name of names) {
  const make = backends[name];

  test(`${name}.register() returns the key`, () => {
    using s = make();
    using fds = pair();
    const data = { any: "thing" };

    const key = s.register(fds.rd, EVENT_READ, { data });

    assert(key instanceof selectors.SelectorKey);
    assertStrictEquals(key.fileobj, fds.rd);
    assertEquals(key.fd, fds.rd.fileno());
    assertEquals(key.events, EVENT_READ);
    assertStrictEquals(key.data, data);
  });

  test(`${name}.register() attaches null without data`, () => {
    using s = make();
    using fds = pair();
    assertEquals(s.register(fds.rd, EVENT_READ).data, null);
    assertEquals(s.register(fds.wr, EVENT_READ, undefined).data, null);
  });

  test(`${name}.register() takes descriptors, and objects with fileno()`, () => {
    using s = make();
    using fds = pair();
    const object = { fileno: () => fds.wr.fileno() };
    assertEquals(
      s.register(fds.rd.fileno(), EVENT_READ).fileobj,
      fds.rd.fileno(),
    );
    assertStrictEquals(s.register(object, EVENT_READ).fileobj, object);
  });

  test(`${name}.register() throws ValueError for unknown events or none`, () => {
    using s = make();
    using fds = pair();
    for (const events of [0, 4, 5, 999999, -1, 2 ** 31]) {
      assertThrows(
        () => s.register(fds.rd, events),
        ValueError,
        `Invalid events: ${events}`,
      );
    }
    for (const events of [null, undefined, "1", 1.5, {}, 1n]) {
      assertThrows(() => s.register(fds.rd, events as never), TypeError);
    }
    assertEquals(s.get_map()?.size, 0);
  });

  test(`${name}.register() throws ValueError for a value without a descriptor`, () => {
    using s = make();
    const throws = (file: unknown, message: string) =>
      assertThrows(
        () => s.register(file as never, EVENT_READ),
        ValueError,
        message,
      );
    throws(-10, "Invalid file descriptor: -10");
    throws("abc", 'Invalid file object: "abc"');
    throws(1.5, "Invalid file object: 1.5");
    throws(null, "Invalid file object: null");
    throws(undefined, "Invalid file object: undefined");
    throws({}, "Invalid file object: an object");
    throws(Object.create(null), "Invalid file object: an object");
    throws({ fileno: () => "1" }, "Invalid file object: an object");
    throws({ fileno: () => -1 }, "Invalid file object: an object");
    const sock = socket.socket();
    sock.close();
    throws(sock, "Invalid file object: <socket.socket [closed]");
    assertEquals(s.get_map()?.size, 0);
  });

  test(`${name}.register() passes on an error of fileno() that is not about an argument`, () => {
    using s = make();
    const fileno = () => {
      throw new SyntaxError("mine");
    };
    assertThrows(() => s.register({ fileno }, EVENT_READ), SyntaxError, "mine");
    assertThrows(() => s.register(2 ** 31, EVENT_READ), OverflowError);
  });

  test(`${name}.register() throws KeyError for a file object, or a descriptor, twice`, () => {
    using s = make();
    using fds = pair();
    s.register(fds.rd, EVENT_READ);
    const fd = fds.rd.fileno();
    const message = `(FD ${fd}) is already registered`;
    assertThrows(() => s.register(fds.rd, EVENT_READ), KeyError, message);
    assertThrows(
      () => s.register(fd, EVENT_WRITE),
      KeyError,
      `${fd} ${message}`,
    );
    assertThrows(
      () => s.register({ fileno: () => fd }, EVENT_READ),
      KeyError,
      `an object ${message}`,
    );
    assertEquals(s.get_map()?.size, 1);
  });

  test(`${name}.modify() changes the events`, () => {
    using s = make();
    using fds = pair();
    const key = s.register(fds.rd, EVENT_READ, 1);
    const changed = s.modify(fds.rd, EVENT_WRITE, 1);
    assertEquals([key.events, changed.events], [EVENT_READ, EVENT_WRITE]);
    assertStrictEquals(s.get_key(fds.rd), changed);
    assertEquals(s.select(0), [[changed, EVENT_WRITE]]);
    const both = s.modify(fds.rd, EVENT_READ | EVENT_WRITE, 1);
    fds.wr.send(new Uint8Array(1));
    assertEquals(s.select(0), [[both, EVENT_READ | EVENT_WRITE]]);
    const back = s.modify(fds.rd, EVENT_READ, 1);
    assertEquals(s.select(0), [[back, EVENT_READ]]);
  });

  test(`${name}.modify() changes the data; omitted, they become null`, () => {
    using s = make();
    using fds = pair();
    const first = s.register(fds.rd, EVENT_READ, [1]);
    const second = s.modify(fds.rd, EVENT_READ, "second");
    assertEquals(first.data, [1]);
    assertEquals(second.data, "second");
    assertStrictEquals(second.fileobj, fds.rd);
    assertStrictEquals(s.get_key(fds.rd), second);
    assertEquals(s.modify(fds.rd, EVENT_READ).data, null);
  });

  test(`${name}.modify() keeps the key where nothing changes`, () => {
    using s = make();
    using fds = pair();
    const data = {};
    const key = s.register(fds.rd, EVENT_READ, { data });
    assertStrictEquals(s.modify(fds.rd, EVENT_READ, { data }), key);
  });

  test(`${name}.modify() by the descriptor keeps the file object`, () => {
    using s = make();
    using fds = pair();
    s.register(fds.rd, EVENT_READ);
    const key = s.modify(fds.rd.fileno(), EVENT_WRITE);
    assertStrictEquals(key.fileobj, fds.rd);
  });

  test(`${name}.modify() throws KeyError for an unregistered file`, () => {
    using s = make();
    assertThrows(
      () => s.modify(999999, EVENT_READ),
      KeyError,
      "999999 is not registered",
    );
  });

  test(`${name}.modify() throws ValueError for bad events and changes nothing`, () => {
    using s = make();
    using fds = pair();
    const key = s.register(fds.wr, EVENT_WRITE);
    for (const events of [0, 4, -1]) {
      assertThrows(
        () => s.modify(fds.wr, events),
        ValueError,
        `Invalid events: ${events}`,
      );
    }
    assertEquals(s.select(0), [[key, EVENT_WRITE]]);
  });
}

test("EpollSelector.register() throws OSError EBADF for a closed descriptor", () => {
  using s = selectors.EpollSelector();
  const fd = free_number();
  const error = assertThrows(() => s.register(fd, EVENT_READ), OSError);
  assertEquals([error.errno, error.syscall], [errno.EBADF, "epoll_ctl"]);
  assertEquals(s.get_map()?.size, 0);
});

test("EpollSelector.register() throws PermissionError for a regular file", () => {
  using s = selectors.EpollSelector();
  using file = open(Deno.execPath());
  const error = assertThrows(() => s.register(file, EVENT_READ), OSError);
  assertEquals([error.name, error.errno], ["PermissionError", errno.EPERM]);
  assertEquals(s.get_map()?.size, 0);
});

test("SelectSelector and PollSelector find a regular file always ready", () => {
  using file = open(Deno.execPath());
  for (const name of ["SelectSelector", "PollSelector"] as const) {
    using s = backends[name]();
    const key = s.register(file, EVENT_READ | EVENT_WRITE);
    assertEquals(s.select(), [[key, EVENT_READ | EVENT_WRITE]]);
  }
});

test("EpollSelector.modify() that the kernel refuses unregisters the file object", () => {
  using s = selectors.EpollSelector();
  using fds = pipe();
  const r = fds.r.fileno();
  s.register(r, EVENT_READ);
  fds.r.close();
  const error = assertThrows(() => s.modify(r, EVENT_WRITE), OSError);
  assertEquals(error.errno, errno.EBADF);
  assertThrows(() => s.get_key(r), KeyError);
  assertEquals(s.get_map()?.size, 0);
});

test("SelectSelector.select() throws OSError EBADF for a closed descriptor", () => {
  using s = selectors.SelectSelector();
  s.register(free_number(), EVENT_READ);
  const error = assertThrows(() => s.select(0), OSError);
  assertEquals([error.errno, error.syscall], [errno.EBADF, "select"]);
});

test("PollSelector.select() finds a closed descriptor ready", () => {
  using s = selectors.PollSelector();
  const key = s.register(free_number(), EVENT_READ);
  assertEquals(s.select(), [[key, EVENT_READ]]);
});
