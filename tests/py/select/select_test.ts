import {
  assertEquals,
  assertGreaterOrEqual,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { raises } from "../raises.ts";
import { errno, OSError, select, socket, ValueError } from "@iomux/py";
import { open_descriptors, test } from "../../descriptors.ts";
import { alarm, dup, free_number, lasts, pipe } from "../../ffi/kernel.ts";
import { record } from "../../ffi/storm.ts";
import { tcp_pair } from "../socket/setup.ts";

const BYTE = new Uint8Array([1]);

/** Makes `count` pipes; the named ones have a byte to read. */
function pipes(count: number, full: number[] = []) {
  const all = Array.from({ length: count }, () => pipe());
  for (const i of full) all[i]!.w.write(BYTE);
  return Object.assign(all, {
    [Symbol.dispose]() {
      for (const one of all) one[Symbol.dispose]();
    },
  });
}

test("select() returns ready descriptors, list by list", () => {
  using fds = pipes(2, [0]);
  const [full, empty] = [fds[0]!, fds[1]!];
  assertEquals(
    select.select([full.r, empty.r], [full.w, empty.w], [full.r, empty.r], 0),
    [[full.r], [full.w, empty.w], []],
  );
});

test("select() keeps the order that was passed, not that of the descriptors", () => {
  using fds = pipes(5, [0, 1, 3, 4]);
  const [a, b, c, d, e] = fds.map((one) => one.r);
  const [readable] = select.select([d!, a!, c!, e!, b!], [], [], 0);
  assertEquals(readable, [d, a, e, b]);
});

test("select() returns the very objects and numbers that were passed", () => {
  using fds = pipes(2, [0, 1]);
  const file = { fileno: () => fds[0]!.r.fileno() };
  const number = fds[1]!.r.fileno();
  const [readable] = select.select([file, number], [], [], 0);
  assertStrictEquals(readable[0], file);
  assertStrictEquals(readable[1], number);
});

test("select() takes any iterables: a Set, a generator, the keys of a Map", () => {
  using fds = pipes(3, [0, 1]);
  function* generator() {
    for (const one of fds) yield one.r;
  }
  const map = new Map(fds.map((one) => [one.w, "a pipe"]));
  assertEquals(
    select.select(generator(), map.keys(), new Set([fds[0]!.r]), 0),
    [[fds[0]!.r, fds[1]!.r], fds.map((one) => one.w), []],
  );
  const typed = Int32Array.of(fds[1]!.r.fileno(), fds[2]!.r.fileno());
  assertEquals(select.select(typed, [], [], 0)[0], [fds[1]!.r.fileno()]);
});

test("select() returns lists of their own, and leaves those that were passed as they are", () => {
  using fds = pipes(2, [1]);
  const list = fds.map((one) => one.r), copy = [...list];
  const found = select.select(list, list, list, 0);
  assertEquals(new Set<unknown>([...found, list]).size, 4);
  assertEquals(list, copy);
});

test("select() returns a descriptor as often as it was passed", () => {
  using fds = pipe();
  fds.w.write(BYTE);
  const { r, w } = fds;
  assertEquals(
    select.select([r, r, r.fileno()], [w, w], [r, r], 0),
    [[r, r, r.fileno()], [w, w], []],
  );
});

test("select() takes one descriptor in two lists, and answers in each", () => {
  const [a, b] = socket.socketpair();
  using _a = a, _b = b;
  assertEquals(select.select([a], [a], [a], 0), [[], [a], []]);
  b.send(BYTE);
  assertEquals(select.select([a], [a], [a], 0), [[a], [a], []]);
});

test("select() forgets the descriptors of the call before", () => {
  using fds = pipes(3, [0, 1, 2]);
  const [a, b, c] = fds.map((one) => one.r);
  assertEquals(select.select([a!, b!, c!], [], [], 0)[0], [a, b, c]);
  a!.read(1);
  b!.close();
  // Were b's bit still set, this would be EBADF.
  assertEquals(select.select([c!, a!], [], [], 0)[0], [c]);
  assertEquals(select.select([], [c!], [], 0), [[], [], []]);
});

test("select() forgets longer sets of the call before", () => {
  using fds = pipe();
  fds.w.write(BYTE);
  using high = dup(fds.r.fileno(), 3000);
  const low = { fileno: () => fds.r.fileno() };
  assertEquals(select.select([high, low], [], [high], 0)[0], [high, low]);
  high.close();
  assertEquals(select.select([low], [], [], 0)[0], [low]);
  using again = dup(fds.w.fileno(), 3000);
  assertEquals(select.select([again], [], [], 0)[0], []);
});

test("select() waits on a descriptor of 5,000", () => {
  using fds = pipe();
  using r = dup(fds.r.fileno(), 5000);
  using w = dup(fds.w.fileno(), 5000);
  assertGreaterOrEqual(r.fileno(), 5000);
  assertEquals(select.select([r, fds.r], [w], [r], 0), [[], [w], []]);
  fds.w.write(BYTE);
  assertEquals(select.select([r, fds.r], [], [r], 0), [[r, fds.r], [], []]);
});

test("select() throws EBADF above the highest descriptor that it has seen", () => {
  using fds = pipe();
  using high = dup(fds.w.fileno(), 5000);
  assertEquals(select.select([], [high], [], 0)[1], [high]);
  high.close();
  for (const fd of [4999, 5000, 5001, 6000, 15_000, 1_000_000]) {
    raises(OSError, {
      "[Errno 9] Bad file descriptor": () => select.select([fd], [], [], 0),
    });
  }
});

test("select() takes more descriptors than the 1,024 of C's fd_set", () => {
  using fds = pipe();
  const copies = Array.from({ length: 2000 }, () => dup(fds.r.fileno()));
  try {
    assertEquals(select.select(copies, [], copies, 0), [[], [], []]);
    fds.w.write(BYTE);
    assertEquals(select.select(copies, [], copies, 0), [copies, [], []]);
  } finally {
    for (const copy of copies) copy.close();
  }
});

test("select() reports the end of a pipe or a socket whose other end is closed", () => {
  using read = pipe(), written = pipe();
  read.w.close();
  assertEquals(select.select([read.r], [], [read.r], 0), [[read.r], [], []]);
  assertEquals(read.r.read(1).length, 0);
  written.r.close();
  assertEquals(select.select([], [written.w], [written.w], 0)[1], [written.w]);
  const [a, b] = socket.socketpair();
  using _a = a;
  b.close();
  assertEquals(select.select([a], [a], [], 0), [[a], [a], []]);
  assertEquals(a.recv(1).length, 0);
});

test("select() reports a full pipe as not writable", () => {
  using fds = pipe();
  assertEquals(select.select([], [fds.w], [], 0)[1], [fds.w]);
  // A pipe holds 16 pages.
  fds.w.write(new Uint8Array(65536));
  assertEquals(select.select([], [fds.w], [], 0)[1], []);
});

test("select() reports a listening socket with a client as readable", () => {
  using server = socket.socket();
  server.bind(["127.0.0.1", 0]);
  server.listen();
  assertEquals(select.select([server], [], [], 0)[0], []);
  using client = socket.socket();
  client.connect(server.getsockname());
  assertEquals(select.select([server], [], [], 10)[0], [server]);
});

test("select() reports urgent data in the third list", () => {
  using pair = tcp_pair();
  assertEquals(select.select([], [], [pair.b], 0)[2], []);
  pair.a.send(BYTE, socket.MSG_OOB);
  const [, , exceptional] = select.select([], [], [pair.b], 10);

  assertEquals(exceptional, [pair.b]);
  assertEquals(pair.b.recv(1, socket.MSG_OOB), BYTE);
  assertEquals(select.select([], [], [pair.b], 0)[2], []);
});

test("select() waits without a limit for no time-out, null and undefined", () => {
  for (const timeout of [[], [null], [undefined]] as const) {
    using fds = pipe();
    using timer = alarm(20);
    assertEquals(
      select.select([fds.r, timer], [], [], ...timeout as [null]),
      [[timer], [], []],
    );
  }
});

test("select() does not return before its time, also with three empty lists", () => {
  using fds = pipe();
  for (const timeout of [0.0001, 0.0105, 0.03]) {
    const wait = () => select.select([fds.r], [], [], timeout);
    assertEquals(lasts(timeout * 1000, wait), [[], [], []]);
    const sleep = () => select.select([], [], [], timeout);
    assertEquals(lasts(timeout * 1000, sleep), [[], [], []]);
  }
});

test("select() takes time-outs of centuries", () => {
  using fds = pipe();
  for (const timeout of [2 ** 31, 2 ** 32 + 0.5, 9.2e9]) {
    const [, writable] = select.select([], [fds.w], [], timeout);
    assertEquals(writable, [fds.w]);
  }
});

test("select() tells two epoll objects apart", () => {
  using fds = pipe();
  using busy = select.epoll();
  using idle = select.epoll();
  busy.register(fds.w, select.EPOLLOUT);
  idle.register(fds.r, select.EPOLLIN);
  assertNotEquals(busy.fileno(), idle.fileno());
  assertEquals(select.select([idle, busy], [], [], 0)[0], [busy]);
});

// What TypeScript would refuse, and JavaScript would not.
// deno-lint-ignore no-explicit-any
type Any = any;

function assert_bad_descriptor(fn: () => unknown): void {
  const error = assertThrows(fn, OSError, "[Errno 9] Bad file descriptor");
  assertEquals(error.errno, errno.EBADF);
  assertEquals(error.code, "EBADF");
  assertEquals(error.syscall, "select");
}

test("select() throws EBADF for a closed descriptor in each list, also among open ones", () => {
  using fds = pipe();
  fds.w.write(BYTE);
  const fd = free_number();
  assert_bad_descriptor(() => select.select([fd], [], [], 0));
  assert_bad_descriptor(() => select.select([], [fd], [], 0));
  assert_bad_descriptor(() => select.select([], [], [fd], 0));
  assert_bad_descriptor(() => select.select([fds.r, fd], [], [], 0));
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

test("select() throws ValueError for a negative time-out, and takes -0 for 0", () => {
  for (const timeout of [-1, -0.001, -1e-100]) {
    raises(ValueError, {
      [`timeout must be non-negative, and ${timeout} is not`]: () =>
        select.select([], [], [], timeout),
    });
  }
  assertEquals(select.select([], [], [], -0), [[], [], []]);
});

test("select() throws TypeError for a list that cannot be iterated, and names it", () => {
  for (const list of [1, null, undefined, {}, pipe] as Any[]) {
    raises(TypeError, {
      "rlist must be an iterable, not ": () => select.select(list, [], []),
      "wlist must be an iterable, not ": () => select.select([], list, []),
      "xlist must be an iterable, not ": () => select.select([], [], list),
    });
  }
  // The items of a string are none.
  raises(TypeError, {
    "argument must be an int": () => select.select("01" as Any, [], [], 0),
  });
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

test("select() allocates no memory for each call, also for one that fails", () => {
  using fds = pipes(1, [0]);
  const { r, w } = fds[0]!;
  const calls = () => {
    select.select([r], [w], [r], 0);
    assertThrows(() => select.select([r], [w], [-1], 0), ValueError);
  };
  calls();
  // Pinned memory is never freed.
  using allocated = record("calloc");
  for (let i = 0; i < 10; i++) calls();
  assertEquals(allocated.calls.length, 0);
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
