/** What one call costs, as timing.h and timing.py measure it. */

import { median } from "../book.ts";

const BATCHES = 15;
// Nanoseconds that V8 needs to compile hot code; all peers warm up as long.
const WARM_UP = 50e6;

/** The time in nanoseconds. */
export function now(): number {
  return performance.now() * 1e6;
}

/**
 * Nanoseconds per call: of short batches the median, so that an interrupted one does
 * not count.
 *
 * @param run Makes this number of calls; returns the nanoseconds that they took.
 * @param budget Nanoseconds to spend on it, without the warm-up.
 * @param most The most calls in a batch.
 */
export function measure(
  run: (calls: number) => number,
  budget: number,
  most = Infinity,
): number {
  const end = now() + WARM_UP;
  let calls = 1;
  do {
    if (run(calls) < budget / BATCHES / 2 && calls * 2 <= most) calls *= 2;
  } while (now() < end);
  return median(Array.from({ length: BATCHES }, () => run(calls) / calls));
}
