/**
 * The counts of a server, for its last line and for the lines of `--stats`.
 *
 * @module
 */

import { plural } from "../../cli/server.ts";

/** The names of all counts. */
export const COUNTED = [
  "clients", // that are connected
  "served", // clients that were accepted
  "received", // bytes from all clients
  "sent", // bytes to all clients
  "queued", // bytes, with the cost of each message
  "turned_away", // clients that were refused for lack of room
] as const;

/** The counts of a server. */
export type Counts = Record<typeof COUNTED[number], number>;

/** Returns counts that are all 0. */
export function nothing(): Counts {
  return Object.fromEntries(COUNTED.map((name) => [name, 0])) as Counts;
}

/** Adds up counts. */
export function sum(parts: Iterable<Counts>): Counts {
  const all = nothing();
  for (const part of parts) {
    for (const name of COUNTED) all[name] += part[name];
  }
  return all;
}

/** Describes the time between two counts in a line. */
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
 * Prints a line on standard error every few seconds, by a timer: a server turns the event
 * loop about four times a second.
 */
export class Stats implements Disposable {
  readonly #timer: ReturnType<typeof setInterval>;

  /**
   * Starts to count.
   *
   * @param seconds The time between two lines.
   * @param counts Returns the counts now.
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

  /** Stops printing. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
