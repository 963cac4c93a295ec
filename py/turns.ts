/**
 * Gives way: results follow one another for a while, then wait for the event loop to turn.
 *
 * @module
 */

import { on_turn, turn } from "../ffi/reactor.ts";

// Milliseconds that results may follow one another before the loop is asked to turn, and as
// many until it has: a loop of calls that are always ready would starve timers and sockets.
const BURST = 0.25;

// When the loop turned last, or a burst began.
let since = 0;
let asked = false;
let settling: Array<() => void> = [];

/**
 * Settles a promise: at once, or in the next turn of the event loop; never before the
 * promises that were settled before it.
 */
export function settle(action: () => void): void {
  if (may_go_on()) return action();
  settling.push(action);
  ask();
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
