import {
  itimerspec_interval,
  itimerspec_set,
  itimerspec_value,
  ITIMERSPEC_WORDS,
} from "../../ffi/itimerspec.ts";
import { bare, libc } from "../../ffi/libc.ts";
import { syscall } from "../../ffi/syscall.ts";
import {
  type FileDescriptorLike,
  fileno,
  int,
  seconds,
  shown,
  whole,
} from "../arguments.ts";
import { OverflowError } from "../exceptions.ts";
import { TFD_CLOEXEC } from "./constants.ts";

const LLONG_MAX = 2n ** 63n - 1n;

const setting = new BigInt64Array(ITIMERSPEC_WORDS);
const previous = new BigInt64Array(ITIMERSPEC_WORDS);

/** What {@linkcode timerfd_settime} takes by name. */
export interface TimerSetting {
  /** TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET, by `|`; 0 by default. */
  readonly flags?: number;
  /** Seconds until the timer expires first, or the time when; 0, the default, stops it. */
  readonly initial?: number;
  /** Seconds from one expiration to the next; 0, the default, for only one. */
  readonly interval?: number;
}

/** What {@linkcode timerfd_settime_ns} takes by name. */
export interface TimerSettingNs {
  /** TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET, by `|`; 0 by default. */
  readonly flags?: number;
  /** Nanoseconds until the timer expires first, or the time when; 0, the default, stops it. */
  readonly initial?: number | bigint;
  /** Nanoseconds from one expiration to the next; 0, the default, for only one. */
  readonly interval?: number | bigint;
}

/**
 * Makes a timer: Python's `os.timerfd_create`, timerfd_create(2).
 *
 * It is readable once it has expired; reading it gives 8 bytes, the machine's own integer:
 * how often since the last read.
 *
 * @param clockid CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME.
 * @param options `flags`: TFD_NONBLOCK, and TFD_CLOEXEC, which is always set.
 * @returns A descriptor, to be closed with {@linkcode close}.
 * @throws {OSError} EINVAL of another clock or other flags, EMFILE if no descriptor is free.
 * @throws {TypeError} If an argument is of another type.
 *
 * @example
 * ```ts
 * import { os, select } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const fd = os.timerfd_create(os.CLOCK_MONOTONIC);
 * os.timerfd_settime(fd, { initial: 0.01 });
 * assertEquals(select.select([fd], [], [], 5)[0], [fd]);
 * const count = os.read(fd, 8);
 * assertEquals(new DataView(count.buffer, count.byteOffset).getBigUint64(0, true), 1n);
 * os.close(fd);
 * ```
 */
export function timerfd_create(
  clockid: number,
  options: { readonly flags?: number } = {},
): number {
  const clock = int(clockid, "clockid");
  const { flags: bits = 0 } = bare(options);
  const flags = int(bits, "flags") | TFD_CLOEXEC;
  return syscall("timerfd_create", () => libc.timerfd_create(clock, flags));
}

/**
 * Sets a timer, in seconds: Python's `os.timerfd_settime`, timerfd_settime(2).
 *
 * @param fd The timer's descriptor, or an object with `fileno()`.
 * @param options `flags`, `initial`, `interval`: seconds, fractional, rounded down to the
 * nanosecond. Without `initial` the timer is stopped.
 * @returns What was set before, in seconds: `[next_expiration, interval]`.
 * @throws {OSError} EINVAL if a time is negative, other flags are set, or it is no timer;
 * EBADF.
 * @throws {TypeError} If an argument is of another type.
 * @throws {ValueError} If a time is NaN, or the descriptor negative.
 * @throws {OverflowError} If a time is beyond 2^63 nanoseconds.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const fd = os.timerfd_create(os.CLOCK_MONOTONIC);
 * os.timerfd_settime(fd, { initial: 3600, interval: 0.25 });
 * const [next, interval] = os.timerfd_settime(fd);
 * assertEquals(Math.ceil(next), 3600);
 * assertEquals(interval, 0.25);
 * assertEquals(os.timerfd_gettime(fd), [0, 0]);
 * os.close(fd);
 * ```
 */
export function timerfd_settime(
  fd: FileDescriptorLike,
  options: TimerSetting = {},
): [next_expiration: number, interval: number] {
  const { flags = 0, initial = 0, interval = 0 } = bare(options);
  const value = of_seconds(initial, "initial");
  return in_seconds(
    settime(fd, flags, value, of_seconds(interval, "interval")),
  );
}

/**
 * Sets a timer, in nanoseconds: Python's `os.timerfd_settime_ns`, timerfd_settime(2).
 *
 * @param fd The timer's descriptor, or an object with `fileno()`.
 * @param options `flags`, `initial`, `interval`: nanoseconds, whole; a bigint where a number
 * is not exact, as of the time since 1970. Without `initial` the timer is stopped.
 * @returns What was set before, in nanoseconds: `[next_expiration, interval]`. Beyond 2^53,
 * 104 days, the nearest number.
 * @throws {OSError} EINVAL if a time is negative, other flags are set, or it is no timer;
 * EBADF.
 * @throws {TypeError} If an argument is of another type.
 * @throws {ValueError} If the descriptor is negative.
 * @throws {OverflowError} If a time does not fit 64 bits.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const fd = os.timerfd_create(os.CLOCK_REALTIME);
 * const tomorrow = BigInt(Date.now() + 86_400_000) * 1_000_000n;
 * os.timerfd_settime_ns(fd, { flags: os.TFD_TIMER_ABSTIME, initial: tomorrow, interval: 250 });
 * assertEquals(os.timerfd_gettime_ns(fd)[1], 250);
 * os.close(fd);
 * ```
 */
export function timerfd_settime_ns(
  fd: FileDescriptorLike,
  options: TimerSettingNs = {},
): [next_expiration: number, interval: number] {
  const { flags = 0, initial = 0, interval = 0 } = bare(options);
  const value = nanoseconds(initial, "initial");
  return settime(fd, flags, value, nanoseconds(interval, "interval"));
}

/**
 * When a timer expires, in seconds: Python's `os.timerfd_gettime`, timerfd_gettime(2).
 *
 * @param fd The timer's descriptor, or an object with `fileno()`.
 * @returns `[next_expiration, interval]`: seconds from now, also with TFD_TIMER_ABSTIME, 0
 * if it is stopped; and from one expiration to the next, 0 if there is only one.
 * @throws {OSError} EINVAL if it is no timer; EBADF.
 * @throws {TypeError} If it is no descriptor.
 * @throws {ValueError} If it is negative.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const fd = os.timerfd_create(os.CLOCK_MONOTONIC);
 * assertEquals(os.timerfd_gettime(fd), [0, 0]);
 * os.close(fd);
 * ```
 */
export function timerfd_gettime(
  fd: FileDescriptorLike,
): [next_expiration: number, interval: number] {
  return in_seconds(gettime(fd));
}

/**
 * When a timer expires, in nanoseconds: Python's `os.timerfd_gettime_ns`, timerfd_gettime(2).
 *
 * @param fd The timer's descriptor, or an object with `fileno()`.
 * @returns `[next_expiration, interval]`, as {@linkcode timerfd_gettime}, in nanoseconds.
 * Beyond 2^53, 104 days, the nearest number.
 * @throws {OSError} EINVAL if it is no timer; EBADF.
 * @throws {TypeError} If it is no descriptor.
 * @throws {ValueError} If it is negative.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assert } from "@std/assert";
 *
 * const fd = os.timerfd_create(os.CLOCK_MONOTONIC);
 * os.timerfd_settime(fd, { initial: 60 });
 * const [next] = os.timerfd_gettime_ns(fd);
 * assert(next > 59e9 && next <= 60e9);
 * os.close(fd);
 * ```
 */
export function timerfd_gettime_ns(
  fd: FileDescriptorLike,
): [next_expiration: number, interval: number] {
  return gettime(fd);
}

function settime(
  fd: FileDescriptorLike,
  flags: number,
  value: bigint,
  interval: bigint,
): [number, number] {
  const timer = fileno(fd);
  const options = int(flags, "flags");
  itimerspec_set(setting, value, interval);
  syscall(
    "timerfd_settime",
    () => libc.timerfd_settime(timer, options, setting, previous),
  );
  return times();
}

function gettime(fd: FileDescriptorLike): [number, number] {
  const timer = fileno(fd);
  syscall("timerfd_gettime", () => libc.timerfd_gettime(timer, previous));
  return times();
}

/** What the kernel wrote: nanoseconds. */
function times(): [number, number] {
  return [
    Number(itimerspec_value(previous)),
    Number(itimerspec_interval(previous)),
  ];
}

function in_seconds([next, interval]: [number, number]): [number, number] {
  return [next / 1e9, interval / 1e9];
}

function of_seconds(value: unknown, name: string): bigint {
  const time = seconds(value, name);
  if (time === null) {
    throw new TypeError(`${name} must be a number, not ${shown(value)}`);
  }
  // Rounded down, as CPython does.
  return BigInt(Math.floor(time * 1e9));
}

function nanoseconds(value: unknown, name: string): bigint {
  const time = typeof value === "bigint" ? value : BigInt(whole(value, name));
  if (time > LLONG_MAX || time < -LLONG_MAX - 1n) {
    throw new OverflowError(`${name} is too large: ${time}`);
  }
  return time;
}
