/**
 * The events of a trace.
 *
 * @module
 */

/** A descriptor and events of poll(2) or epoll(7), by `|`. */
export type Readiness = readonly [fd: number, events: number];

/** A system call that has returned, or a wait of an `Async` twin that has ended. */
export interface Call {
  /** `"wait"` for the wait of an `Async` twin: its polls are not shown. */
  readonly kind: "call" | "wait";
  /** The function's name: `recv`; for the wait of a twin `wait`. */
  readonly name: string;
  /** When it began, in seconds since the trace began. */
  readonly time: number;
  /** Seconds until it returned. */
  readonly took: number;
  /** Its descriptor, -1 for none or several; the listener for `accept4`. */
  readonly fd: number;
  /** The epoll object of `epoll_ctl` and `epoll_wait`, otherwise -1. */
  readonly epoll: number;
  /** Its arguments: `5, 65536`. */
  readonly arguments: string;
  /** The result of libc; -1 for a failed call. */
  readonly result: number;
  /** The name of its error, like `EAGAIN`; `null` if it did not fail. */
  readonly error: string | null;
  /** The result in words: `12 "hello world\n"`, `-1 EAGAIN`, `fd 7 EPOLLIN`. */
  readonly outcome: string;
  /** The direction in which a call moves bytes. */
  readonly moves: "in" | "out" | null;
  /** How many bytes it was asked to move. */
  readonly asked: number;
  /** The first bytes that it moved: {@linkcode PREVIEW} at most. */
  readonly data: Uint8Array | null;
  /** The peer's address, for `accept4`, `connect`, `sendto` and `recvfrom`. */
  readonly peer: string | null;
  /** What `select` or `poll` watches, or `epoll_ctl` registers; events 0 if it unregisters. */
  readonly watched: readonly Readiness[] | null;
  /** What a wait reports, empty if it failed; `null` for other calls. */
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

/** A fault of the program that a trace has found. */
export interface Mark {
  /** Tells a mark from a call. */
  readonly kind: "mark";
  /** The kind of trouble. */
  readonly trouble: Trouble;
  /** When it was found, in seconds since the trace began. */
  readonly time: number;
  /** The descriptor. */
  readonly fd: number;
  /** What the trace saw, and what to do. */
  readonly text: string;
  /** A link to the paragraph that explains it. */
  readonly link: string;
}

/** What a trace reports. */
export type TraceEvent = Call | Mark;

/** The most bytes of a read or a write that a trace keeps. */
export const PREVIEW = 48;
