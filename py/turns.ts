/**
 * Gives way: results follow one another for a while, then wait for the event loop to turn.
 *
 * @module
 */

import { on_turn, turn } from "../ffi/reactor.ts";
import { NONE, now } from "../ffi/syscall.ts";

// How many results each turn gives at once, and within how many milliseconds: a loop of calls
// that are always ready would starve timers and sockets. Beside pollAsync() in such a loop,
// Deno.serve answers in 55 us, with fewer results too; with 33 of them, in 130
// (bench/beside.ts).
const MOST_RESULTS = 3;
const BURST = 0.1;

// Failures that each turn gives at once: an abort is to be told without delay.
const MOST_FAILURES = 64;

// When a burst began: the first look at the clock since the last turn.
let since = NONE;
let results = 0;
let failures = 0;
let settling: Array<() => void> = [];

/**
 * Settles a promise in the next turn of the event loop, after those that were settled
 * before it.
 */
export function settle_later(action: () => void): void {
  if (settling.push(action) === 1) ask();
}

/** Rejects a promise: at once, unless failures follow one another without a turn. */
export function fail(reject: (reason: unknown) => void, reason: unknown): void {
  if (settling.length === 0 && ++failures <= MOST_FAILURES) reject(reason);
  else settle_later(() => reject(reason));
}

/** Whether a result may be given at once. */
export function may_go_on(): boolean {
  if (settling.length > 0) return false;
  if (++results > MOST_RESULTS) return false;
  const time = now();
  if (since === NONE) since = time;
  return time - since < BURST;
}

/** Notes a turn of the event loop; settles what waited for it. */
export function turned(): void {
  since = NONE;
  results = failures = 0;
  if (settling.length === 0) return;
  const due = settling;
  settling = [];
  for (const action of due) action();
}

function ask(): void {
  try {
    turn();
  } catch {
    // There is no libc or no free descriptor: this lets timers in, if not sockets.
    setImmediate(turned);
  }
}

on_turn(turned);
