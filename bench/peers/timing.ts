/** What one call costs, as calls.c and calls.py measure it. */

import { median } from "../figures.ts";

const BATCHES = 15;
// Nanoseconds that V8 needs to compile hot code; all peers warm up as long.
const WARM_UP = 50e6;

/** The time in nanoseconds. */
export const now = (): number => performance.now() * 1e6;

/** Makes a number of calls. */
export type Run = (calls: number) => void;

/** Makes one call again and again. */
export function repeated(call: () => unknown): Run {
  return (calls) => {
    for (let i = 0; i < calls; i++) call();
  };
}

/** Nanoseconds per call: of short batches the median, so that an interrupted one does not count. */
export function measure(run: Run, budget: number): number {
  const time = (calls: number) => {
    const start = now();
    run(calls);
    return now() - start;
  };
  const end = now() + WARM_UP;
  let calls = 1;
  do {
    if (time(calls) < budget / BATCHES / 2) calls *= 2;
  } while (now() < end);
  return median(Array.from({ length: BATCHES }, () => time(calls) / calls));
}
