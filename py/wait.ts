import { hold, look_after, release } from "../ffi/parking.ts";
import * as reactor from "../ffi/reactor.ts";
import { given, has_turned, type Trial, try_after_a_turn } from "./turns.ts";

// Parking a thread costs 40 us, a turn of the event loop 5: what comes within so many
// turns is met without.
const MOST_TURNS = 3;

// A hang-up that a call does not look at is reported for ever. After so many wakes
// without a result a wait pauses for so many milliseconds.
const MOST_FUTILE = 8;
const BACK_OFF = 10;

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

/** Descriptors and their events. */
type Watched = ReadonlyArray<readonly [fd: number, eventmask: number]>;

const nothing: Watched = [];

/**
 * A promise that holds the program once somebody awaits it, and not before: a wait that
 * nobody looks at must not keep a program from ending.
 */
class Pending<T> extends Promise<T> {
  #awaited: (() => void) | null = null;

  /** Has something done when somebody awaits it for the first time. */
  when_awaited(action: () => void): void {
    this.#awaited = action;
  }

  /**
   * What `await` asks for, and nobody else: told that this is a promise as any other,
   * it needs no second one, and calls no then().
   */
  override get ["constructor"](): PromiseConstructor {
    this.#told();
    return Promise;
  }

  override then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#told();
    return super.then(fulfilled, rejected);
  }

  #told(): void {
    const action = this.#awaited;
    this.#awaited = null;
    action?.();
  }
}

/**
 * A call that has to wait: first for a few turns of the event loop, then in the reactor.
 *
 * From the start the reactor knows its descriptors, so that closing one ends it.
 */
export class Wait<T> implements reactor.Waiter, Trial {
  readonly #call: Attempt<T>;
  readonly #signal: AbortSignal | undefined;
  readonly #deadline: number;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;
  #watched = nothing;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #settled = false;
  #watching = false;
  #awaited = false;
  #turns = 0;
  #futile = 0;
  #progress = 0;
  paused = false;
  held = false;

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
    promise.when_awaited(() => {
      this.#awaited = true;
      if (this.#watching && !this.#settled) hold(this);
    });
    this.#signal?.addEventListener("abort", this);
    if (this.#call.timeout > 0) this.#limit(this.#call.timeout);
    try {
      this.#expect();
      try_after_a_turn(this);
    } catch (error) {
      this.#fail(error);
    }
    return promise;
  }

  /** The signal has aborted. */
  handleEvent(): void {
    this.#fail(this.#signal!.reason);
  }

  /** What it waits for; nothing once it is over. */
  watched(): Watched {
    return this.#settled ? nothing : this.#watched;
  }

  wake(): void {
    // Ended by another that was woken before it: what is there is not for this one.
    if (this.#settled) return;
    // What goes wrong on the way is the wait's result, never the reactor's.
    try {
      if (!this.#try()) return;
      const progress = this.#call.progress?.() ?? 0;
      if (progress !== this.#progress) this.#futile = 0;
      this.#progress = progress;
      if (++this.#futile > MOST_FUTILE) this.#back_off();
      else this.#watch_new();
    } catch (error) {
      this.#fail(error);
    }
  }

  closed(fd: number): void {
    try {
      for (const [wanted] of this.#call.watched()) {
        if (wanted === fd) return this.#fail(this.#call.closed());
      }
      // Unregistered before it was closed, as is right, it is none of this wait's.
      this.#watched = this.#watched.filter(([known]) => known !== fd);
    } catch (error) {
      this.#fail(error);
    }
  }

  turn(): void {
    if (this.#settled) return;
    try {
      this.#try();
      if (this.#settled) return;
      if (++this.#turns < MOST_TURNS) return try_after_a_turn(this);
      for (const [fd] of this.#watched) reactor.watch(fd);
      this.#watching = true;
      if (this.#awaited) hold(this);
      else look_after();
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Tries the call; but those who wait for the same before it go first.
   *
   * @returns Whether it was tried in vain.
   */
  #try(): boolean {
    if (this.#call.in_turn && !reactor.is_first(this, this.#watched)) {
      return false;
    }
    const result = this.#call.attempt();
    // The attempt may have run the caller's code, and that may have ended this.
    if (result === NOT_YET) return !this.#settled;
    if (this.#end()) this.#resolve(result);
    return false;
  }

  /** Tells the reactor what the call waits for, and what it does not any more. */
  #expect(): Watched {
    const known = this.#watched, wanted = listed(this.#call.watched());
    this.#watched = wanted;
    if (known === nothing) {
      for (const [fd, mask] of wanted) reactor.expect(fd, mask, this);
      return wanted;
    }
    const fds = new Set(wanted.map(([fd]) => fd));
    for (const [fd] of known) if (!fds.delete(fd)) reactor.unwatch(fd, this);
    for (const [fd, mask] of wanted) reactor.expect(fd, mask, this);
    // Left are those that were not known.
    return wanted.filter(([fd]) => fds.has(fd));
  }

  /** After a wake the reactor watches again what it knows; the rest it is told. */
  #watch_new(): void {
    for (const [fd] of this.#expect()) reactor.watch(fd);
  }

  #back_off(): void {
    this.paused = true;
    const resume = () => {
      this.paused = false;
      if (this.#settled) return;
      try {
        this.#expect();
        for (const [fd] of this.#watched) reactor.watch(fd);
      } catch (error) {
        this.#fail(error);
      }
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
    has_turned();
    const left = this.#deadline - performance.now();
    if (left > 0) return this.#limit(left);
    try {
      // What came in time counts, though the event loop was late to look.
      this.#try();
      if (this.#settled) return;
      const result = this.#call.timed_out();
      if (this.#end()) this.#resolve(result);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(reason: unknown): void {
    if (this.#end()) this.#reject(reason);
  }

  /** Leaves nothing behind; returns whether it was not over already. */
  #end(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    for (const [fd] of this.#watched) reactor.unwatch(fd, this);
    release(this);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this);
    given();
    return true;
  }
}

/** Each descriptor once. */
function listed(
  watched: Iterable<readonly [fd: number, eventmask: number]>,
): Watched {
  return Array.isArray(watched) && watched.length === 1
    ? watched
    : [...new Map(watched)];
}
