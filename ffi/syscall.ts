/**
 * Handles failed libc calls: errno, EINTR, EAGAIN, and the remaining time.
 *
 * A call stands in a loop, which ends with its result. After a failure errno is read at once and
 * passed to {@linkcode again}, which throws or lets the loop repeat the call.
 *
 * @module
 */

import { EAGAIN, EINTR } from "./errno.ts";
import { errno, libc } from "./libc.ts";
import { Pinned, text_of } from "./memory.ts";
import {
  class_of,
  errorcode,
  type OSError,
  type OSErrorOptions,
  TimeoutError,
} from "./os_error.ts";
import { pollfd_set, POLLFD_WORDS } from "./structs.ts";

const meanings = new Map<number, string>();

/** Returns libc's message for an errno: strerror(3). */
export function strerror(number: number): string {
  let meaning = meanings.get(number);
  if (meaning === undefined) {
    meaning = text_of(libc.strerror(number));
    // libc answers "Unknown error" for any other number: do not keep those.
    if (Object.hasOwn(errorcode, number)) meanings.set(number, meaning);
  }
  return meaning;
}

/** Returns the `OSError` for an errno, of the class that PEP 3151 assigns. */
export function os_error(number: number, options: OSErrorOptions): OSError {
  return new (class_of(number))(number, strerror(number), options);
}

/** Returns the error of a call that just returned -1. */
export function last_error(name: string): OSError {
  return os_error(errno(), { syscall: name });
}

const CLOCK_MONOTONIC = 1;
const timespec = new Pinned(Int32Array, 4);

/** Returns monotonic time in milliseconds, at a fifth of the price of `performance.now()`. */
export function now(): number {
  const { view, address } = timespec;
  libc.clock_gettime(CLOCK_MONOTONIC, address);
  // The low words: seconds since the machine started, and nanoseconds.
  return view[0]! * 1000 + view[2]! / 1e6;
}

/** Stands for a deadline that is not computed yet. */
export const NONE = -1;

/**
 * Decides after a failure whether the loop may repeat the call.
 *
 * @param name The libc function, for the error.
 * @param error The errno, read before anything else: even an allocation may change it.
 * @param fd The descriptor to wait for.
 * @param events The events to wait for: `POLLIN` or `POLLOUT`.
 * @param timeout Seconds; 0 never waits, `null` lets the kernel wait; or {@linkcode TRY}.
 * @param deadline The deadline that the last failure returned; {@linkcode NONE} at first.
 * @returns The deadline: the call is to be repeated. After a signal it returns at once (PEP 475),
 * after EAGAIN once there is an event.
 * @throws {TimeoutError} If the time-out expires first.
 * @throws {OSError} For any other failure.
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

/**
 * The time-out of a call that is only tried: it throws {@linkcode WOULD_BLOCK} instead of
 * waiting.
 */
export const TRY = -1;

/** Thrown when a call that is only tried would block. Not an error: its stack would cost 5 us. */
export const WOULD_BLOCK: unique symbol = Symbol("would block");

/**
 * Waits for an event, within a call's time-out.
 *
 * @param name The libc function, for the error.
 * @param fd The descriptor.
 * @param events `POLLIN`, `POLLOUT`.
 * @param timeout Seconds, above 0.
 * @param deadline As {@linkcode again} takes it.
 * @returns The deadline.
 * @throws {TimeoutError} If the time-out expires first.
 */
export function await_event(
  name: string,
  fd: number,
  events: number,
  timeout: number,
  deadline: number = NONE,
): number {
  const first = deadline === NONE;
  const until = first ? now() + timeout * 1000 : deadline;
  const left = first ? timeout * 1000 : until - now();
  // Past the deadline, do not poll: other readers may take every event first.
  if (left < 0 || !wait_for(fd, events, milliseconds(left))) {
    throw timed_out(name);
  }
  return until;
}

/** Returns the error of a call whose time-out has expired. */
export function timed_out(name: string): TimeoutError {
  return new TimeoutError("timed out", null, { syscall: name });
}

/**
 * Makes a system call, and repeats it while signals interrupt it.
 *
 * @param name The libc function, for the error.
 * @param call Makes the call; -1 means that it failed.
 * @returns The result of the call.
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
 * Tries a system call on a non-blocking descriptor.
 *
 * @param name The libc function, for the error.
 * @param call Makes the call; -1 means that it failed.
 * @returns The result of the call; -1 if it would block.
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
 * Returns the deadline of a wait.
 *
 * @param timeout Milliseconds; 0 or below has no deadline.
 */
export function deadline_of(timeout: number): number {
  return timeout > 0 ? now() + timeout : NONE;
}

/**
 * Returns the time that a wait has left after a signal.
 *
 * @param timeout The whole wait in integer milliseconds; 0 or below stays as it is.
 * @param deadline From {@linkcode deadline_of}.
 * @returns Milliseconds, rounded up: rounded down, the last millisecond would be a busy loop.
 */
export function time_left(timeout: number, deadline: number): number {
  return timeout > 0 ? milliseconds(deadline - now()) : timeout;
}

/** Rounds up to whole milliseconds for poll(2), from 0 to INT_MAX. */
export function milliseconds(left: number): number {
  return Math.min(Math.max(0, Math.ceil(left)), 0x7fffffff);
}

/**
 * Waits until descriptors are ready: poll(2), again after a signal.
 *
 * @param pollfds An array of `struct pollfd`, as 32-bit words.
 * @param nfds The number of entries.
 * @param timeout Integer milliseconds; below 0 for ever.
 * @returns The number of ready entries; 0 when the time-out expires.
 */
export function poll(
  pollfds: Int32Array<ArrayBuffer>,
  nfds: bigint,
  timeout: number,
): number {
  const deadline = deadline_of(timeout);
  for (let left = timeout;; left = time_left(timeout, deadline)) {
    const ready = libc.poll(pollfds, nfds, left);
    if (ready !== -1) return ready;
    again("poll", errno());
  }
}

const pollfd = new Int32Array(POLLFD_WORDS);

/**
 * Waits for events on one descriptor.
 *
 * @param fd The descriptor.
 * @param events `POLLIN`, `POLLOUT`.
 * @param timeout Integer milliseconds; below 0 for ever.
 * @returns Whether an event came before the time-out.
 */
export function wait_for(fd: number, events: number, timeout: number): boolean {
  // poll(2) ignores -1 and would wait for ever; the call itself fails at once.
  if (fd < 0) return true;
  pollfd_set(pollfd, 0, fd, events);
  return poll(pollfd, 1n, timeout) > 0;
}
