import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { select, socket, TimeoutError } from "@iomux/py";
import { test } from "../descriptors.ts";
import { alarm, lasts, pipe } from "./kernel.ts";
import { interrupted, record, storm } from "./storm.ts";

// Many signals long, and no whole number of their period.
const WAIT = 123;

test("select() waits its full time through a storm of signals", () => {
  using fds = pipe();
  using calls = record("select");
  using _ = storm();

  interrupted(calls, () => {
    // Linux writes what is left in whole microseconds, rounded down, after each signal.
    const ready = lasts(
      WAIT - 1,
      () => select.select([fds.r], [], [fds.w], WAIT / 1000),
    );
    assertEquals(ready, [[], [], []]);
  });
});

test("select() returns a descriptor that becomes ready in a storm of signals", () => {
  using fds = pipe();
  using timer = alarm(WAIT);
  using calls = record("select");
  using _ = storm();

  assertEquals(select.select([fds.r, timer], [fds.w], []), [[], [fds.w], []]);
  const ready = select.select([fds.r, timer], [], [fds.w]);

  assertEquals(ready, [[timer], [], []]);
  assertGreater(calls.calls.length, 2, "No signal interrupted the wait");
});

test("select() asks for the same descriptors again after each signal", () => {
  using fds = pipe();
  using timer = alarm(WAIT);
  using calls = record("select");
  using _ = storm();

  assertEquals(select.select([timer, fds.r], [], [fds.w], 60), [
    [timer],
    [],
    [],
  ]);

  const [first, ...others] = calls.calls;
  assertGreater(others.length, 0, "No signal interrupted the wait");
  for (const call of others) assertEquals(call.slice(0, 4), first!.slice(0, 4));
});

test("poll() waits its full time through a storm of signals", () => {
  using fds = pipe();
  using calls = record("poll");
  using _ = storm();
  const poller = select.poll();
  poller.register(fds.r, select.POLLIN);

  interrupted(calls, () => {
    calls.calls.length = 0;
    assertEquals(lasts(WAIT, () => poller.poll(WAIT)), []);
  });
  const left = calls.calls.map((call) => call[2] as number);
  assertEquals(left, left.toSorted((a, b) => b - a));
  assert(left.at(-1)! < WAIT, `The time left does not shrink: ${left}`);
});

test("poll() returns a descriptor that becomes ready in a storm of signals", () => {
  using fds = pipe();
  using timer = alarm(WAIT);
  using calls = record("poll");
  using _ = storm();
  const poller = select.poll();
  poller.register(fds.r, select.POLLIN);
  poller.register(timer, select.POLLIN);

  assertEquals(poller.poll(), [[timer.fileno(), select.POLLIN]]);
  assertGreater(calls.calls.length, 1, "No signal interrupted the wait");
});

test("Epoll.poll() waits its full time through a storm of signals", () => {
  using fds = pipe();
  using ep = select.epoll();
  ep.register(fds.r, select.EPOLLIN);
  using calls = record("epoll_wait");
  using _ = storm();

  interrupted(calls, () => {
    assertEquals(lasts(WAIT, () => ep.poll(WAIT / 1000)), []);
  });
});

test("Epoll.poll() returns a descriptor that becomes ready in a storm of signals", () => {
  using fds = pipe();
  using timer = alarm(WAIT);
  using ep = select.epoll();
  ep.register(fds.r, select.EPOLLIN);
  ep.register(timer, select.EPOLLIN);
  using calls = record("epoll_wait");
  using _ = storm();

  assertEquals(ep.poll(), [[timer.fileno(), select.EPOLLIN]]);
  assertGreater(calls.calls.length, 1, "No signal interrupted the wait");
});

test("Socket.recv() waits its full time-out through a storm of signals", () => {
  const [a, b] = socket.socketpair();
  using _a = a, _b = b;
  using calls = record("poll");
  using _ = storm();
  a.settimeout(WAIT / 1000);

  interrupted(calls, () => {
    lasts(WAIT, () => assertThrows(() => a.recv(1), TimeoutError, "timed out"));
  });
});
