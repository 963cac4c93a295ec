/**
 * The steps of an `Async` twin, called by name each time: as in the table of libc's
 * functions, a trace (trace/) puts its own in their places.
 *
 * @module
 */

/** A call of a twin: it is tried, and waits between the tries. */
export interface TwinCall<T> {
  /** Tries the call. */
  attempt(): T;
  /** What it waits for before the next try. */
  watched(): Iterable<readonly [fd: number, eventmask: number]>;
  /** Milliseconds that it may wait; below 0 for ever. */
  readonly timeout: number;
}

/** What a twin does with its call. */
export const twin = {
  /** Tries the call. */
  attempt: <T>(call: TwinCall<T>): T => call.attempt(),
  /** Begins to wait. */
  waits: (_call: TwinCall<unknown>): void => {},
  /** Waits no more: the call is done, its time is up, or it is aborted. */
  ends: (_call: TwinCall<unknown>): void => {},
};
