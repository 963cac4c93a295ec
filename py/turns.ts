/**
 * Gives way: results follow one another for a while, then wait for the event loop to turn.
 *
 * @module
 */

import { on_turn, turn } from "../ffi/reactor.ts";

// Milliseconds that results may follow one another before the loop is asked to turn, and as
// many until it has: a loop of calls that are always ready would starve timers and sockets.
// With 0.25, Deno.serve beside such a loop answers in 0.7 ms instead of 0.3 (bench/beside.ts).
const BURST = 0.05;

// Failures that follow one another, however long that takes: an abort is to be told at once.
const MOST_FAILURES = 64;

// When the loop turned last, or a burst began.
let since = 0;
let failures = 0;
let asked = false;
let settling: Array<() => void> = [];

/**
 * Settles a promise in the next turn of the event loop, after those that were settled
 * before it.
 */
export function settle_later(action: () => void): void {
  settling.push(action);
  ask();
}

/** Rejects a promise: at once, unless failures follow one another without a turn. */
export function fail(reject: (reason: unknown) => void, reason: unknown): void {
  const at_once = settling.length === 0 && ++failures <= MOST_FAILURES;
  if (at_once || may_go_on()) reject(reason);
  else settle_later(() => reject(reason));
}

/** Whether a result may be given at once. */
export function may_go_on(): boolean {
  if (settling.length > 0) return false;
  const time = performance.now();
  if (time - since < BURST) return true;
  if (asked) return false;
  // It may have turned unnoticed: ask for a turn, and go on until it comes.
  since = time;
  ask();
  return true;
}

/** Notes a turn of the event loop; settles what waited for it. */
export function turned(): void {
  since = performance.now();
  failures = 0;
  asked = false;
  const due = settling;
  settling = [];
  for (const action of due) action();
}

function ask(): void {
  if (asked) return;
  asked = true;
  try {
    turn();
  } catch {
    // There is no libc or no free descriptor: this lets timers in, if not sockets.
    setImmediate(turned);
  }
}

on_turn(turned);
