import { errno, OSError, OverflowError, select, socket } from "@iomux/py";
import {
  assert,
  assertEquals,
  assertFalse,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { test } from "../../descriptors.ts";
import {
  alarm,
  close_on_exec,
  dup,
  free_number,
  lasts,
  pipe,
} from "../../ffi/kernel.ts";
import { record } from "../../ffi/storm.ts";
import { tcp_pair } from "../socket/setup.ts";

const { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } = select;
const BYTE = new Uint8Array([1]);

test("epoll() makes an open object that watches nothing", () => {
  using ep = select.epoll();
  assertInstanceOf(ep, select.Epoll);
  assertFalse(ep.closed);
  assertGreaterOrEqual(ep.fileno(), 0);
  assertEquals(ep.poll(0), []);
});

test("epoll() takes a sizehint and EPOLL_CLOEXEC, without effect", () => {
  using _default = select.epoll(-1);
  using _hint = select.epoll(16);
  using _one = select.epoll(1, 0);
  using _flags = select.epoll(-1, select.EPOLL_CLOEXEC);
});

test("epoll() is closed on exec, flags or not", () => {
  using one = select.epoll();
  using two = select.epoll(-1, select.EPOLL_CLOEXEC);
  assert(close_on_exec(one.fileno()));
  assert(close_on_exec(two.fileno()));
});

test("epoll() is closed at the end of a using block", () => {
  let kept: select.Epoll;
  {
    using ep = select.epoll();
    kept = ep;
    assertFalse(kept.closed);
  }
  assert(kept.closed);
});

test("Epoll.poll() returns descriptors with their events", () => {
  const [a, b] = socket.socketpair();
  using _a = a, _b = b;
  using ep = select.epoll();
  ep.register(a, EPOLLIN | EPOLLOUT);
  ep.register(b.fileno(), EPOLLIN);
  assertEquals(ep.poll(0), [[a.fileno(), EPOLLOUT]]);
  b.send(BYTE);
  a.send(BYTE);
  assertEquals(
    new Map(ep.poll()),
    new Map([[a.fileno(), EPOLLIN | EPOLLOUT], [b.fileno(), EPOLLIN]]),
  );
});

test("Epoll.poll() reports a ready descriptor again: level-triggered", () => {
  using fds = pipe();
  fds.w.write(BYTE);
  using ep = select.epoll();
  ep.register(fds.r, EPOLLIN);
  assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
  assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
  fds.r.read(1);
  assertEquals(ep.poll(0), []);
});

test("Epoll.register() watches for input, urgent data and output by default", () => {
  using calls = record("epoll_ctl");
  using fds = pipe();
  using ep = select.epoll();
  ep.register(fds.w);
  assertEquals(ep.poll(0), [[fds.w.fileno(), EPOLLOUT]]);
  const entry = calls.calls[0]![3] as Uint32Array;
  assertEquals(entry[0], EPOLLIN | EPOLLPRI | EPOLLOUT);
});

test("Epoll.modify() changes what is watched for", () => {
  const [a, b] = socket.socketpair();
  using _a = a, _b = b;
  b.send(BYTE);
  using ep = select.epoll();
  ep.register(a, EPOLLIN);
  assertEquals(ep.poll(0), [[a.fileno(), EPOLLIN]]);
  ep.modify(a, EPOLLOUT);
  assertEquals(ep.poll(0), [[a.fileno(), EPOLLOUT]]);
  ep.modify(a.fileno(), 0);
  assertEquals(ep.poll(0), []);
});

test("Epoll.unregister() forgets; register() may come again", () => {
  using fds = pipe();
  using ep = select.epoll();
  ep.register(fds.w, EPOLLOUT);
  ep.unregister(fds.w);
  assertEquals(ep.poll(0), []);
  ep.register(fds.w, EPOLLOUT);
  assertEquals(ep.poll(0), [[fds.w.fileno(), EPOLLOUT]]);
});

test("Epoll.poll() reports EPOLLHUP whether asked for or not", () => {
  using fds = pipe();
  using ep = select.epoll();
  ep.register(fds.r, 0);
  fds.w.write(BYTE);
  assertEquals(ep.poll(0), []);
  fds.w.close();
  assertEquals(ep.poll(), [[fds.r.fileno(), EPOLLHUP]]);
  ep.modify(fds.r, EPOLLIN);
  assertEquals(ep.poll(), [[fds.r.fileno(), EPOLLIN | EPOLLHUP]]);
});

test("Epoll.poll() reports EPOLLERR for a pipe without a reader", () => {
  using fds = pipe();
  using ep = select.epoll();
  ep.register(fds.w, 0);
  assertEquals(ep.poll(0), []);
  fds.r.close();
  assertEquals(ep.poll(), [[fds.w.fileno(), EPOLLERR]]);
});

test("Epoll.poll() reports EPOLLRDHUP where asked for", () => {
  const [a, b] = socket.socketpair();
  using _a = a, _b = b;
  using ep = select.epoll();
  ep.register(a, EPOLLRDHUP);
  assertEquals(ep.poll(0), []);
  b.shutdown(socket.SHUT_WR);
  assertEquals(ep.poll(), [[a.fileno(), EPOLLRDHUP]]);
  ep.modify(a, EPOLLIN);
  assertEquals(ep.poll(), [[a.fileno(), EPOLLIN]]);
});

test("Epoll.poll() reports EPOLLPRI for urgent data", () => {
  using pair = tcp_pair();
  using ep = select.epoll();
  ep.register(pair.b, EPOLLPRI);
  assertEquals(ep.poll(0), []);
  pair.a.send(BYTE, socket.MSG_OOB);
  assertEquals(ep.poll(10), [[pair.b.fileno(), EPOLLPRI]]);
});

test("Epoll.poll() waits without a limit for no time-out, null and negative ones", () => {
  using fds = pipe();
  for (const timeout of [[], [null], [undefined], [-1], [-0.5], [-1000]]) {
    using timer = alarm(10);
    using ep = select.epoll();
    ep.register(fds.r, EPOLLIN);
    ep.register(timer, EPOLLIN);
    assertEquals(
      ep.poll(...timeout as [number?]),
      [[timer.fileno(), EPOLLIN]],
      `timeout ${timeout}`,
    );
  }
});

test("Epoll.poll() does not return before its time", () => {
  using fds = pipe();
  using ep = select.epoll();
  ep.register(fds.r, EPOLLIN);
  for (const timeout of [0.0001, 0.001, 0.0105, 0.03]) {
    assertEquals(lasts(timeout * 1000, () => ep.poll(timeout)), []);
  }
});

test("Epoll.poll() rounds up to milliseconds, so that a short wait does not spin", () => {
  using calls = record("epoll_wait");
  using ep = select.epoll();
  for (const timeout of [0, -0, 0.0001, 1e-100, 0.001, 0.0011]) {
    ep.poll(timeout);
  }
  assertEquals(calls.calls.map((call) => call[3]), [0, 0, 1, 1, 1, 2]);
});

test("Epoll.poll() takes the longest time-out of epoll_wait(2)", () => {
  using fds = pipe();
  using ep = select.epoll();
  ep.register(fds.w, EPOLLOUT);
  assertEquals(ep.poll(2147483.647), [[fds.w.fileno(), EPOLLOUT]]);
});

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

test("Epoll.poll() of one object does not report another's descriptors", () => {
  using fds = pipe();
  fds.w.write(BYTE);
  using one = select.epoll();
  using two = select.epoll();
  one.register(fds.r, EPOLLIN);
  two.register(fds.w, EPOLLOUT);
  const first = one.poll();
  const second = two.poll();
  assertEquals(first, [[fds.r.fileno(), EPOLLIN]]);
  assertEquals(second, [[fds.w.fileno(), EPOLLOUT]]);
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
  // Gone already: close(2) says EBADF, and close() nothing.
  one.close();
});

test("epoll.fromfd() of another file fails at the first call", () => {
  using fds = pipe();
  const ep = select.epoll.fromfd(dup(fds.r.fileno()).fileno());
  const register = assertThrows(() => ep.register(fds.w, EPOLLIN), OSError);
  assertEquals([register.errno, register.syscall], [errno.EINVAL, "epoll_ctl"]);
  const poll = assertThrows(() => ep.poll(0), OSError);
  assertEquals([poll.errno, poll.syscall], [errno.EINVAL, "epoll_wait"]);
  ep.close();
});

test("epoll.fromfd() of a closed descriptor fails at the first call", () => {
  using ep = select.epoll.fromfd(free_number());
  const error = assertThrows(() => ep.poll(0), OSError);
  assertEquals(error.errno, errno.EBADF);
});

test("epoll.fromfd() throws TypeError for other types", () => {
  for (const fd of ["3", null, undefined, 1.5, NaN, {}] as Any[]) {
    assertThrows(
      () => select.epoll.fromfd(fd),
      TypeError,
      "fd must be an integer, not ",
    );
  }
});

test("epoll.fromfd() throws OverflowError for a negative or a too large number", () => {
  for (const fd of [-1, 2 ** 31]) {
    assertThrows(
      () => select.epoll.fromfd(fd),
      OverflowError,
      `fd must be in 0 to 2147483647, and ${fd} is not`,
    );
  }
});
