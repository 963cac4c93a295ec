/**
 * Yields: after a burst of results, the next one waits for a turn of the event loop.
 *
 * @module
 */

import { BURST, on_turn, turn } from "../ffi/reactor.ts";
import { NONE, now } from "../ffi/syscall.ts";

// The most results in one turn: a loop of calls that are always ready would starve timers and
// sockets. With 1 instead of 3, Deno.serve beside a loop of pollAsync() answers in 24 us instead of
// 26, but the loop makes 300 calls in a ms instead of 460.
const MOST_RESULTS = 3;
// BURST limits results of at least this many bytes, MOST_RESULTS smaller ones: a turn costs 6 us,
// and 64 KiB cost 12; a look at the clock would cost each small result 0.3 us.
const BULK = 0x4000;

// The most immediate failures in one turn: an abort should reject without delay.
const MOST_FAILURES = 64;

// The start of the burst: the first reading of the clock since the last turn.
let since = NONE;
let results = 0;
let failures = 0;
let settling: Array<() => void> = [];

/**
 * Settles a promise in the next turn of the event loop, after earlier ones.
 */
export function settle_later(action: () => void): void {
  if (settling.push(action) === 1) ask();
}

/** Rejects a promise: immediately, unless too many failures come in one turn. */
export function fail(reject: (reason: unknown) => void, reason: unknown): void {
  if (settling.length === 0 && ++failures <= MOST_FAILURES) reject(reason);
  else settle_later(() => reject(reason));
}

/**
 * Returns whether a result may be returned in this turn.
 *
 * @param bytes The bytes that the call has moved.
 */
export function may_go_on(bytes: number): boolean {
  if (settling.length > 0) return false;
  if (bytes < BULK) return ++results <= MOST_RESULTS;
  const time = now();
  if (since === NONE) since = time;
  return time - since < BURST;
}

/**
 * Records that a wait has ended: the answer to it does not count. If it counted, an echo with 50
 * connections would cost 2 % more.
 */
export function waited(): void {
  results--;
}

/** Records a turn of the event loop, and settles the waiting promises. */
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
    // No libc or no free descriptor: this serves timers, if not sockets.
    setImmediate(turned);
  }
}

on_turn(turned);
