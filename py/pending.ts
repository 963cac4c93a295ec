/**
 * The `Async` twins: a call that is tried at once, and again whenever its descriptors
 * may be ready, while timers and promises go on.
 *
 * @module
 */

import { EBADF } from "../ffi/errno.ts";
import * as reactor from "../ffi/reactor.ts";
import { os_error, wait_briefly } from "../ffi/syscall.ts";
import { shown } from "./arguments.ts";

/** What every `Async` twin takes last. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What an attempt returns while it would have to wait. */
export const NOT_YET: unique symbol = Symbol("not yet");

/** A call that can be tried without waiting. */
export interface Attempt<T> {
  /** Tries it; throws what the call would throw. */
  attempt(): T | typeof NOT_YET;
  /** What to wait for before the next try: descriptors and their events. */
  watched(): Iterable<readonly [fd: number, eventmask: number]>;
  /** What it comes to when the time is up; throws or returns. */
  timed_out(): T;
  /** What it fails with when a descriptor is closed meanwhile. */
  closed(): Error;
  /** Milliseconds that it may wait; below 0 for ever. */
  readonly timeout: number;
  /** Whether calls for the same events of a descriptor take turns: bytes keep their order. */
  readonly in_turn?: boolean;
  /** How far it has come: a wake that moved it was not in vain. */
  progress?(): number;
}

/** What a wait fails with when a descriptor is closed meanwhile. */
export function bad_descriptor(): Error {
  return os_error(EBADF, {});
}

// Milliseconds that promises may follow one another before timers get their turn.
const TURN_EVERY = 0.5;

// Milliseconds until what the runtime itself waits for, a fetch or a request, gets its
// turn: while it never has to wait, it looks at its sockets every 61 turns only.
const LOOK_EVERY = 10;
const TURNS_TO_LOOK = 61;

// Parking a thread costs 40 us, a turn of the event loop 5: what comes within so many
// turns is met without.
const MOST_TURNS = 3;

// A hang-up that a call does not look at is reported for ever. After so many wakes
// without a result a wait pauses for so many milliseconds.
const MOST_FUTILE = 8;
const BACK_OFF = 10;

// When the event loop was last seen to turn, and when the runtime looked.
let turned = 0;
let looked = performance.now();
// How many wait for a turn to settle: nobody who comes later settles before them.
let settling = 0;

/**
 * Tries a call until it is done, its time is up, or it is aborted.
 *
 * @param make Checks the caller's arguments and says what to try; what it throws rejects.
 * @param options The caller's last argument.
 * @returns What the call comes to.
 */
export function pending<T>(
  make: () => Attempt<T>,
  options: WaitOptions = {},
): Promise<T> {
  try {
    const signal = check_signal(options);
    signal?.throwIfAborted();
    const call = make();
    // That a loop which always finds something ready lets timers in.
    const now = performance.now();
    // Not those that take bytes: one that lets the runtime look is overtaken meanwhile.
    const look = !call.in_turn && now - looked >= LOOK_EVERY;
    const lately = !look && settling === 0 && now - turned < TURN_EVERY;
    if (!call.in_turn || !has_others_before(call)) {
      let result = call.attempt();
      // With others waiting, too, their turns come round as often, and cost no more.
      if (
        result === NOT_YET && call.timeout !== 0 && lately && reactor.idle() &&
        came_briefly(call)
      ) result = call.attempt();
      if (result !== NOT_YET) {
        const done = result;
        return lately ? Promise.resolve(done) : after_a_turn(() => done, look);
      }
      // The attempt may have run the caller's code, in a fileno().
      signal?.throwIfAborted();
    }
    if (call.timeout === 0) return after_a_turn(() => call.timed_out());
    return new Wait(call, signal).start();
  } catch (error) {
    return after_a_turn(() => {
      throw error;
    });
  }
}

// A peer in this process, or behind the event loop, never answers meanwhile: after each
// brief wait in vain twice as many are left out.
const MOST_LEFT_OUT = 63;
let in_vain = 0;
let left_out = 0;

function came_briefly<T>(call: Attempt<T>): boolean {
  if (left_out > 0) {
    left_out--;
    return false;
  }
  const came = wait_briefly(call.watched());
  in_vain = came ? 0 : Math.min(2 * in_vain + 1, MOST_LEFT_OUT);
  left_out = in_vain;
  return came;
}

/** Whether somebody waits for the same already. */
function has_others_before<T>(call: Attempt<T>): boolean {
  for (const [fd, mask] of call.watched()) {
    if (reactor.expected(fd, mask)) return true;
  }
  return false;
}

/** Settles when the event loop has turned: a loop of waits must let timers in. */
function after_a_turn<T>(settle: () => T, look = false): Promise<T> {
  const now = performance.now();
  if (!look && settling === 0 && now - turned < TURN_EVERY) {
    return new Promise((resolve) => resolve(settle()));
  }
  if (look) looked = now;
  settling++;
  return new Promise((resolve, reject) => {
    const turn = (left: number) => {
      if (left > 1) return void setImmediate(turn, left - 1);
      settling--;
      turned = performance.now();
      try {
        resolve(settle());
      } catch (error) {
        reject(error);
      }
    };
    setImmediate(turn, look ? TURNS_TO_LOOK : 1);
  });
}

/**
 * A promise that holds the program once somebody awaits it, and not before: a wait that
 * nobody looks at must not keep a program from ending.
 */
class Pending<T> extends Promise<T> {
  awaited: (() => void) | null = null;

  // Without this, then() would make another Pending, with nothing behind it.
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  override then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.awaited?.();
    return super.then(fulfilled, rejected);
  }
}

/**
 * A call that has to wait: first for a few turns of the event loop, then in the reactor.
 *
 * From the start the reactor knows its descriptors, so that closing one ends it.
 */
class Wait<T> implements reactor.Waiter {
  readonly #call: Attempt<T>;
  readonly #signal: AbortSignal | undefined;
  readonly #deadline: number;
  readonly #abort = () => this.#end(() => this.#reject(this.#signal!.reason));
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;
  #fds = new Map<number, number>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #settled = false;
  #watching = false;
  #awaited = false;
  #turns = 0;
  #futile = 0;
  #progress = 0;
  paused = false;

  constructor(call: Attempt<T>, signal: AbortSignal | undefined) {
    this.#call = call;
    this.#signal = signal;
    this.#deadline = call.timeout > 0 ? performance.now() + call.timeout : 0;
  }

  start(): Promise<T> {
    const promise = new Pending<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    promise.awaited = () => {
      promise.awaited = null;
      this.#awaited = true;
      if (this.#watching && !this.#settled) reactor.hold(this);
    };
    this.#signal?.addEventListener("abort", this.#abort);
    if (this.#call.timeout > 0) this.#limit(this.#call.timeout);
    this.#step(() => void this.#expect());
    if (!this.#settled) setImmediate(() => this.#turn());
    return promise;
  }

  wake(): void {
    looked = performance.now();
    // Ended by another that was woken before it: what is there is not for this one.
    if (this.#settled) return;
    this.#step(() => {
      if (!this.#try()) return;
      const progress = this.#call.progress?.() ?? 0;
      if (progress !== this.#progress) this.#futile = 0;
      this.#progress = progress;
      if (++this.#futile > MOST_FUTILE) this.#back_off();
      else this.#watch_new();
    });
  }

  closed(fd: number): void {
    let concerned = true;
    // Unregistered before it was closed, as is right, it is none of this wait's.
    this.#step(() => {
      concerned = [...this.#call.watched()].some(([wanted]) => wanted === fd);
    });
    if (concerned) this.#end(() => this.#reject(this.#call.closed()));
    else this.#fds.delete(fd);
  }

  /** What goes wrong on the way is the wait's result, never the reactor's. */
  #step(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#end(() => this.#reject(error));
    }
  }

  #turn(): void {
    turned = performance.now();
    if (this.#settled) return;
    // Parked, the runtime has to wait, and looks.
    if (++this.#turns < MOST_TURNS && turned - looked < LOOK_EVERY) {
      this.#step(() => void this.#try());
      if (!this.#settled) setImmediate(() => this.#turn());
      return;
    }
    this.#step(() => {
      this.#try();
      if (this.#settled) return;
      for (const fd of this.#fds.keys()) reactor.watch(fd);
      this.#watching = true;
      if (this.#awaited) reactor.hold(this);
      else reactor.look_after();
    });
  }

  /**
   * Tries the call; but those who wait for the same before it go first.
   *
   * @returns Whether it was tried in vain.
   */
  #try(): boolean {
    if (this.#call.in_turn && !reactor.is_first(this, this.#fds)) return false;
    const result = this.#call.attempt();
    if (result === NOT_YET) return true;
    this.#end(() => this.#resolve(result));
    return false;
  }

  /** Tells the reactor what the call waits for, and what it does not any more. */
  #expect(): number[] {
    const wanted = new Map(this.#call.watched());
    for (const fd of this.#fds.keys()) {
      if (!wanted.has(fd)) reactor.unwatch(fd, this);
    }
    const fresh = [...wanted.keys()].filter((fd) => !this.#fds.has(fd));
    this.#fds = wanted;
    for (const [fd, mask] of wanted) reactor.expect(fd, mask, this);
    return fresh;
  }

  /** After a wake the reactor watches again what it knows; the rest it is told. */
  #watch_new(): void {
    for (const fd of this.#expect()) reactor.watch(fd);
  }

  #back_off(): void {
    this.paused = true;
    const resume = () => {
      this.paused = false;
      if (this.#settled) return;
      this.#step(() => {
        this.#expect();
        for (const fd of this.#fds.keys()) reactor.watch(fd);
      });
    };
    Deno.unrefTimer(setTimeout(resume, BACK_OFF));
  }

  #limit(left: number): void {
    const tick = () => this.#tick();
    this.#timer = setTimeout(tick, Math.min(Math.ceil(left), 0x7fffffff));
    // The parked thread holds the program, not the timer.
    Deno.unrefTimer(this.#timer);
  }

  #tick(): void {
    turned = performance.now();
    const left = this.#deadline - turned;
    if (left > 0) return this.#limit(left);
    // What came in time counts, though the event loop was late to look.
    this.#step(() => void this.#try());
    if (this.#settled) return;
    this.#step(() => {
      const result = this.#call.timed_out();
      this.#end(() => this.#resolve(result));
    });
  }

  #end(finish: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    for (const fd of this.#fds.keys()) reactor.unwatch(fd, this);
    reactor.release(this);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#abort);
    finish();
  }
}

function check_signal(options: unknown): AbortSignal | undefined {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`options must be an object, not ${shown(options)}`);
  }
  const { signal } = options as { signal?: unknown };
  if (signal === undefined || signal === null) return undefined;
  if (!(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, not ${shown(signal)}`);
  }
  return signal;
}
