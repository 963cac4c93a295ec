/**
 * `struct itimerspec` of timerfd_settime(2): `struct timespec it_interval, it_value`, each
 * with seconds and nanoseconds of 64 bits.
 *
 * @module
 */

/** 64-bit words in a `struct itimerspec`. */
export const ITIMERSPEC_WORDS = 4;

const SECOND = 1_000_000_000n;

/**
 * Writes a timer's setting.
 *
 * @param spec Four words.
 * @param value When it expires first, in nanoseconds; 0 for never.
 * @param interval How often after that, in nanoseconds; 0 for never.
 */
export function itimerspec_set(
  spec: BigInt64Array,
  value: bigint,
  interval: bigint,
): void {
  timespec_set(spec, 0, interval);
  timespec_set(spec, 2, value);
}

/** `it_value` in nanoseconds. */
export function itimerspec_value(spec: BigInt64Array): bigint {
  return spec[2]! * SECOND + spec[3]!;
}

/** `it_interval` in nanoseconds. */
export function itimerspec_interval(spec: BigInt64Array): bigint {
  return spec[0]! * SECOND + spec[1]!;
}

function timespec_set(
  spec: BigInt64Array,
  word: number,
  nanoseconds: bigint,
): void {
  let seconds = nanoseconds / SECOND;
  let rest = nanoseconds % SECOND;
  // Rounded down, so that the kernel finds a negative time in the seconds.
  if (rest < 0n) {
    seconds -= 1n;
    rest += SECOND;
  }
  spec[word] = seconds;
  spec[word + 1] = rest;
}
