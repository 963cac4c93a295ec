/**
 * The `Async` twins: a call is tried at once; if it would block, its descriptors go to the
 * reactor, and it is tried again whenever they may be ready.
 *
 * @module
 */

import { EBADF } from "../ffi/errno.ts";
import { bare } from "../ffi/libc.ts";
import { rejected } from "../ffi/os_error.ts";
import * as reactor from "../ffi/reactor.ts";
import { os_error } from "../ffi/syscall.ts";
import { shown } from "./arguments.ts";
import { fail, may_go_on, settle_later, turned } from "./turns.ts";

/** Descriptors and their events. */
type Watched = Iterable<readonly [fd: number, eventmask: number]>;

/** A twin's call, which is tried, and waits between tries. */
export interface TwinCall<T> {
  /** Tries the call; throws its errors. */
  attempt(): T;
  /** Returns the descriptors to wait for before the next try. */
  watched(): Watched;
  /** Milliseconds that it may wait; below 0 for ever. */
  readonly timeout: number;
}

/** The steps of a twin, called by name each time: a trace (trace/) replaces them. */
export const twin = {
  /** Tries the call. */
  attempt: <T>(call: TwinCall<T>): T => call.attempt(),
  /** Begins to wait. */
  waits: (_call: TwinCall<unknown>): void => {},
  /** Ends the wait: the call is done, timed out, or aborted. */
  ends: (_call: TwinCall<unknown>): void => {},
};

/** The last argument of every `Async` twin. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The result of an attempt that would block. */
export const NOT_YET: unique symbol = Symbol("not yet");

/** A call that can be tried without waiting. */
export interface Attempt<T> extends TwinCall<T | typeof NOT_YET> {
  /** Returns the result when the time-out expires, or throws. */
  timed_out(): T;
  /** Returns the error if a descriptor is closed during the wait. */
  closed(): Error;
  /** Whether calls for the same events of a descriptor take turns, which keeps bytes in order. */
  readonly in_turn: boolean;
  /**
   * The owner, which notifies the reactor before it closes the descriptors; `null` if others may
   * close them.
   */
  readonly owner: unknown;
  /** Holds the call while it waits, for an owner that wakes it at its own close; else `null`. */
  readonly waits: Set<{ wake(): void }> | null;
  /** Returns the bytes moved so far: a wake that changes them is not futile. */
  progress(): number;
}

/** The common part of attempts on descriptors that others may close. */
export const FOREIGN: Pick<
  Attempt<unknown>,
  "in_turn" | "owner" | "waits" | "progress"
> = { in_turn: false, owner: null, waits: null, progress: () => 0 };

/** Returns the error of a wait whose descriptor was closed. */
export function bad_descriptor(): Error {
  return os_error(EBADF, {});
}

/**
 * Tries a call until it is done, its time-out expires, or it is aborted.
 *
 * @param make Checks the arguments and makes the attempt; its errors reject the promise.
 * @param options The twin's last argument.
 * @returns The call's result.
 */
export function pending<T>(
  make: () => Attempt<T>,
  options?: WaitOptions,
): Promise<T> {
  try {
    const signal = check_signal(options);
    signal?.throwIfAborted();
    const call = make();
    if (!call.in_turn || !has_waiters_before(call)) {
      const result = twin.attempt(call);
      if (result !== NOT_YET) return settled(result, call.progress());
      // The attempt may have run the caller's code, in a fileno().
      signal?.throwIfAborted();
    }
    if (call.timeout === 0) return settled(call.timed_out(), 0);
    return new Promise((resolve, reject) => {
      new Wait(call, signal, resolve, reject).start();
    });
  } catch (error) {
    return new Promise((_, reject) => fail(reject, error));
  }
}

function settled<T>(result: T, bytes: number): Promise<T> {
  if (may_go_on(bytes)) return Promise.resolve(result);
  return new Promise((resolve) => settle_later(() => resolve(result)));
}

/** Returns whether earlier calls wait for the same events. */
function has_waiters_before<T>(call: Attempt<T>): boolean {
  for (const [fd, mask] of call.watched()) {
    if (reactor.has_waiters(fd, mask)) return true;
  }
  return false;
}

/** Checks a twin's options, and returns the signal. */
export function check_signal(options: unknown): AbortSignal | undefined {
  if (options === undefined) return undefined;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`options must be an object, not ${shown(options)}`);
  }
  // An AbortController inherits `signal` from its class. Ignore one of Object.prototype.
  const { signal } = options instanceof AbortController
    ? options
    : bare<{ signal?: unknown }>(options);
  if (signal === undefined || signal === null) return undefined;
  if (!(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, not ${shown(signal)}`);
  }
  return signal;
}

/** A call that waits in the reactor. */
class Wait<T> implements reactor.Waiter, EventListenerObject {
  readonly #call: Attempt<T>;
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (value: T | Promise<T>) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #deadline: number;
  #watched: Watched = [];
  #places: reactor.Place[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;
  #progress = 0;

  constructor(
    call: Attempt<T>,
    signal: AbortSignal | undefined,
    resolve: (value: T | Promise<T>) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#call = call;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#deadline = call.timeout > 0 ? performance.now() + call.timeout : 0;
  }

  start(): void {
    twin.waits(this.#call);
    this.#signal?.addEventListener("abort", this);
    this.#call.waits?.add(this);
    if (this.#call.timeout > 0) this.#limit(this.#call.timeout);
    try {
      this.#watched = listed(this.#call.watched());
      // That may have run caller code that ended this wait.
      if (this.#over) return;
      for (const [fd, mask] of this.#watched) this.#take_place(fd, mask);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Ends the wait: the signal has aborted. */
  handleEvent(): void {
    this.#end();
    // The caller's own reason, whatever it is: it keeps its stack.
    fail(this.#reject, this.#signal!.reason);
  }

  wake(): boolean {
    // An error rejects this wait; it must not reach the reactor.
    try {
      if (this.#over || this.#try()) return true;
      const progress = this.#call.progress();
      const moved = progress !== this.#progress;
      this.#progress = progress;
      this.#watch();
      return moved;
    } catch (error) {
      this.#fail(error);
      return true;
    }
  }

  closed(fd: number): void {
    try {
      for (const [wanted] of this.#call.watched()) {
        if (wanted === fd) return this.#fail(this.#call.closed());
      }
      // The call no longer watches it: the program unregistered it first.
      this.#watch();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Tries the call; returns whether the wait is over. */
  #try(): boolean {
    const result = twin.attempt(this.#call);
    // The attempt may have run caller code that ended this wait.
    if (this.#over) return true;
    if (result === NOT_YET) return false;
    this.#end();
    this.#resolve(result);
    return true;
  }

  /** Updates the places to the descriptors that the call watches now. */
  #watch(): void {
    const watched = listed(this.#call.watched());
    if (watched === this.#watched || this.#over) return;
    this.#watched = watched;
    const before = new Map(this.#places.map((place) => [place.fd, place]));
    this.#places = [];
    try {
      for (const [fd, mask] of watched) {
        const place = before.get(fd);
        if (place !== undefined && place.eventmask === mask && !place.left) {
          before.delete(fd);
          this.#places.push(place);
        } else this.#take_place(fd, mask);
      }
    } finally {
      for (const place of before.values()) reactor.leave(place);
    }
  }

  #take_place(fd: number, eventmask: number): void {
    const { in_turn, owner } = this.#call;
    this.#places.push(
      reactor.wait_for_events(fd, eventmask, this, in_turn, owner),
    );
  }

  #limit(left: number): void {
    const tick = () => this.#tick();
    this.#timer = setTimeout(tick, Math.min(Math.ceil(left), 0x7fffffff));
  }

  #tick(): void {
    turned();
    if (this.#over) return;
    const left = this.#deadline - performance.now();
    if (left > 0) return this.#limit(left);
    try {
      // Try once more: events may have come in time while the event loop was busy.
      if (this.#is_first() && this.#try()) return;
      const result = this.#call.timed_out();
      this.#end();
      this.#resolve(result);
    } catch (error) {
      this.#fail(error);
    }
  }

  #is_first(): boolean {
    return !this.#call.in_turn || this.#places.every(reactor.is_first);
  }

  #fail(reason: unknown): void {
    if (this.#over) return;
    this.#end();
    fail(() => this.#resolve(rejected(reason)), reason);
  }

  /** Releases the places, the timer and the listener. */
  #end(): void {
    this.#over = true;
    twin.ends(this.#call);
    this.#call.waits?.delete(this);
    for (const place of this.#places) reactor.leave(place);
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this);
  }
}

/** Removes duplicate descriptors. */
function listed(
  watched: Watched,
): ReadonlyArray<readonly [fd: number, eventmask: number]> {
  return Array.isArray(watched) && watched.length < 2
    ? watched
    : [...new Map(watched)];
}
