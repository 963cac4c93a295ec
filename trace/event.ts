/**
 * What a trace consists of.
 *
 * @module
 */

/** A descriptor and events of poll(2) or epoll(7), by `|`. */
export type Readiness = readonly [fd: number, events: number];

/** A system call that has returned, or a wait of an `Async` twin that is over. */
export interface Call {
  /** `"wait"` for the wait of an `Async` twin: its polls are not shown. */
  readonly kind: "call" | "wait";
  /** The function's name: `recv`; for the wait of a twin `wait`. */
  readonly name: string;
  /** When it began, in seconds since the trace began. */
  readonly time: number;
  /** Seconds until it returned. */
  readonly took: number;
  /** The descriptor that it is about, -1 for none or many; of `accept4` the listener. */
  readonly fd: number;
  /** The epoll object of `epoll_ctl` and `epoll_wait`, otherwise -1. */
  readonly epoll: number;
  /** Its arguments, as in `5, 65536`. */
  readonly arguments: string;
  /** What libc returned: of a failed call -1. */
  readonly result: number;
  /** What it failed with, as in `EAGAIN`; `null` if it did not. */
  readonly error: string | null;
  /** The result in words: `12 "hello world\n"`, `-1 EAGAIN`, `fd 7 EPOLLIN`. */
  readonly outcome: string;
  /** The direction in which a call moves bytes. */
  readonly moves: "in" | "out" | null;
  /** How many bytes it was asked to move. */
  readonly asked: number;
  /** The first bytes that it moved: {@linkcode PREVIEW} at most. */
  readonly data: Uint8Array | null;
  /** The other end's address, for `accept4`, `connect`, `sendto` and `recvfrom`. */
  readonly peer: string | null;
  /** What `select` or `poll` watches, or `epoll_ctl` registers: no events once removed. */
  readonly watched: readonly Readiness[] | null;
  /** What a wait reports, none if it failed; of other calls `null`. */
  readonly ready: readonly Readiness[] | null;
  /** The seconds that a wait may take; `null` without a limit. */
  readonly timeout: number | null;
}

/** A kind of trouble; each has its paragraph in docs/guide.md. */
export type Trouble =
  | "spin"
  | "idle write interest"
  | "left behind"
  | "closed but registered"
  | "starved"
  | "blocked";

/** Something wrong that a trace has found. */
export interface Mark {
  /** Tells it from a call. */
  readonly kind: "mark";
  /** What kind of trouble it is. */
  readonly trouble: Trouble;
  /** When it was found, in seconds since the trace began. */
  readonly time: number;
  /** The descriptor. */
  readonly fd: number;
  /** What was seen, and what to do. */
  readonly text: string;
  /** The paragraph that explains it. */
  readonly link: string;
}

/** What a trace reports. */
export type TraceEvent = Call | Mark;

/** The most bytes of a read or a write that a trace keeps. */
export const PREVIEW = 48;
