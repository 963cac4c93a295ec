import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import { errno, libc } from "../../ffi/libc.ts";
import { BlockingIOError, OSError, TimeoutError } from "../../ffi/os_error.ts";
import {
  again,
  attempt,
  await_event,
  deadline_of,
  milliseconds,
  NONE,
  now,
  os_error,
  strerror,
  syscall,
  time_left,
} from "../../ffi/syscall.ts";
import { test } from "../descriptors.ts";
import { lasts } from "./kernel.ts";

const POLLIN = 1;
const MSG_DONTWAIT = 0x40;

const buffer = new Uint8Array(16);

/** A call that fails with EINTR `times` times, as libc does, and then works. */
function interrupted<A>(times: number, call: (argument: A) => number) {
  const seen: A[] = [];
  const set_errno = new Int32Array(
    Deno.UnsafePointerView.getArrayBuffer(
      libc.__errno_location() as Deno.PointerObject,
      4,
    ),
  );
  return {
    seen,
    call(argument: A): number {
      seen.push(argument);
      if (seen.length > times) return call(argument);
      set_errno[0] = 4;
      return -1;
    },
  };
}

/** Spins, so that the clock moves as during a system call. */
function spin(time: number): void {
  const end = performance.now() + time;
  while (performance.now() < end);
}

function socketpair(): [number, number] & Disposable {
  const fds = new Int32Array(2);
  assertEquals(libc.socketpair(1, 1, 0, fds), 0);
  return Object.assign<[number, number], Disposable>([fds[0]!, fds[1]!], {
    [Symbol.dispose]() {
      for (const fd of fds) libc.close(fd);
    },
  });
}

/** A call on a socket, in the loop that py/ makes such calls in. */
function socket_call(
  name: string,
  fd: number,
  events: number,
  timeout: number | null,
  call: () => number,
): number {
  for (let deadline = NONE;;) {
    const result = call();
    if (result !== -1) return result;
    deadline = again(name, errno(), fd, events, timeout, deadline);
  }
}

/** A call that waits, in the loop that py/ calls poll and epoll_wait in. */
function wait(
  name: string,
  timeout: number,
  call: (timeout: number) => number,
): number {
  const deadline = deadline_of(timeout);
  for (let left = timeout;; left = time_left(timeout, deadline)) {
    const result = call(left);
    if (result !== -1) return result;
    again(name, errno());
  }
}

test("os_error() makes the class of the errno, with libc's text", () => {
  const error = os_error(11, { syscall: "recv" });
  assertInstanceOf(error, BlockingIOError);
  assertEquals(error.message, "[Errno 11] Resource temporarily unavailable");
  assertEquals([error.code, error.syscall], ["EAGAIN", "recv"]);
});

test("attempt() returns the call's result, and -1 if the call would block", () => {
  using pair = socketpair();
  const [a, b] = pair;
  const recv = () => libc.recvfrom(b, buffer, 16n, MSG_DONTWAIT, 0n, 0n);
  assertEquals(attempt("recv", recv), -1);
  libc.sendto(a, new Uint8Array([1, 2, 3]), 3n, 0, null, 0);
  assertEquals(attempt("recv", recv), 3);
  assertEquals(attempt("recv", () => 0), 0);
});

for (const [name, make] of Object.entries({ syscall, attempt })) {
  test(`${name}() makes the call again after EINTR, and throws any other errno with its name`, () => {
    const recv = interrupted(3, () => 5);
    assertEquals(make("recv", () => recv.call(null)), 5);
    assertEquals(recv.seen.length, 4);
    const error = assertThrows(
      () => make("close", () => libc.close(-1)),
      OSError,
      "[Errno 9] Bad file descriptor",
    );
    assertEquals([error.errno, error.syscall], [9, "close"]);
  });
}

test("now() counts milliseconds as performance.now() does", () => {
  const outside = performance.now(), start = now();
  spin(20);
  const elapsed = now() - start;
  assertGreaterOrEqual(elapsed, 20 - 0.1);
  assertGreaterOrEqual(performance.now() - outside + 0.1, elapsed);
});

test("time_left() is the rest of the time-out after EINTR", () => {
  const poll = interrupted<number>(4, () => 0);
  const call = (left: number) => {
    spin(10);
    return poll.call(left);
  };
  assertEquals(wait("poll", 10000, call), 0);
  assertEquals(poll.seen[0], 10000);
  assertEquals(poll.seen.length, 5);
  for (let i = 1; i < 5; i++) {
    assert(poll.seen[i]! <= 10000 - 10 * i, `${poll.seen}`);
    assert(poll.seen[i]! < poll.seen[i - 1]!, `${poll.seen}`);
  }
});

test("time_left() is 0 when EINTR comes at the very end: one more call, without a wait", () => {
  const poll = interrupted<number>(1, () => 1);
  const call = (left: number) => {
    spin(left + 1);
    return poll.call(left);
  };
  assertEquals(wait("poll", 2, call), 1);
  assertEquals(poll.seen, [2, 0]);
});

test("again() counts one time-out over all waits", () => {
  // Always readable, and always EAGAIN: as if another process took each byte first.
  using pair = socketpair();
  const [a, b] = pair;
  libc.sendto(a, new Uint8Array(1), 1n, 0, null, 0);
  const idle = a;
  lasts(20, () =>
    assertThrows(
      () =>
        socket_call("recv", b, POLLIN, 0.02, () => {
          spin(1);
          return libc.recvfrom(idle, buffer, 16n, MSG_DONTWAIT, 0n, 0n);
        }),
      TimeoutError,
    ));
});

test("await_event() waits for the event, and returns the deadline for the next call", () => {
  using pair = socketpair();
  const [a, b] = pair;
  libc.sendto(a, new Uint8Array(1), 1n, 0, null, 0);
  const start = now();
  const deadline = await_event("accept4", b, POLLIN, 5);
  assertGreaterOrEqual(deadline, start + 5000);
  assertEquals(await_event("accept4", b, POLLIN, 5, deadline), deadline);
  // Past the deadline it does not poll, though there is a byte.
  assertThrows(
    () => await_event("accept4", b, POLLIN, 5, start - 1),
    TimeoutError,
    "timed out",
  );
});

test("milliseconds() rounds up, from 0 to the highest int", () => {
  const expected = [
    [-5, 0],
    [0, 0],
    [0.0001, 1],
    [1, 1],
    [1.5, 2],
    [2 ** 31, 0x7fffffff],
    [Infinity, 0x7fffffff],
  ] as const;
  for (const [left, whole] of expected) {
    assertEquals(milliseconds(left), whole, `${left}`);
  }
});

test("strerror() returns libc's text, and caches none of an unknown number", () => {
  for (const round of [1, 2]) {
    assertEquals(strerror(104), "Connection reset by peer", `round ${round}`);
    assertEquals(strerror(9), "Bad file descriptor");
    assertEquals(strerror(9999), "Unknown error 9999");
  }

  const kept: unknown[] = [];
  const { set } = Map.prototype;
  Map.prototype.set = function (key, value) {
    kept.push(key);
    return set.call(this, key, value);
  };
  try {
    assertEquals(strerror(4711), "Unknown error 4711");
    strerror(-1);
    strerror(2 ** 31 - 1);
  } finally {
    Map.prototype.set = set;
  }
  assertEquals(kept, []);
});
