import {
  BlockingIOError,
  errno,
  FileExistsError,
  FileNotFoundError,
  OSError,
  OverflowError,
  PermissionError,
  select,
  socket,
  ValueError,
} from "@iomux/py";
import {
  assert,
  assertEquals,
  assertFalse,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertLess,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { raises } from "../raises.ts";
import { test } from "../../descriptors.ts";
import {
  close_on_exec,
  dup,
  free_number,
  open,
  pipe,
} from "../../ffi/kernel.ts";

import { turns } from "../async_twins.ts";
import { address_of, listening, until_readable } from "../socket/setup.ts";

const {
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLRDHUP,
} = select;

const BYTE = new Uint8Array([1]);

test("Epoll.poll() returns at most maxevents, and the others next: none starves", () => {
  using fds = pipe();
  using ep = select.epoll();
  const copies = Array.from({ length: 10 }, () => dup(fds.w.fileno()));
  for (const copy of copies) ep.register(copy, EPOLLOUT);

  const seen = new Set<number>();
  for (let round = 0; round < 4; round++) {
    const events = ep.poll(0, 3);
    assertEquals(events.length, 3);
    for (const [fd] of events) seen.add(fd);
  }

  assertEquals(seen, new Set(copies.map((copy) => copy.fileno())));
  for (const copy of copies) copy.close();
});

test("Epoll.poll() returns 1,023 events unless more are asked for", () => {
  using fds = pipe();
  using ep = select.epoll();
  const copies = Array.from({ length: 1500 }, () => dup(fds.w.fileno()));
  for (const copy of copies) ep.register(copy, EPOLLOUT);
  try {
    // Before any larger number: the room for events grows at 1,024 already.
    assertEquals(new Map(ep.poll(0, 1024)).size, 1024);
    assertEquals(ep.poll(0).length, 1023);
    assertEquals(ep.poll(0, -1).length, 1023);
    assertEquals(ep.poll(0, 1200).length, 1200);
    for (const most of [1500, 65536, 65537, 2 ** 31 - 1]) {
      const fds = ep.poll(0, most).map(([fd]) => fd);
      assertEquals(new Set(fds), new Set(copies.map((c) => c.fileno())));
      assertEquals(fds.length, 1500);
    }
    assertEquals(ep.poll(0, 1).length, 1);
  } finally {
    for (const copy of copies) copy.close();
  }
});

test("Epoll.fileno() can be waited on with select(), poll() and epoll()", () => {
  using fds = pipe();
  using inner = select.epoll();
  inner.register(fds.r, EPOLLIN);
  using outer = select.epoll();
  outer.register(inner, EPOLLIN);
  const poller = select.poll();
  poller.register(inner, select.POLLIN);
  assertNotEquals(inner.fileno(), outer.fileno());

  assertEquals(select.select([inner], [], [], 0)[0], []);
  assertEquals(poller.poll(0), []);
  assertEquals(outer.poll(0), []);
  fds.w.write(BYTE);
  assertEquals(select.select([inner], [], [], 0)[0], [inner]);
  assertEquals(poller.poll(0), [[inner.fileno(), select.POLLIN]]);
  assertEquals(outer.poll(0), [[inner.fileno(), EPOLLIN]]);
  assertEquals(inner.poll(0), [[fds.r.fileno(), EPOLLIN]]);
});

// What TypeScript would refuse, and JavaScript would not.
// deno-lint-ignore no-explicit-any
type Any = any;

test("epoll.fromfd() is the same epoll object in the kernel", () => {
  using fds = pipe();
  using one = select.epoll();
  using two = select.epoll.fromfd(dup(one.fileno()).fileno());
  two.register(fds.w, EPOLLOUT);
  assertEquals(one.poll(0), [[fds.w.fileno(), EPOLLOUT]]);
  assertEquals(two.poll(0), [[fds.w.fileno(), EPOLLOUT]]);
});

test("epoll.fromfd() takes the very descriptor, and closes it", () => {
  const one = select.epoll();
  const fd = one.fileno();
  const two = select.epoll.fromfd(fd);
  assertEquals(two.fileno(), fd);
  two.close();
  assert(two.closed && !one.closed);
  const error = assertThrows(() => one.poll(0), OSError);
  assertEquals([error.errno, error.syscall], [errno.EBADF, "epoll_wait"]);
  // The descriptor is closed already: close(2) fails with EBADF, and close() does not throw.
  one.close();
});

test("epoll.fromfd() of another file, or a closed descriptor, fails at the first call", () => {
  using closed = select.epoll.fromfd(free_number());
  const error = assertThrows(() => closed.poll(0), OSError);
  assertEquals(error.errno, errno.EBADF);

  using fds = pipe();
  const ep = select.epoll.fromfd(dup(fds.r.fileno()).fileno());
  const register = assertThrows(() => ep.register(fds.w, EPOLLIN), OSError);
  assertEquals([register.errno, register.syscall], [errno.EINVAL, "epoll_ctl"]);
  const poll = assertThrows(() => ep.poll(0), OSError);
  assertEquals([poll.errno, poll.syscall], [errno.EINVAL, "epoll_wait"]);
  ep.close();
});

test("Epoll.poll() reports an edge once, also one before register() or modify()", () => {
  for (const before of [true, false]) {
    using fds = pipe();
    using ep = select.epoll();
    if (before) fds.w.write(BYTE);
    ep.register(fds.r, EPOLLIN | EPOLLET);
    if (!before) fds.w.write(BYTE);
    assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
    assertEquals(ep.poll(0), []);
    ep.modify(fds.r, EPOLLIN | EPOLLET);
    assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
  }
});

test("Epoll.poll() reports an edge again for new data, though old data is unread", () => {
  using fds = pipe();
  using ep = select.epoll();
  ep.register(fds.r, EPOLLIN | EPOLLET);
  for (let i = 0; i < 3; i++) {
    fds.w.write(BYTE);
    assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
  }
  assertEquals(fds.r.read(10).length, 3);
  assertEquals(ep.poll(0), []);
});

test("Epoll.poll() does not report the bytes that an edge left unread: drain them", () => {
  const [a, b] = socket.socketpair();
  using _a = a, _b = b;
  b.setblocking(false);
  using ep = select.epoll();
  ep.register(b, EPOLLIN | EPOLLET);
  a.send(new Uint8Array(1000));
  assertEquals(ep.poll(0), [[b.fileno(), EPOLLIN]]);

  assertEquals(b.recv(600).length, 600);
  assertEquals(ep.poll(0), []);
  assertEquals(b.recv(600).length, 400);
  assertThrows(() => b.recv(600), BlockingIOError);

  a.send(BYTE);
  assertEquals(ep.poll(0), [[b.fileno(), EPOLLIN]]);
});

test("Epoll.poll() reports the edge of a socket that can be written again", () => {
  const [a, b] = socket.socketpair();
  using _a = a, _b = b;
  a.setblocking(false);
  using ep = select.epoll();
  ep.register(a, EPOLLOUT | EPOLLET);
  assertEquals(ep.poll(0), [[a.fileno(), EPOLLOUT]]);
  let sent = 0;
  assertThrows(() => {
    for (;;) sent += a.send(new Uint8Array(65536));
  }, BlockingIOError);
  assertEquals(ep.poll(0), []);
  while (sent > 0) sent -= b.recv(65536).length;
  assertEquals(ep.poll(10), [[a.fileno(), EPOLLOUT]]);
});

test("Epoll.poll() reports a descriptor of EPOLLONESHOT once, until it is modified", () => {
  using fds = pipe();
  fds.w.write(BYTE);
  using ep = select.epoll();
  ep.register(fds.r, EPOLLIN | EPOLLONESHOT);
  assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
  fds.w.write(BYTE);
  assertEquals(ep.poll(0), []);
  // Disabled, it does not report the hang-up either.
  fds.w.close();
  assertEquals(ep.poll(0), []);
  ep.modify(fds.r, EPOLLIN | EPOLLONESHOT);
  assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN | select.EPOLLHUP]]);
  assertEquals(ep.poll(0), []);
});

test("Epoll.register() counts the mask modulo 2^32: EPOLLET | EPOLLIN is negative", () => {
  const negative = EPOLLET | EPOLLIN;
  assertLess(negative, 0);
  for (
    const mask of [negative, EPOLLET + EPOLLIN, 2 ** 32 + EPOLLET + EPOLLIN]
  ) {
    using fds = pipe();
    fds.w.write(BYTE);
    using ep = select.epoll();
    ep.register(fds.r, mask);
    assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
    assertEquals(ep.poll(0), [], "No edge");
    ep.modify(fds.r, mask);
    assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
    assertEquals(ep.poll(0), [], "No edge");
  }
});

test("Epoll.poll() returns positive events without the flags that were asked for", () => {
  const [a, b] = socket.socketpair();
  using _a = a;
  using ep = select.epoll();
  ep.register(a, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET | EPOLLONESHOT);
  b.close();
  const [[, events]] = ep.poll(0) as [[number, number]];
  assert(events > 0 && events < EPOLLONESHOT, `${events}`);
});

test("Epoll.register() takes EPOLLEXCLUSIVE, and modify() of it is EINVAL", () => {
  using fds = pipe();
  using ep = select.epoll();
  ep.register(fds.r, EPOLLIN | EPOLLEXCLUSIVE);
  fds.w.write(BYTE);
  assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
  const error = assertThrows(() => ep.modify(fds.r, EPOLLIN), OSError);
  assertEquals(error.errno, errno.EINVAL);
});

test("Epoll.poll() still reports a closed descriptor while a dup of it is open", () => {
  using fds = pipe();
  const fd = fds.r.fileno();
  using copy = dup(fd);
  using ep = select.epoll();
  ep.register(fds.r, EPOLLIN);
  fds.r.close();

  fds.w.write(BYTE);
  assertEquals(ep.poll(0), [[fd, EPOLLIN]]);
  const error = assertThrows(() => ep.unregister(fd), OSError);
  assertEquals(error.errno, errno.EBADF);
  copy.read(1);
  assertEquals(ep.poll(0), []);

  fds.w.write(BYTE);
  copy.close();
  assertEquals(ep.poll(0), []);
});

test("Epoll.poll() does not report a number's next owner", () => {
  using ep = select.epoll();
  using first = pipe();
  first.w.write(BYTE);
  const fd = first.r.fileno();
  ep.register(fd, EPOLLIN);
  assertEquals(ep.poll(0), [[fd, EPOLLIN]]);
  first.r.close();

  using next = pipe();
  assertEquals(next.r.fileno(), fd);
  next.w.write(BYTE);
  assertEquals(ep.poll(0), []);
  ep.register(fd, EPOLLIN);
  assertEquals(ep.poll(0), [[fd, EPOLLIN]]);
});

test("Epoll.poll() tells a descriptor and its dup apart", () => {
  using fds = pipe();
  using copy = dup(fds.w.fileno());
  using ep = select.epoll();
  ep.register(fds.w, EPOLLOUT);
  ep.register(copy, 0);
  assertEquals(ep.poll(0), [[fds.w.fileno(), EPOLLOUT]]);
  ep.unregister(fds.w);
  ep.modify(copy, EPOLLOUT);
  assertEquals(ep.poll(0), [[copy.fileno(), EPOLLOUT]]);
});

test("epoll() makes an open object, closed on exec and at the end of a using block", () => {
  const kept: select.Epoll[] = [];
  for (const flags of [0, select.EPOLL_CLOEXEC]) {
    // Linux ignores the size.
    for (const sizehint of [-1, 1, 16]) {
      using ep = select.epoll(sizehint, flags);
      kept.push(ep);
      assertFalse(ep.closed);
      assertGreaterOrEqual(ep.fileno(), 0);
      assert(close_on_exec(ep.fileno()));
    }
  }
  assert(kept.every(({ closed }) => closed));
});

test("epoll(), epoll.fromfd() and Epoll.poll() raise for wrong arguments", () => {
  using ep = select.epoll();
  for (const sizehint of [0, -0, -2, -1000]) {
    raises(ValueError, {
      "sizehint must be positive or -1, not ": () => select.epoll(sizehint),
    });
  }
  for (const maxevents of [0, -2, -1000]) {
    raises(ValueError, {
      [`maxevents must be greater than 0, not ${maxevents}`]: () =>
        ep.poll(0, maxevents),
    });
  }
  for (const value of ["3", null, [], ["3"], {}, 1.5, NaN, 1n] as Any[]) {
    const calls = {
      "sizehint must be an integer, not ": () => select.epoll(value),
      "flags must be an integer, not ": () => select.epoll(-1, value),
      "fd must be an integer, not ": () => select.epoll.fromfd(value),
      "maxevents must be an integer, not ": () => ep.poll(0, value),
    };
    // A plain object is keywords, but for a descriptor.
    if (value?.constructor !== Object) raises(TypeError, calls);
  }
  raises(TypeError, {
    "fd must be an integer, not ": [
      () => select.epoll.fromfd(undefined as Any),
      () => select.epoll.fromfd({} as Any),
    ],
  });
  raises(OverflowError, {
    sizehint: () => select.epoll(2 ** 31),
    flags: () => select.epoll(-1, 2 ** 31),
    maxevents: () => ep.poll(0, 2 ** 31),
    "fd must be in 0 to 2147483647, and -1 is not": () =>
      select.epoll.fromfd(-1),
    "fd must be in 0 to 2147483647, and 2147483648 is not": () =>
      select.epoll.fromfd(2 ** 31),
  });
  // As in CPython.
  const error = raises(OSError, {
    "invalid flags: 12356": () => select.epoll(-1, 12356),
  });
  assertEquals(error.errno, null);
});

/** The error of epoll_ctl(2) that a call throws. */
function control_error(fn: () => unknown): OSError {
  const error = assertThrows(fn, OSError);
  assertEquals(error.syscall, "epoll_ctl");
  return error;
}

test("Epoll.register() throws FileExistsError the second time", () => {
  using fds = pipe();
  using ep = select.epoll();
  ep.register(fds.w, EPOLLOUT);
  const error = raises(FileExistsError, {
    "[Errno 17] File exists": () => ep.register(fds.w, EPOLLIN),
  });
  assertEquals(
    [error.errno, error.code, error.syscall],
    [errno.EEXIST, "EEXIST", "epoll_ctl"],
  );
  assertEquals(ep.poll(0), [[fds.w.fileno(), EPOLLOUT]]);
});

test("Epoll.register() throws PermissionError for a regular file", () => {
  using file = open(Deno.execPath());
  using ep = select.epoll();
  const error = raises(PermissionError, {
    "[Errno 1] Operation not permitted": () => ep.register(file, EPOLLIN),
  });
  assertEquals(error.errno, errno.EPERM);
});

test("Epoll.register() throws EINVAL for itself, ELOOP for two that watch each other", () => {
  using one = select.epoll();
  using two = select.epoll();
  one.register(two, EPOLLIN);
  for (const [file, number] of [[two, errno.EINVAL], [one, errno.ELOOP]]) {
    const error = control_error(() => two.register(file as select.Epoll));
    assertEquals(error.errno, number);
  }
});

const changes = ["modify", "unregister"] as const;
const methods = ["register", ...changes] as const;

for (const name of changes) {
  test(`Epoll.${name}() throws FileNotFoundError for an unregistered descriptor`, () => {
    using fds = pipe();
    using ep = select.epoll();
    const error = raises(FileNotFoundError, {
      "[Errno 2] No such file or directory": () => ep[name](fds.r, EPOLLIN),
    });
    assertEquals([error.errno, error.syscall], [errno.ENOENT, "epoll_ctl"]);
  });

  test(`Epoll.${name}() throws EBADF for a descriptor that was closed since`, () => {
    using fds = pipe();
    const fd = fds.r.fileno();
    using ep = select.epoll();
    ep.register(fd, EPOLLIN);
    fds.r.close();
    assertEquals(control_error(() => ep[name](fd, 0)).errno, errno.EBADF);
  });
}

for (const name of methods) {
  test(`Epoll.${name}() throws EBADF for a descriptor that is not open`, () => {
    using ep = select.epoll();
    for (const fd of [free_number(), 1_000_000, 2 ** 31 - 1]) {
      const error = control_error(() => ep[name](fd, EPOLLIN));
      assertEquals(error.message, "[Errno 9] Bad file descriptor");
    }
  });

  test(`Epoll.${name}() throws ValueError when the fileno() that it calls closes the object`, () => {
    using fds = pipe();
    const ep = select.epoll();
    const file = {
      fileno() {
        ep.close();
        return fds.r.fileno();
      },
    };
    raises(ValueError, {
      "I/O operation on closed epoll object": () => ep[name](file, EPOLLIN),
    });
  });
}

test("Epoll throws ValueError for every call after close()", () => {
  using fds = pipe();
  const ep = select.epoll();
  ep.close();
  const calls = [
    () => ep.fileno(),
    () => ep.register(fds.r, EPOLLIN),
    () => ep.modify(fds.r, EPOLLIN),
    () => ep.unregister(fds.r),
    () => ep.poll(0),
    () => ep.poll(),
  ];
  assert(ep.closed);
  for (const call of calls) {
    assertThrows(call, ValueError, "I/O operation on closed epoll object");
  }
});

test("Epoll.close() rejects a pending pollAsync() at once", async () => {
  const ep = select.epoll();
  let reason: unknown = null;
  ep.pollAsync().catch((error) => reason = error);
  await turns();
  ep.close();
  // Without a notice from close(), it would wait for ever.
  await turns();
  assertInstanceOf(reason, ValueError);
});

test("Epoll.close() a second time leaves the number's next owner alone", () => {
  const ep = select.epoll();
  const fd = ep.fileno();
  ep.close();
  using next = dup(2, fd);
  assertEquals(next.fileno(), fd);
  ep.close();
  ep[Symbol.dispose]();
  using another = dup(2, fd);
  assertNotEquals(another.fileno(), fd, "The next owner was closed");
});

const WORKERS = 4;
const mod = new URL("../../../mod.ts", import.meta.url).href;
const config = new URL("../../../deno.json", import.meta.url).pathname;

/** Accepts one client of a listener that other processes wait on, too, and stays busy with it. */
const program = `
  import { BlockingIOError, select, socket } from "${mod}";
  const listener = socket.socket(-1, -1, -1, Number(Deno.args[0]));
  const ep = select.epoll();
  ep.register(listener, select.EPOLLIN | select.EPOLLEXCLUSIVE);
  console.log("waiting");
  for (;;) {
    ep.poll();
    try {
      const [conn] = listener.accept();
      conn.send(new Uint8Array(1));
      break;
    } catch (error) {
      // Another process was faster.
      if (!(error instanceof BlockingIOError)) throw error;
    }
  }
  console.log("accepted");
  select.select([0], [], []);
`;

/** A process that runs the program, and inherits the listener. */
class Worker implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  constructor(fd: number) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--config", config, program, String(fd)],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  async says(line: string): Promise<void> {
    assertEquals((await this.#lines.read()).value, `${line}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.stdin.close().catch(() => {});
    await this.#lines.cancel();
    await this.#child.status;
  }
}

test("EPOLLEXCLUSIVE wakes another process while one is busy", async () => {
  using listener = listening(WORKERS);
  listener.setblocking(false);
  listener.set_inheritable(true);
  await using workers = new AsyncDisposableStack();
  const all = Array.from(
    { length: WORKERS },
    () => workers.use(new Worker(listener.fileno())),
  );
  for (const worker of all) await worker.says("waiting");

  // As many clients as processes: each process stays busy with the first that it accepts.
  const clients = Array.from({ length: WORKERS }, () => socket.socket());
  for (const client of clients) {
    client.connect(address_of(listener));
    // The next client comes once this one is served. Each event wakes "one or more", epoll_ctl(2):
    // perhaps a process that was just woken and is about to become busy, and no other.
    assertEquals(client.recv(9).length, 1);
  }
  for (const worker of all) await worker.says("accepted");
  for (const client of clients) client.close();
});

test("EPOLLEXCLUSIVE keeps an event for the next poll() if the woken process does not act", () => {
  using listener = listening();
  using first = select.epoll();
  using second = select.epoll();
  for (const ep of [first, second]) {
    ep.register(listener, select.EPOLLIN | select.EPOLLEXCLUSIVE);
  }
  using client = socket.socket();
  client.connect(address_of(listener));
  // An event that arrives during a poll() wakes that one alone.
  until_readable(listener);
  const event = [[listener.fileno(), select.EPOLLIN]];
  assertEquals(first.poll(1), event);
  assertEquals(second.poll(1), event);
  listener.accept()[0].close();
  assertEquals([first.poll(0), second.poll(0)], [[], []]);
});
