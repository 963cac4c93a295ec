/**
 * What a failed libc call means: one place for errno, EINTR, EAGAIN and the time that is left.
 *
 * A call stands in a loop. It ends by its result; after a failure errno is read at once and
 * given to {@linkcode again}, which throws or has the loop go on.
 *
 * @module
 */

import { EAGAIN, EINTR, errorcode } from "./errno.ts";
import { errno, libc } from "./libc.ts";
import { Pinned, text_of } from "./memory.ts";
import {
  class_of,
  type OSError,
  type OSErrorOptions,
  TimeoutError,
} from "./os_error.ts";
import { pollfd_set, POLLFD_WORDS } from "./structs.ts";

const meanings = new Map<number, string>();

/** What an errno means, in libc's words: strerror(3). */
export function strerror(number: number): string {
  let meaning = meanings.get(number);
  if (meaning === undefined) {
    meaning = text_of(libc.strerror(number));
    // Any number has a meaning, "Unknown error"; those of errno are few.
    if (Object.hasOwn(errorcode, number)) meanings.set(number, meaning);
  }
  return meaning;
}

/** The `OSError` of an errno, of the class that PEP 3151 gives it. */
export function os_error(number: number, options: OSErrorOptions): OSError {
  return new (class_of(number))(number, strerror(number), options);
}

/** The error of a call that has just returned -1. */
export function last_error(name: string): OSError {
  return os_error(errno(), { syscall: name });
}

const CLOCK_MONOTONIC = 1;
const timespec = new Pinned(Int32Array, 4);

/** Monotonic time in milliseconds, at a fifth of the price of `performance.now()`. */
export function now(): number {
  const { view, address } = timespec;
  libc.clock_gettime(CLOCK_MONOTONIC, address);
  // The low words: seconds since the machine started, and nanoseconds.
  return view[0]! * 1000 + view[2]! / 1e6;
}

/** Stands for a deadline that was not counted yet. */
export const NONE = -1;

/**
 * Says what a failure means, from within the loop that makes the call again.
 *
 * @param name The libc function, for the error.
 * @param error The errno, read before anything else: to ask for memory may set it.
 * @param fd The descriptor to wait for.
 * @param events What to wait for: `POLLIN` or `POLLOUT`.
 * @param timeout Seconds; 0 not to wait, `null` to leave the waiting to the kernel;
 * {@linkcode TRY}.
 * @param deadline What this returned before; at first {@linkcode NONE}.
 * @returns The deadline, where the call is to be made again: at once after a signal (PEP
 * 475); after EAGAIN once there is an event.
 * @throws {TimeoutError} If the time was up first.
 * @throws {OSError} Any other failure, of the class of its errno.
 */
export function again(
  name: string,
  error: number,
  fd: number = -1,
  events: number = 0,
  timeout: number | null = null,
  deadline: number = NONE,
): number {
  if (error === EINTR) return deadline;
  if (error !== EAGAIN || timeout === null || timeout === 0) {
    throw os_error(error, { syscall: name });
  }
  if (timeout === TRY) throw WOULD_BLOCK;
  return await_event(name, fd, events, timeout, deadline);
}

/** The time-out of a call that is only tried: it throws {@linkcode WOULD_BLOCK} to wait. */
export const TRY = -1;

/** Thrown where a call that is only tried would wait. One for all: a stack costs 5 us. */
export const WOULD_BLOCK: Error = new Error("would block");

/**
 * Waits for an event, within a call's time-out.
 *
 * @param name The libc function, for the error.
 * @param fd The descriptor.
 * @param events `POLLIN`, `POLLOUT`.
 * @param timeout Seconds, above 0.
 * @param deadline As {@linkcode again} takes it.
 * @returns The deadline.
 * @throws {TimeoutError} If the time was up first.
 * @throws {WOULD_BLOCK} If the time-out is {@linkcode TRY} and there is no event.
 */
export function await_event(
  name: string,
  fd: number,
  events: number,
  timeout: number,
  deadline: number = NONE,
): number {
  if (timeout === TRY) {
    if (wait_for(fd, events, 0)) return deadline;
    throw WOULD_BLOCK;
  }
  const first = deadline === NONE;
  const until = first ? now() + timeout * 1000 : deadline;
  const left = first ? timeout * 1000 : until - now();
  // Past it, no look: other readers of the socket may take every event first.
  if (left < 0 || !wait_for(fd, events, milliseconds(left))) {
    throw timed_out(name);
  }
  return until;
}

/** The error of a call whose time-out has expired. */
export function timed_out(name: string): TimeoutError {
  return new TimeoutError("timed out", null, { syscall: name });
}

/**
 * Makes a system call again for as long as signals interrupt it.
 *
 * @param name The libc function, for the error.
 * @param call Makes the call; it fails by returning -1.
 * @returns What the call returned.
 * @throws {OSError} If it failed.
 */
export function syscall(name: string, call: () => number): number {
  for (;;) {
    const result = call();
    if (result !== -1) return result;
    again(name, errno());
  }
}

/**
 * Tries a system call on a descriptor that does not block.
 *
 * @param name The libc function, for the error.
 * @param call Makes the call; it fails by returning -1.
 * @returns What the call returned; -1 if it would have to wait.
 * @throws {OSError} If it failed.
 */
export function attempt(name: string, call: () => number): number {
  for (;;) {
    const result = call();
    if (result !== -1) return result;
    const error = errno();
    if (error === EAGAIN) return -1;
    again(name, error);
  }
}

/**
 * The deadline of a wait.
 *
 * @param timeout Milliseconds; 0 or below, for which no time is counted.
 */
export function deadline_of(timeout: number): number {
  return timeout > 0 ? now() + timeout : NONE;
}

/**
 * The time that a wait has left after a signal.
 *
 * @param timeout Milliseconds, whole, as the wait began with; 0 or below stays as it is.
 * @param deadline By {@linkcode deadline_of}.
 * @returns Milliseconds, rounded up: the last stretch is waited, not spun away.
 */
export function time_left(timeout: number, deadline: number): number {
  return timeout > 0 ? milliseconds(deadline - now()) : timeout;
}

/** Milliseconds for poll(2), which takes an int: rounded up, never below 0. */
export function milliseconds(left: number): number {
  return Math.min(Math.max(0, Math.ceil(left)), 0x7fffffff);
}

const pollfd = new Int32Array(POLLFD_WORDS);

/**
 * Waits for events on one descriptor.
 *
 * @param fd The descriptor.
 * @param events `POLLIN`, `POLLOUT`.
 * @param timeout Milliseconds, whole; below 0 for ever.
 * @returns Whether there were any before the time was up.
 */
export function wait_for(fd: number, events: number, timeout: number): boolean {
  // poll(2) passes over -1 and waits the time-out out; the call itself fails at once.
  if (fd < 0) return true;
  pollfd_set(pollfd, 0, fd, events);
  const deadline = deadline_of(timeout);
  for (let left = timeout;; left = time_left(timeout, deadline)) {
    const ready = libc.poll(pollfd, 1n, left);
    if (ready !== -1) return ready > 0;
    again("poll", errno());
  }
}
