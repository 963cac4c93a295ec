/**
 * What a server counts: in its last line, and with `--stats` in one every few seconds.
 *
 * @module
 */

import { plural } from "../../cli/server.ts";

/** What there is to count. */
export interface Counts {
  /** How many clients are here. */
  clients: number;
  /** How many were accepted. */
  served: number;
  /** The bytes that came from all of them. */
  received: number;
  /** The bytes that went to all of them. */
  sent: number;
  /** The bytes that wait for those that are here, and what keeping them costs. */
  queued: number;
  /** How many were turned away, as there was no room. */
  turned_away: number;
}

/** The names of all counts. */
export const COUNTED = [
  "clients",
  "served",
  "received",
  "sent",
  "queued",
  "turned_away",
] as const satisfies Array<keyof Counts>;

/** Nothing at all. */
export function nothing(): Counts {
  return {
    clients: 0,
    served: 0,
    received: 0,
    sent: 0,
    queued: 0,
    turned_away: 0,
  };
}

/** What several have counted together. */
export function sum(parts: Iterable<Counts>): Counts {
  const all = nothing();
  for (const part of parts) {
    for (const name of COUNTED) all[name] += part[name];
  }
  return all;
}

/** What happened between two countings: a line. */
export function rates(before: Counts, after: Counts, seconds: number): string {
  const rate = (name: keyof Counts) =>
    Math.round((after[name] - before[name]) / seconds);
  return [
    plural(after.clients, "client"),
    `${rate("served")} accepted/s`,
    `${rate("received")} bytes/s in`,
    `${rate("sent")} bytes/s out`,
    `${after.queued} bytes queued`,
    `${after.turned_away} turned away`,
  ].join(", ");
}

/**
 * Prints a line on standard error every few seconds. It takes its turn with the event
 * loop's other timers, which a server turns some four times a second.
 */
export class Stats implements Disposable {
  readonly #timer: ReturnType<typeof setInterval>;

  /**
   * Starts to count.
   *
   * @param seconds How long from one line to the next.
   * @param counts What there is to count now.
   */
  constructor(seconds: number, counts: () => Counts) {
    let before = counts();
    let then = performance.now();
    this.#timer = setInterval(() => {
      const after = counts();
      const now = performance.now();
      console.error(rates(before, after, (now - then) / 1000));
      before = after;
      then = now;
    }, seconds * 1000);
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
