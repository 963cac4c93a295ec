/**
 * The `Async` twins: a call that is tried at once, and again whenever its descriptors
 * may be ready, while timers and promises go on.
 *
 * @module
 */

import { EBADF } from "../ffi/errno.ts";
import * as reactor from "../ffi/reactor.ts";
import { os_error } from "../ffi/syscall.ts";
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
  /** What to wait for before the next try: descriptors and their events, always the same. */
  watched(): Iterable<readonly [fd: number, eventmask: number]>;
  /** What it comes to when the time is up; throws or returns. */
  timed_out?(): T;
  /** What it fails with when a descriptor is closed meanwhile. */
  closed(): Error;
  /** Milliseconds that it may wait; below 0 for ever. */
  readonly timeout: number;
}

/** What a wait fails with when a descriptor is closed meanwhile. */
export function bad_descriptor(): Error {
  return os_error(EBADF, {});
}

// Milliseconds that promises may follow one another before timers get their turn.
const TURN_EVERY = 8;

// After so many wakes without a result, and for so many milliseconds, a wait pauses.
const MOST_FUTILE = 8;
const BACK_OFF = 10;

const MOST_TURNS = 3;

let turned = 0;

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
 * Tries a call until it is done, its time is up, or it is aborted.
 *
 * @param call What to try.
 * @param options The caller's last argument.
 * @returns What the call comes to.
 */
export function pending<T>(
  call: Attempt<T>,
  options: WaitOptions = {},
): Promise<T> {
  const signal = check_signal(options);
  if (signal?.aborted) return Promise.reject(signal.reason);
  let result: T | typeof NOT_YET;
  try {
    result = call.attempt();
  } catch (error) {
    return Promise.reject(error);
  }
  if (result !== NOT_YET) return at_once(result);
  if (call.timeout === 0) return expired(call);
  return wait(call, signal);
}

function at_once<T>(result: T): Promise<T> {
  const now = performance.now();
  if (now - turned < TURN_EVERY) return Promise.resolve(result);
  // A loop that always finds something ready would starve the timers.
  return new Promise((resolve) => {
    setImmediate(() => {
      turned = performance.now();
      resolve(result);
    });
  });
}

function expired<T>(call: Attempt<T>): Promise<T> {
  return new Promise((resolve) => resolve(call.timed_out!()));
}

function wait<T>(
  call: Attempt<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  let resolve!: (value: T | PromiseLike<T>) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Pending<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  let timer: ReturnType<typeof setTimeout> | null = null;
  let fds: number[] = [];
  let futile = 0;
  let turns = 0;
  let settled = false;

  const waiter: reactor.Waiter = {
    wake: () => step(again),
    closed: () => end(() => reject(call.closed())),
  };
  // What goes wrong on the way is the wait's result, never the reactor's.
  function step(action: () => void): void {
    try {
      action();
    } catch (error) {
      end(() => reject(error));
    }
  }
  function again(): void {
    const result = call.attempt();
    if (result !== NOT_YET) return end(() => resolve(result));
    // A hang-up that the call does not look at is reported for ever: do not spin on it.
    if (++futile <= MOST_FUTILE) watch();
    else Deno.unrefTimer(setTimeout(() => settled || step(watch), BACK_OFF));
  }
  function watch(): void {
    watching = true;
    const wanted = [...call.watched()];
    fds = wanted.map(([fd]) => fd);
    for (const [fd, eventmask] of wanted) reactor.watch(fd, eventmask, waiter);
  }
  function end(finish: () => void): void {
    settled = true;
    for (const fd of fds) reactor.unwatch(fd, waiter);
    reactor.release(waiter);
    if (timer !== null) clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    promise.awaited = null;
    turned = performance.now();
    finish();
  }
  function abort(): void {
    end(() => reject(signal!.reason));
  }
  function limit(left: number): void {
    timer = setTimeout(tick, Math.min(Math.ceil(left), 0x7fffffff));
    // The parked thread holds the program, not the timer.
    Deno.unrefTimer(timer);
  }
  function tick(): void {
    const left = deadline - performance.now();
    if (left > 0) limit(left);
    else end(() => expired(call).then(resolve, reject));
  }

  // Parking a thread costs 40 µs, a turn of the event loop 5: what comes within a few
  // turns is met without.
  function turn(): void {
    turned = performance.now();
    if (settled) return;
    step(++turns < MOST_TURNS ? try_again : again);
    if (settled) return;
    if (!watching) setImmediate(turn);
    else if (awaited) reactor.hold(waiter);
    else reactor.look_after();
  }
  function try_again(): void {
    const result = call.attempt();
    if (result !== NOT_YET) end(() => resolve(result));
  }

  let awaited = false, watching = false;
  promise.awaited = () => {
    promise.awaited = null;
    awaited = true;
    if (watching) reactor.hold(waiter);
  };
  signal?.addEventListener("abort", abort);
  const deadline = performance.now() + call.timeout;
  if (call.timeout > 0) limit(call.timeout);
  setImmediate(turn);
  return promise;
}

function check_signal(options: unknown): AbortSignal | undefined {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`options must be an object, not ${shown(options)}`);
  }
  const { signal } = options as WaitOptions;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, not ${shown(signal)}`);
  }
  return signal;
}
