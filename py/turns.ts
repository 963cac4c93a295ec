/**
 * When a call that has to wait is tried: in place, or as the event loop turns.
 *
 * @module
 */

import { breathe } from "../ffi/parking.ts";
import { before_dispatch } from "../ffi/reactor.ts";
import { now, wait_briefly } from "../ffi/syscall.ts";
import { OSError } from "./exceptions.ts";

// Milliseconds that promises may follow one another before timers get their turn.
const TURN_EVERY = 0.5;

// Milliseconds until what the runtime itself waits for, a fetch or a request, gets its
// turn: while it never has to wait, it looks at its sockets every 61 turns only.
const LOOK_EVERY = 10;

// Milliseconds after which turns go on, though no thread was free to wait with.
const MOST_HELD_UP = 2;

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
// Whether a turn was asked for, and what it waits for while the runtime looks.
let asked = false;
let held_up: ReturnType<typeof setTimeout> | null = null;
// What is to be settled and then tried in the next turn, in this order.
let settled: Array<() => void> = [];
let trials: Trial[] = [];
// Callers who were given a result and have not called again: they are about to run.
let due = 0;

/** Notes that the event loop has turned. */
export function has_turned(): void {
  turned = now();
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
  turned = now();
  // Until now there was nothing to keep it from looking.
  if (looked === 0) looked = turned;
  if (turned - looked < LOOK_EVERY) return run();
  // Turns that are asked for have to wait until the runtime has waited.
  held_up = setTimeout(run, MOST_HELD_UP);
  try {
    breathe();
  } catch (error) {
    // No descriptor is free: whoever has to wait is told.
    if (!(error instanceof OSError)) throw error;
  }
}

function run(): void {
  if (held_up !== null) clearTimeout(held_up);
  held_up = null;
  asked = false;
  const trying = trials;
  trials = [];
  settle();
  for (const trial of trying) trial.turn();
}

/** Settles what waits for a turn: nobody who called later is given a result before. */
function settle(): void {
  const settling = settled;
  settled = [];
  due = settling.length;
  for (const settle of settling) settle();
}

before_dispatch(() => {
  turned = looked = now();
  if (held_up !== null) run();
  else settle();
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
  const all = [...watched];
  for (const trial of trials) all.push(...trial.watched());
  if (all.length > MOST_BRIEFLY) return false;
  const came = wait_briefly(all);
  in_vain = came ? 0 : Math.min(2 * in_vain + 1, MOST_LEFT_OUT);
  left_out = in_vain;
  return came;
}
