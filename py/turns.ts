/**
 * When a call that has to wait is tried: in place, or as the event loop turns.
 *
 * @module
 */

import { before_dispatch } from "../ffi/reactor.ts";
import { now, wait_briefly } from "../ffi/syscall.ts";

// Milliseconds that promises may follow one another before timers get their turn.
const TURN_EVERY = 0.5;

// Milliseconds until what the runtime itself waits for, a fetch or a request, gets its
// turn: while it never has to wait, it looks at its sockets every 61 turns only.
const LOOK_EVERY = 10;
const TURNS_TO_LOOK = 61;

/** Something to be tried as the event loop turns. */
export interface Trial {
  /** Tries it. */
  turn(): void;
  /** What it waits for. */
  watched(): Iterable<readonly [fd: number, eventmask: number]>;
}

// When the event loop was last seen to turn, and when the runtime looked.
let turned = 0;
let looked = 0;
// Whether a turn was asked for.
let asked = false;
// What is to be settled and then tried in the next turn, in this order.
let settled: Array<() => void> = [];
let trials: Trial[] = [];
// Callers who were given a result and have not called again: they are about to run. A
// guess: who never calls again counts until the next turn.
let due = 0;

/** Notes that the event loop has turned: who was served before is settled before. */
export function has_turned(): void {
  turned = now();
  settle();
}

/** Whether the event loop has turned lately, and nobody waits for its turn to settle. */
export function lately(): boolean {
  return settled.length === 0 && now() - turned < TURN_EVERY;
}

/** Notes that somebody calls, who may be one of those who are due. */
export function called(): void {
  if (due > 0) due--;
}

/** Notes that somebody is given a result. */
export function given(): void {
  due++;
}

/** Settles when the event loop has turned: a loop of waits must let timers in. */
export function after_a_turn(settle: () => void): void {
  settled.push(settle);
  ask();
}

/** Tries something when the event loop has turned. */
export function try_after_a_turn(trial: Trial): void {
  trials.push(trial);
  ask();
}

// One for all: each setImmediate() costs 1 us.
function ask(): void {
  if (asked) return;
  asked = true;
  setImmediate(turn);
}

function turn(): void {
  try {
    turned = now();
  } catch {
    // There is no libc: those who have called are about to be told.
  }
  // Until now there was nothing to keep it from looking.
  if (looked === 0) looked = turned;
  if (turned - looked < LOOK_EVERY) run();
  else look(TURNS_TO_LOOK);
}

/** Turns until the runtime has looked, and so costs everybody some 0.2 ms. */
function look(left: number): void {
  if (left > 0) return void setImmediate(look, left - 1);
  turned = looked = now();
  run();
}

function run(): void {
  asked = false;
  const trying = trials;
  trials = [];
  settle();
  for (const trial of trying) trial.turn();
}

/** Settles what waits for a turn, in the order in which it was served. */
function settle(): void {
  const settling = settled;
  settled = [];
  due = settling.length;
  for (const settle of settling) settle();
}

before_dispatch(() => {
  turned = now();
  // With a turn asked for, the runtime had no reason to wait, and did not look.
  if (!asked) looked = turned;
  settle();
});

// A peer in this process, or behind the event loop, never answers meanwhile: after each
// brief wait in vain twice as many are left out.
const MOST_LEFT_OUT = 63;
let in_vain = 0;
let left_out = 0;

// As many as a brief wait takes.
const MOST_BRIEFLY = 4;

/**
 * Waits a moment for a call, in place, unless somebody else is about to run.
 *
 * @param watched What the call waits for; all that is tried in the next turn ends the
 * wait, too.
 * @returns Whether something came.
 */
export function came_briefly(
  watched: Iterable<readonly [fd: number, eventmask: number]>,
): boolean {
  if (due > 0 || trials.length >= MOST_BRIEFLY) return false;
  if (left_out > 0) {
    left_out--;
    return false;
  }
  const all: Array<readonly [fd: number, eventmask: number]> = [];
  for (const list of [watched, ...trials.map((trial) => trial.watched())]) {
    for (const one of list) if (all.push(one) > MOST_BRIEFLY) return false;
  }
  const came = wait_briefly(all);
  in_vain = came ? 0 : Math.min(2 * in_vain + 1, MOST_LEFT_OUT);
  left_out = in_vain;
  return came;
}
