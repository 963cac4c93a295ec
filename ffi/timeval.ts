/**
 * `struct timeval` of select(2) and of SO_RCVTIMEO (socket(7)): seconds and microseconds,
 * 64 bits each.
 *
 * @module
 */

import { view_of } from "./memory.ts";

/** Bytes in a `struct timeval`. */
export const TIMEVAL_SIZE = 16;
/** 32-bit words in a `struct timeval`. */
export const TIMEVAL_WORDS = 4;

/**
 * Writes a time-out.
 *
 * @param timeval Four words.
 * @param seconds Not negative, finite; rounded up to the next microsecond.
 */
export function timeval_set(timeval: Uint32Array, seconds: number): void {
  let whole = Math.floor(seconds);
  // Rounded up: a wait must not end before its time, nor turn into a busy loop.
  let micros = Math.ceil((seconds - whole) * 1e6);
  if (micros >= 1e6) {
    whole += 1;
    micros = 0;
  }
  timeval[0] = whole;
  timeval[1] = whole / 0x100000000;
  timeval[2] = micros;
  timeval[3] = 0;
}

/** The fields of a `struct timeval`. */
export function timeval_fields(
  bytes: Uint8Array,
): { tv_sec: number; tv_usec: number } {
  const view = view_of(bytes);
  return {
    tv_sec: Number(view.getBigInt64(0, true)),
    tv_usec: Number(view.getBigInt64(8, true)),
  };
}
