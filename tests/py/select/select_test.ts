import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { OSError, select, socket } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { alarm, dup, lasts, pipe } from "../../ffi/kernel.ts";
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

test("select() returns three lists of their own", () => {
  const input: number[] = [];
  const [r, w, x] = select.select(input, input, input, 0);
  assert(r as unknown !== w && w as unknown !== x && r as unknown !== x);
  assert(r !== input);
  assertEquals([r, w, x], [[], [], []]);
});

test("select() leaves the lists that were passed as they are", () => {
  using fds = pipes(2, [1]);
  const list = fds.map((one) => one.r);
  const copy = [...list];
  select.select(list, [], list, 0);
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
    assertThrows(
      () => select.select([fd], [], [], 0),
      OSError,
      "[Errno 9] Bad file descriptor",
    );
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

test("select() reports a pipe whose writer is closed as readable", () => {
  using fds = pipe();
  fds.w.close();
  assertEquals(select.select([fds.r], [], [fds.r], 0), [[fds.r], [], []]);
  assertEquals(fds.r.read(1).length, 0);
});

test("select() reports a pipe whose reader is closed as writable", () => {
  using fds = pipe();
  fds.r.close();
  assertEquals(select.select([], [fds.w], [fds.w], 0)[1], [fds.w]);
});

test("select() reports a socket whose peer left as readable", () => {
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

test("select() does not return before its time", () => {
  using fds = pipe();
  for (const timeout of [0.0001, 0.0105, 0.03]) {
    const wait = () => select.select([fds.r], [], [], timeout);
    assertEquals(lasts(timeout * 1000, wait), [[], [], []]);
  }
});

test("select() with three empty lists sleeps", () => {
  const wait = () => select.select([], [], [], 0.02);
  assertEquals(lasts(20, wait), [[], [], []]);
});

test("select() takes time-outs of centuries", () => {
  using fds = pipe();
  for (const timeout of [2 ** 31, 2 ** 32 + 0.5, 9.2e9]) {
    const [, writable] = select.select([], [fds.w], [], timeout);
    assertEquals(writable, [fds.w]);
  }
});

test("select() takes -0 for 0", () => {
  assertEquals(select.select([], [], [], -0), [[], [], []]);
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
