/** What one call costs, as calls.c and calls.py measure it. */

import { median } from "../figures.ts";

const BATCHES = 15;
// Nanoseconds that V8 needs to compile hot code; all peers warm up as long.
const WARM_UP = 50e6;

/** The time in nanoseconds. */
export const now = (): number => performance.now() * 1e6;

/** Makes a number of calls; returns the nanoseconds that they took. */
export type Run = (calls: number) => number;

/** Makes one call again and again. */
export function repeated(call: () => unknown): Run {
  return (calls) => {
    const start = now();
    for (let i = 0; i < calls; i++) call();
    return now() - start;
  };
}

/**
 * Nanoseconds per call: of short batches the median, so that an interrupted one does not count.
 *
 * @param budget Nanoseconds to spend on it, without the warm-up.
 */
export function measure(run: Run, budget: number): number {
  const end = now() + WARM_UP;
  let calls = 1;
  do {
    if (run(calls) < budget / BATCHES / 2) calls *= 2;
  } while (now() < end);
  return median(Array.from({ length: BATCHES }, () => run(calls) / calls));
}
