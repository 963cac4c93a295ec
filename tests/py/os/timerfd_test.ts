import { assert, assertEquals, assertThrows } from "@std/assert";
import { raises } from "../raises.ts";
import { errno, os, OverflowError, ValueError } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { close_on_exec, lasts } from "../../ffi/kernel.ts";
import { record } from "../../ffi/storm.ts";
import { Fd, not_integers, throws_errno, two } from "./setup.ts";

const { EAGAIN, EINVAL } = errno;

function timer(clock = os.CLOCK_MONOTONIC as number): Fd {
  return new Fd(os.timerfd_create(clock));
}

/** How often a timer has expired since the last read. */
function count(fd: Fd): number {
  const bytes = os.read(fd.fd, 8);
  assertEquals(bytes.length, 8);
  return Number(
    new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true),
  );
}

/** The it_interval and it_value that a call hands to the kernel. */
function handed(call: () => unknown): bigint[] {
  using calls = record("timerfd_settime");
  call();
  return [...calls.calls[0]![2] as BigInt64Array];
}

test("timerfd_create() makes a timer that is stopped, closed on exec", () => {
  for (
    const clock of [os.CLOCK_REALTIME, os.CLOCK_MONOTONIC, os.CLOCK_BOOTTIME]
  ) {
    using fd = timer(clock);
    // TFD_CLOEXEC is always set, as Python's documentation says.
    using other = new Fd(os.timerfd_create(clock, { flags: os.TFD_NONBLOCK }));
    assert(close_on_exec(fd.fd) && close_on_exec(other.fd));
    assertEquals([os.get_blocking(fd.fd), os.get_blocking(other.fd)], [
      true,
      false,
    ]);
    assertEquals(os.timerfd_gettime(fd), [0, 0]);
    throws_errno(() => os.read(other.fd, 8), EAGAIN, "read");
  }
});

test("timerfd_create() refuses other clocks and flags", () => {
  throws_errno(() => os.timerfd_create(99), EINVAL, "timerfd_create");
  const flags = { flags: 1 };
  throws_errno(() => os.timerfd_create(1, flags), EINVAL, "timerfd_create");
  for (const bad of not_integers) {
    assertThrows(() => os.timerfd_create(bad), TypeError, "clockid must be");
    if (bad === null) continue;
    raises(TypeError, {
      flags: () => os.timerfd_create(1, { flags: bad }),
    });
  }
});

test("timerfd_settime() has the timer expire after initial, then every interval", () => {
  using fd = timer();
  lasts(25, () => {
    lasts(20, () => {
      const before = os.timerfd_settime(fd.fd, {
        initial: 0.02,
        interval: 0.005,
      });
      assertEquals(before, [0, 0]);
      assert(count(fd) >= 1);
    });
    count(fd);
  });
  const [next, interval] = os.timerfd_settime(fd);
  assert(next > 0 && next <= 0.005);
  assertEquals(interval, 0.005);
  assertEquals(os.timerfd_gettime(fd), [0, 0]);
  // Without an interval it expires once.
  os.timerfd_settime(fd, { initial: 0.001 });
  assertEquals(count(fd), 1);
  assertEquals(os.timerfd_gettime(fd), [0, 0]);
  os.set_blocking(fd.fd, false);
  throws_errno(() => os.read(fd.fd, 8), EAGAIN, "read");
});

test("timerfd_settime() without initial stops the timer, and returns the old setting", () => {
  using fd = timer();
  os.timerfd_settime(fd, { initial: 100, interval: 0.25 });
  for (const file of [fd, fd.fd]) {
    const [left, every] = os.timerfd_gettime(file);
    assert(left > 99 && left <= 100 && every === 0.25);
  }
  const [next, interval] = os.timerfd_settime(fd, { interval: 3 });
  assert(next > 99 && next <= 100);
  assertEquals(interval, 0.25);
  assertEquals(os.timerfd_gettime(fd)[0], 0);
});

test("timerfd_settime() with TFD_TIMER_ABSTIME takes a time on the clock", () => {
  using fd = timer(os.CLOCK_REALTIME);
  const flags = os.TFD_TIMER_ABSTIME;
  os.timerfd_settime(fd, { flags, initial: Date.now() / 1000 + 100 });
  const [next] = os.timerfd_gettime(fd);
  assert(next > 98 && next <= 100.1);
  // A time in the past.
  os.timerfd_settime(fd, { flags, initial: 1 });
  assertEquals(count(fd), 1);
  os.timerfd_settime(fd, {
    flags: flags | os.TFD_TIMER_CANCEL_ON_SET,
    initial: Date.now() / 1000 + 100,
  });
});

test("timerfd_settime() rounds seconds down to the nanosecond", () => {
  using fd = timer();
  const expected = [
    [0, 0n, 0n],
    [1.5, 1n, 500000000n],
    [0.3, 0n, 300000000n],
    [1e-9, 0n, 1n],
    [1.9e-9, 0n, 1n],
    [1e-10, 0n, 0n],
    [2 ** 33, 2n ** 33n, 0n],
  ] as const;
  for (const [time, sec, nsec] of expected) {
    assertEquals(
      handed(() => os.timerfd_settime(fd, { initial: time, interval: time })),
      [sec, nsec, sec, nsec],
    );
  }
});

test("timerfd_settime_ns() takes nanoseconds as numbers or bigints", () => {
  using fd = timer();
  const call = (initial: number | bigint, interval: number | bigint) =>
    handed(() => os.timerfd_settime_ns(fd, { initial, interval }));
  assertEquals(call(1, 2n), [0n, 2n, 0n, 1n]);
  assertEquals(call(1_500_000_000, 0), [0n, 0n, 1n, 500_000_000n]);
  const exact = 1_800_000_000_123_456_789n;
  assertEquals(call(exact, 0), [0n, 0n, 1_800_000_000n, 123_456_789n]);
});

test("timerfd_settime_ns() and timerfd_gettime_ns() return nanoseconds", () => {
  using fd = timer();
  assertEquals(
    os.timerfd_settime_ns(fd, { initial: 10n ** 11n, interval: 250 }),
    [0, 0],
  );
  assertEquals(os.timerfd_gettime(fd)[1], 250e-9);
  for (
    const times of [os.timerfd_gettime_ns(fd), os.timerfd_settime_ns(fd.fd)]
  ) {
    assert(times[0] > 99e9 && times[0] <= 100e9);
    assert(Number.isInteger(times[0]));
    assertEquals(times[1], 250);
  }
  assertEquals(os.timerfd_gettime_ns(fd), [0, 0]);
});

test("timerfd_settime() throws EINVAL for a negative time or other flags", () => {
  using fd = timer();
  for (
    const call of [
      () => os.timerfd_settime(fd, { initial: -1 }),
      () => os.timerfd_settime(fd, { initial: 1, interval: -0.5 }),
      () => os.timerfd_settime(fd, { flags: 64 }),
      () => os.timerfd_settime_ns(fd, { initial: -1 }),
      () => os.timerfd_settime_ns(fd, { initial: -1n }),
      () => os.timerfd_settime_ns(fd, { initial: 1, interval: -1 }),
    ]
  ) {
    throws_errno(call, EINVAL, "timerfd_settime");
  }
});

test("timerfd_settime() and timerfd_gettime() refuse other descriptors", () => {
  using fds = two(os.pipe());
  for (const name of ["timerfd_settime", "timerfd_settime_ns"] as const) {
    throws_errno(() => os[name](fds.a), EINVAL, "timerfd_settime");
    assertThrows(() => os[name](-1), ValueError, "negative");
    assertThrows(() => os[name]("1" as never), TypeError);
  }
  for (const name of ["timerfd_gettime", "timerfd_gettime_ns"] as const) {
    throws_errno(() => os[name](fds.a), EINVAL, "timerfd_gettime");
    assertThrows(() => os[name](-1), ValueError, "negative");
    assertThrows(() => os[name]("1" as never), TypeError);
  }
});

test("timerfd_settime() refuses times of other types", () => {
  using fd = timer();
  for (const name of ["initial", "interval"] as const) {
    const set = (time: unknown) => () =>
      os.timerfd_settime(fd, { [name]: time as number });
    const set_ns = (time: unknown) => () =>
      os.timerfd_settime_ns(fd, { [name]: time as number });
    raises(TypeError, {
      [`${name} must be a number`]: ["1", null, {}, 1n].map(set),
      [`${name} must be an integer`]: ["1", null, {}, 1.5, NaN].map(set_ns),
    });
    raises(ValueError, { [name]: set(NaN) });
    const most = 2n ** 63n;
    raises(OverflowError, {
      [`${name} is too large`]: [
        ...[Infinity, -Infinity, 2 ** 34].map(set),
        ...[most, -most - 1n, 2 ** 63].map(set_ns),
      ],
    });
  }
});

test("timerfd_create() and timerfd_settime() refuse keywords that they do not have", () => {
  using fd = timer();
  const wrong = { inital: 1 } as never;
  for (const set of [os.timerfd_settime, os.timerfd_settime_ns]) {
    assertThrows(() => set(fd, wrong), TypeError, "argument 'inital'");
    assertThrows(() => set(fd, 1 as never), TypeError, "must be an object");
  }
  assertThrows(() => os.timerfd_create(1, wrong), TypeError, "'inital'");
  assertEquals(os.timerfd_gettime(fd), [0, 0]);
});
