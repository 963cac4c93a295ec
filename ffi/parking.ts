/**
 * Waiting without stopping the event loop: one parked thread for all waits.
 *
 * Every pending wait has its descriptors in the reactor, and one thread of the runtime's
 * pool waits on that, however many waits there are (the pool has 32 threads).
 *
 * @module
 */

import { expects, interrupt, look, wait_parked } from "./reactor.ts";

// Milliseconds between looks while waits are pending that nobody awaits.
const LOOK_EVERY = 10;

/** A wait that somebody awaits: for it a thread is parked, and the program held. */
export interface Held {
  /** Whether it is held. */
  held: boolean;
}

let holding = 0;
let parked = false;
let sleeping = false;
let looking = false;

/** Parks a thread for a waiter, which the reactor knows, and with it holds the program. */
export function hold(waiter: Held): void {
  if (waiter.held) return;
  waiter.held = true;
  holding++;
  if (!parked) park();
}

/** Lets a waiter go; without others the parked thread is free again. */
export function release(waiter: Held): void {
  if (!waiter.held) return;
  waiter.held = false;
  if (--holding === 0 && sleeping) interrupt();
}

async function park(): Promise<void> {
  parked = true;
  try {
    while (holding > 0) {
      sleeping = true;
      await wait_parked(back);
    }
  } finally {
    parked = sleeping = false;
  }
  if (expects()) look_after();
}

function back(): void {
  sleeping = false;
}

/** Looks after a waiter that nobody awaits, as long as the program runs anyway. */
export function look_after(): void {
  if (looking || parked) return;
  looking = true;
  Deno.unrefTimer(setTimeout(() => {
    looking = false;
    if (parked || !expects()) return;
    look();
    if (expects()) look_after();
  }, LOOK_EVERY));
}
