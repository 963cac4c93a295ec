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
import { type HasFileno, shown } from "./arguments.ts";
import { TimeoutError } from "./exceptions.ts";
import { fail, may_go_on, settle_later, turned, waited } from "./turns.ts";

const EPOLLIN = 1;

/** Descriptors and their events. */
export type Watched = Iterable<readonly [fd: number, eventmask: number]>;

/** The steps of a twin, called by name each time: a trace (trace/) replaces them. */
export const twin = {
  /** Tries the call. */
  attempt: <T>(call: Call<T>): T | typeof NOT_YET => call.attempt(call),
  /** Begins to wait. */
  waits: <T>(_call: Call<T>): void => {},
  /** Ends the wait: the call is done, timed out, or aborted. */
  ends: <T>(_call: Call<T>): void => {},
};

/** The last argument of every `Async` twin. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The result of an attempt that would block. */
export const NOT_YET: unique symbol = Symbol("not yet");

/** Tries a call, which it is given; returns {@linkcode NOT_YET} if it would block. */
export type Attempt<T> = (call: Call<T>) => T | typeof NOT_YET;

/** Returns the error of a wait whose descriptor was closed. */
export function bad_descriptor(): Error {
  return os_error(EBADF, {});
}

/**
 * Tries a call until it is done, its time-out expires, or it is aborted.
 *
 * @param made The call, or a function that checks the arguments and makes it; its errors reject the
 * promise.
 * @param options The twin's last argument.
 * @returns The call's result.
 */
export function pending<T>(
  made: Call<T> | (() => Call<T>),
  options?: WaitOptions,
): Promise<T> {
  try {
    const signal = check_signal(options);
    signal?.throwIfAborted();
    const call = typeof made === "function" ? made() : made;
    if (!call.in_turn || !reactor.has_waiters(call.fd, call.eventmask)) {
      const result = twin.attempt(call);
      if (result !== NOT_YET) return settled(result, call.moved);
      // The attempt may have run the caller's code, in a fileno().
      signal?.throwIfAborted();
    }
    if (call.timeout === 0) return settled(call.timed_out(), 0);
    return new Promise((resolve, reject) => call.wait(signal, resolve, reject));
  } catch (error) {
    return new Promise((_, reject) => fail(reject, error));
  }
}

function settled<T>(result: T, bytes: number): Promise<T> {
  if (may_go_on(bytes)) return Promise.resolve(result);
  return new Promise((resolve) => settle_later(() => resolve(result)));
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

/** A twin's call on one descriptor, and its wait in the reactor. */
export class Call<T> implements reactor.Waiter, EventListenerObject {
  /** The descriptor. */
  readonly fd: number;
  /** EPOLLIN or EPOLLOUT. */
  readonly eventmask: number;
  /** Tries the call; throws its errors. */
  readonly attempt: Attempt<T>;
  /** Milliseconds that it may wait; below 0 for ever. */
  timeout = -1;
  /** Whether calls for the same events of a descriptor take turns, which keeps bytes in order. */
  in_turn = true;
  /**
   * The owner, which notifies the reactor before it closes the descriptor; `null` if others may
   * close it.
   */
  owner: unknown = null;
  /** The bytes moved so far: a wake that changes them is not futile. */
  moved = 0;
  /** Whether the first try is over. */
  waiting = false;
  /** Whether the wait is over. */
  protected over = false;
  #place: reactor.Place | null = null;
  #deadline = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #signal: AbortSignal | undefined;
  #resolve!: (value: T | Promise<T>) => void;
  #reject!: (reason: unknown) => void;

  constructor(fd: number, eventmask: number, attempt: Attempt<T>) {
    this.fd = fd;
    this.eventmask = eventmask;
    this.attempt = attempt;
  }

  /** Returns the descriptors to wait for before the next try. */
  watched(): Watched {
    return [[this.fd, this.eventmask]];
  }

  /** Returns the result when the time-out expires, or throws. */
  timed_out(): T {
    throw new TimeoutError("timed out");
  }

  /** Begins to wait: the call would block. */
  wait(
    signal: AbortSignal | undefined,
    resolve: (value: T | Promise<T>) => void,
    reject: (reason: unknown) => void,
  ): void {
    twin.waits(this);
    this.waiting = true;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    signal?.addEventListener("abort", this);
    if (this.timeout > 0) {
      this.#deadline = performance.now() + this.timeout;
      this.#limit(this.timeout);
    }
    try {
      this.enter();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Takes its place in the reactor. */
  protected enter(): void {
    const { fd, eventmask, in_turn, owner } = this;
    this.#place = reactor.wait_for_events(fd, eventmask, this, in_turn, owner);
  }

  /** Prepares the next wait after a try that would block. */
  protected stay(): void {}

  /** Gives up its place. */
  protected leave(): void {
    if (this.#place !== null) reactor.leave(this.#place);
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
      const before = this.moved;
      if (this.over || this.#try()) return true;
      this.stay();
      return this.moved !== before;
    } catch (error) {
      this.fail(error);
      return true;
    }
  }

  closed(_fd: number): void {
    this.fail(bad_descriptor());
  }

  /** Tries the call; returns whether the wait is over. */
  #try(): boolean {
    const result = twin.attempt(this);
    // The attempt may have run caller code that ended this wait.
    if (this.over) return true;
    if (result === NOT_YET) return false;
    waited();
    this.finish(result);
    return true;
  }

  #limit(left: number): void {
    const tick = () => this.#tick();
    this.#timer = setTimeout(tick, Math.min(Math.ceil(left), 0x7fffffff));
  }

  #tick(): void {
    turned();
    if (this.over) return;
    const left = this.#deadline - performance.now();
    if (left > 0) return this.#limit(left);
    try {
      // Try once more: events may have come in time while the event loop was busy.
      const first = !this.in_turn || reactor.is_first(this.#place!);
      if (first && this.#try()) return;
      this.finish(this.timed_out());
    } catch (error) {
      this.fail(error);
    }
  }

  /** Resolves the promise, unless the wait is over. */
  protected finish(result: T): void {
    if (this.over) return;
    this.#end();
    this.#resolve(result);
  }

  /** Rejects the promise, unless the wait is over. */
  protected fail(reason: unknown): void {
    if (this.over) return;
    this.#end();
    fail(() => this.#resolve(rejected(reason)), reason);
  }

  /** Releases the place, the timer and the listener. */
  #end(): void {
    this.over = true;
    twin.ends(this);
    this.leave();
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this);
  }
}

/** Returns what a try has found; an empty list means that it would block. */
export function found<T>(ready: T[]): T[] | typeof NOT_YET {
  return ready.length > 0 ? ready : NOT_YET;
}

/** A call that waits until an epoll object has events. */
export class EpollCall<T> extends Call<T[]> {
  readonly #epoll: HasFileno;

  /** @param timeout Milliseconds; below 0 for ever. */
  constructor(
    epfd: number,
    epoll: HasFileno,
    timeout: number,
    attempt: Attempt<T[]>,
  ) {
    super(epfd, EPOLLIN, attempt);
    this.in_turn = false;
    this.owner = this.#epoll = epoll;
    this.timeout = timeout;
  }

  override timed_out(): T[] {
    return [];
  }

  override closed(fd: number): void {
    try {
      // Throws the error of a closed object.
      this.#epoll.fileno();
      super.closed(fd);
    } catch (error) {
      this.fail(error);
    }
  }
}

/** A call that waits for any of several descriptors, which others may close. */
export class AnyCall<T> extends Call<T> {
  readonly #none: T;
  readonly #watched: () => Watched;
  readonly #waits: Set<{ wake(): void }> | null;
  #places = new Map<number, reactor.Place>();

  /**
   * @param timeout Milliseconds; below 0 for ever.
   * @param none The result when the time-out expires.
   * @param watched Returns the descriptors to wait for before the next try.
   * @param waits Holds the call while it waits, for an owner that wakes it at its own close.
   */
  constructor(
    timeout: number,
    none: T,
    watched: () => Watched,
    attempt: Attempt<T>,
    waits: Set<{ wake(): void }> | null = null,
  ) {
    super(-1, 0, attempt);
    this.in_turn = false;
    this.timeout = timeout;
    this.#none = none;
    this.#watched = watched;
    this.#waits = waits;
  }

  override watched(): Watched {
    return this.#watched();
  }

  override timed_out(): T {
    return this.#none;
  }

  protected override enter(): void {
    this.#waits?.add(this);
    this.stay();
  }

  /** Updates the places to the descriptors that the call watches now. */
  protected override stay(): void {
    // Of duplicate descriptors the last counts.
    const watched = new Map(this.watched());
    // That may have run caller code that ended this wait.
    if (this.over) return;
    const before = this.#places;
    this.#places = new Map();
    try {
      for (const [fd, mask] of watched) {
        let place = before.get(fd);
        if (place?.queue.eventmask === mask && !place.left) before.delete(fd);
        else place = reactor.wait_for_events(fd, mask, this, false, null);
        this.#places.set(fd, place);
      }
    } finally {
      for (const place of before.values()) reactor.leave(place);
    }
  }

  protected override leave(): void {
    this.#waits?.delete(this);
    for (const place of this.#places.values()) reactor.leave(place);
  }

  override closed(fd: number): void {
    try {
      for (const [wanted] of this.watched()) {
        if (wanted === fd) return this.fail(bad_descriptor());
      }
      // The call no longer watches it: the program unregistered it first.
      this.stay();
    } catch (error) {
      this.fail(error);
    }
  }
}
