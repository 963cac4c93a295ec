import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  OSError,
  OverflowError,
  select,
  selectors,
  ValueError,
} from "@iomux/py";
import { test } from "../../descriptors.ts";
import { alarm, dup, lasts, pipe } from "../../ffi/kernel.ts";
import { interrupted, record, storm } from "../../ffi/storm.ts";
import { turns } from "../async_twins.ts";
import { backends, files, names, pair } from "./setup.ts";

const { EVENT_READ, EVENT_WRITE } = selectors;

const BOTH = EVENT_READ | EVENT_WRITE;

/** The time-out that a backend passed to its system call, in milliseconds. */
function limit(name: keyof typeof backends, call: unknown[]): number {
  if (name === "PollSelector") return call[2] as number;
  if (name === "EpollSelector") return call[3] as number;
  const timeval = call[4] as Uint32Array | null;
  return timeval === null ? -1 : timeval[0]! * 1000 + timeval[2]! / 1000;
}

const syscalls = {
  SelectSelector: "select",
  PollSelector: "poll",
  EpollSelector: "epoll_wait",
} as const;

for (const name of names) {
  const make = backends[name];

  test(`${name}.select() returns keys with the events that are ready`, () => {
    using s = make();
    using fds = pair();
    s.register(fds.rd, EVENT_READ);
    const wr = s.register(fds.wr, EVENT_WRITE);
    const found = [s.select(), s.select({ timeout: 0 })];
    found.push(s.select({ timeout: null }));
    for (const ready of found) assertEquals(ready, [[wr, EVENT_WRITE]]);

    fds.wr.send(new Uint8Array(1));
    assertEquals(new Set(files(s.select())), new Set([fds.rd, fds.wr]));

    const both = s.modify(fds.rd, BOTH);
    s.unregister(fds.wr);
    assertEquals(s.select(), [[both, BOTH]]);
  });

  test(`${name}.select() reports only registered events`, () => {
    using s = make();
    using fds = pair();
    const key = s.register(fds.rd, EVENT_READ);
    assertEquals(s.select(0), []);
    fds.wr.close();
    assertEquals(s.select(), [[key, EVENT_READ]]);
    const changed = s.modify(fds.rd, EVENT_WRITE);
    assertEquals(s.select(), [[changed, EVENT_WRITE]]);
  });

  test(`${name}.select() reports a hang-up to the reader, and an error to the writer`, () => {
    using s = make();
    using fds = pipe(), others = pipe();
    const reader = s.register(fds.r, EVENT_READ);
    const writer = s.register(others.w, EVENT_WRITE);
    fds.w.close();
    // Full: it is not writable.
    others.w.write(new Uint8Array(65536));
    others.r.close();
    const found = new Map<unknown, number>(s.select());
    assertEquals(found, new Map([[reader, EVENT_READ], [writer, EVENT_WRITE]]));
  });

  test(`${name}.select() does not wait for 0 or less`, () => {
    using s = make();
    using fds = pair();
    const key = s.register(fds.wr, EVENT_WRITE);
    using calls = record(syscalls[name]);
    for (const timeout of [0, -0, -1, -0.5, -1e6]) {
      assertEquals(s.select(timeout), [[key, EVENT_WRITE]]);
    }
    s.unregister(fds.wr);
    s.register(fds.rd, EVENT_READ);
    for (const timeout of [0, -1]) assertEquals(s.select(timeout), []);
    for (const call of calls.calls) assertEquals(limit(name, call), 0);
    assertEquals(calls.calls.length, 7);
  });

  test(`${name}.select() rounds its time-out up`, () => {
    using s = make();
    using fds = pair();
    s.register(fds.wr, EVENT_WRITE);
    using calls = record(syscalls[name]);
    const timeouts = [1e-9, 0.0001, 0.001, 0.0011, 0.009, 1, 1.0000001];
    timeouts.push(59.9991);
    for (const timeout of timeouts) s.select(timeout);
    for (const timeout of [undefined, null]) s.select(timeout);
    const unit = name === "SelectSelector" ? 1e6 : 1e3;
    assertEquals(
      calls.calls.map((call) => limit(name, call)),
      [...timeouts.map((t) => Math.ceil(t * unit) * 1000 / unit), -1, -1],
    );
  });

  test(`${name}.select() waits at least its time, also with nothing registered`, () => {
    using s = make();
    for (const timeout of [0, -1]) assertEquals(s.select(timeout), []);
    assertEquals(lasts(20, () => s.select(0.02)), []);
    using fds = pair();
    s.register(fds.rd, EVENT_READ);
    for (const timeout of [0.0005, 0.003, 0.0201]) {
      assertEquals(lasts(timeout * 1000, () => s.select(timeout)), []);
    }
  });

  test(`${name}.select() and selectAsync() throw for a time-out of another type, or an unknown keyword`, async () => {
    using s = make();
    const misspelled = { timeuot: 0 } as never;
    assertThrows(() => s.select(misspelled), TypeError, "unexpected keyword");
    await assertRejects(
      () => s.selectAsync(misspelled),
      TypeError,
      "unexpected keyword argument",
    );
    await assertRejects(() => s.selectAsync("1" as never), TypeError);
    await assertRejects(() => s.selectAsync(NaN), ValueError);
    for (const timeout of ["1", new Date(), [], 1n]) {
      assertThrows(
        () => s.select(timeout as never),
        TypeError,
        "timeout must be a number or null, not ",
      );
    }
    assertThrows(() => s.select(NaN), ValueError, "timeout must not be NaN");
    assertThrows(() => s.select(Infinity), OverflowError);
    assertThrows(() => s.select(1e12), OverflowError);
  });

  test(`${name}.select() waits its full time, or for a key, through a storm of signals`, () => {
    using s = make();
    using fds = pair();
    using calls = record(syscalls[name]);
    s.register(fds.rd, EVENT_READ);
    using _ = storm();
    interrupted(calls, () => {
      // Linux writes what is left in whole microseconds, rounded down, after each signal.
      assertEquals(lasts(122, () => s.select(0.123)), []);
    });
    using timer = alarm(60);
    const key = s.register(timer, EVENT_READ);
    assertEquals(s.select(), [[key, EVENT_READ]]);
  });
}

test("EpollSelector.select() asks for as many events as are registered, and one at least", () => {
  using s = selectors.EpollSelector();
  using stack = new DisposableStack();
  using calls = record("epoll_wait");
  s.select(0);
  for (let i = 0; i < 3; i++) {
    s.register(stack.use(pair()).wr, EVENT_WRITE);
    assertEquals(s.select(0).length, i + 1);
  }
  assertEquals(calls.calls.map(([, , most]) => most), [1, 1, 2, 3]);
});

test("EpollSelector.select() returns more than 1,023 that are ready", () => {
  using s = selectors.EpollSelector();
  using fds = pair();
  using stack = new DisposableStack();
  for (let i = 0; i < 1100; i++) {
    s.register(stack.use(dup(fds.wr.fileno())), EVENT_WRITE);
  }
  assertEquals(s.select(0).length, 1100);
});

test("EpollSelector.select() skips a duplicate of an unregistered descriptor", () => {
  using s = selectors.EpollSelector();
  using fds = pair();
  using copy = dup(fds.wr.fileno());
  s.register(fds.wr, EVENT_WRITE);
  fds.wr.close();
  // A closed descriptor cannot be removed from the kernel's list.
  s.unregister(fds.wr);
  assertEquals(s.select(0), []);
  assert(copy.fileno() > 0);
});

test("EpollSelector is itself pollable", () => {
  using s = selectors.EpollSelector();
  using fds = pair();
  s.register(fds.rd, EVENT_READ);
  assertEquals(select.select([s], [], [], 0)[0], []);
  fds.wr.send(new Uint8Array(1));
  assertEquals(select.select([s], [], [], 0)[0], [s]);
  using outer = selectors.EpollSelector();
  const key = outer.register(s, EVENT_READ);
  assertEquals(outer.select(0), [[key, EVENT_READ]]);
});

test("EpollSelector.select() makes one system call and asks no object for its descriptor, however many are registered", () => {
  using s = selectors.EpollSelector();
  using fds = pair();
  using stack = new DisposableStack();
  let asked = 0;
  for (let i = 0; i < 3000; i++) {
    const copy = stack.use(dup(fds.rd.fileno()));
    s.register({ fileno: () => (asked++, copy.fileno()) }, EVENT_READ);
  }
  asked = 0;
  using waits = record("epoll_wait");
  using changes = record("epoll_ctl");
  assertEquals(s.select(0), []);
  assertEquals([asked, waits.calls.length, changes.calls.length], [0, 1, 0]);
});

for (const name of names) {
  const make = backends[name];

  test(`${name}.selectAsync() returns ready keys at once`, async () => {
    using s = make();
    using fds = pair();
    s.register(fds.rd, EVENT_READ);
    const key = s.register(fds.wr, EVENT_WRITE);
    assertEquals(await s.selectAsync(), [[key, EVENT_WRITE]]);
    assertEquals(await s.selectAsync({ timeout: 0 }), [[key, EVENT_WRITE]]);
  });

  test(`${name}.selectAsync() lets timers run while it waits`, async () => {
    using s = make();
    using fds = pair();
    const key = s.register(fds.rd, EVENT_READ, "data");
    let ticks = 0;
    const timer = setInterval(() => {
      if (++ticks === 3) fds.wr.send(new Uint8Array(1));
    }, 5);
    assertEquals(await s.selectAsync(10), [[key, EVENT_READ]]);
    clearInterval(timer);
    // One more timer may run before the wait ends.
    assert(ticks >= 3);
  });

  test(`${name}.selectAsync() returns no keys when its time-out expires, at once for any negative one`, async () => {
    using s = make();
    using fds = pair();
    s.register(fds.rd, EVENT_READ);
    for (const timeout of [-1e300, -Infinity, -1e10]) {
      assertEquals(s.select(timeout), []);
      assertEquals(await s.selectAsync(timeout), []);
    }
    for (const timeout of [0, -1, 0.01]) {
      assertEquals(await s.selectAsync(timeout), []);
    }
  });

  test(`${name}.selectAsync() rejects with the signal's reason`, async () => {
    using s = make();
    using fds = pair();
    s.register(fds.rd, EVENT_READ);
    const reason = new Error("enough");
    for (const positional of [true, false]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 5);
      const { signal } = controller;
      const wait = () =>
        positional
          ? s.selectAsync(null, { signal })
          : s.selectAsync({ signal });
      assertEquals(await assertRejects(wait), reason);
    }
  });

  // epoll drops a closed file without a report.
  if (name !== "EpollSelector") {
    test(`${name}.selectAsync() rejects when a registered socket is closed`, async () => {
      using s = make();
      using fds = pair();
      s.register(fds.rd, EVENT_READ);
      setTimeout(() => fds.rd.close(), 5);
      await assertRejects(() => s.selectAsync(10), OSError);
    });
  }

  test(`${name}.selectAsync() rejects once the selector is closed, whatever was registered`, async () => {
    using fds = pair();
    for (const registered of [true, false]) {
      const s = make();
      if (registered) s.register(fds.rd, EVENT_READ);
      const waits = [s.selectAsync(), s.selectAsync(10)];
      await turns();
      s.close();
      waits.push(s.selectAsync(), s.selectAsync(0));
      await Promise.all(
        waits.map((wait) => assertRejects(() => wait, ValueError, "on closed")),
      );
    }
  });

  test(`${name}.selectAsync() goes on when a socket is unregistered and closed`, async () => {
    using s = make();
    using fds = pair();
    using others = pair();
    s.register(others.rd, EVENT_READ);
    const key = s.register(fds.rd, EVENT_READ);
    const selected = s.selectAsync(10);
    s.unregister(others.rd);
    others.rd.close();
    fds.wr.send(new Uint8Array(1));
    assertEquals(await selected, [[key, EVENT_READ]]);
  });
}

test("EpollSelector.selectAsync() sees a file that is registered meanwhile", async () => {
  using s = selectors.EpollSelector();
  using fds = pair();
  setTimeout(() => s.register(fds.wr, EVENT_WRITE, "late"), 5);
  const ready = await s.selectAsync(10);
  assertEquals(ready.map(([key]) => key.data), ["late"]);
});
