import { assert, assertEquals, assertThrows } from "@std/assert";
import { select, socket, TimeoutError } from "@iomux/py";
import { test } from "../descriptors.ts";
import { alarm, lasts, pipe } from "./kernel.ts";
import { interrupted, record, storm } from "./storm.ts";

// Longer than many periods of the storm, and not a multiple of its period.
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

test("poll() waits its full time through a storm of signals", () => {
  using fds = pipe();
  using calls = record("poll");
  using _ = storm();
  const poller = select.poll();
  poller.register(fds.r, select.POLLIN);

  interrupted(calls, () => {
    assertEquals(lasts(WAIT, () => poller.poll(WAIT)), []);
  });
  const left = calls.calls.map((call) => call[2] as number);
  assertEquals(left, left.toSorted((a, b) => b - a));
  assert(left.at(-1)! < WAIT, `The time left does not shrink: ${left}`);
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

for (const name of ["select", "poll", "epoll_wait"] as const) {
  test(`${name}() returns a descriptor that becomes ready in a storm of signals`, () => {
    using fds = pipe();
    assertEquals(select.select([fds.r], [fds.w], []), [[], [fds.w], []]);
    using calls = record(name);
    using _ = storm();
    interrupted(calls, () => {
      using timer = alarm(WAIT);
      using ep = select.epoll();
      const poller = select.poll();
      for (const file of [fds.r, timer]) {
        ep.register(file, select.EPOLLIN);
        poller.register(file, select.POLLIN);
      }
      const its = ([fd]: readonly [number, number]) => fd === timer.fileno();
      const waits = {
        select: () => select.select([timer, fds.r], [], [fds.w]).flat(),
        poll: () => poller.poll().map((event) => its(event) && timer),
        epoll_wait: () => ep.poll().map((event) => its(event) && timer),
      };
      assertEquals(waits[name](), [timer]);
    });
    // The kernel has written to the bitmaps, and the time-out: each call gets them anew.
    const sets = name === "select" ? 4 : 0;
    const [first, ...others] = calls.calls;
    for (const call of others) {
      assertEquals(call.slice(0, sets), first!.slice(0, sets));
    }
  });
}
