/**
 * How a libc call fails here: one place for errno, EINTR and the time that is left.
 *
 * @module
 */

import { EAGAIN, EINTR } from "./errno.ts";
import { errno, libc, Pinned } from "./libc.ts";
import {
  class_of,
  type OSError,
  type OSErrorOptions,
  TimeoutError,
} from "./os_error.ts";
import { pollfd_set, POLLFD_WORDS } from "./pollfd.ts";

const meanings = new Map<number, string>();

/** What an errno means, in libc's words: strerror(3). */
export function strerror(number: number): string {
  let meaning = meanings.get(number);
  if (meaning === undefined) {
    const text = libc.strerror(number) as Deno.PointerObject;
    meaning = Deno.UnsafePointerView.getCString(text);
    meanings.set(number, meaning);
  }
  return meaning;
}

/** The `OSError` of an errno, of the class that PEP 3151 gives it. */
export function os_error(number: number, options: OSErrorOptions): OSError {
  return new (class_of(number))(number, strerror(number), options);
}

/** What a call fails with that has just returned -1. */
export function last_error(name: string): OSError {
  return os_error(errno(), { syscall: name });
}

/**
 * Runs a system call until no signal interrupts it.
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
    const number = errno();
    if (number !== EINTR) throw os_error(number, { syscall: name });
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
    const number = errno();
    if (number === EAGAIN) return -1;
    if (number !== EINTR) throw os_error(number, { syscall: name });
  }
}

const CLOCK_MONOTONIC = 1;
const timespec = new Pinned(new Int32Array(4));

/** Milliseconds on a clock that nobody sets; a fifth of the price of `performance.now()`. */
export function now(): number {
  const { view, address } = timespec;
  libc.clock_gettime(CLOCK_MONOTONIC, address);
  // The low words: seconds since the machine started, and nanoseconds.
  return view[0]! * 1000 + view[2]! / 1e6;
}

/**
 * Runs a system call that waits; after a signal it goes on with what is left (PEP 475).
 *
 * @param name The libc function, for the error.
 * @param timeout Milliseconds, whole; below 0 for ever.
 * @param call Waits for as many milliseconds; it fails by returning -1.
 * @returns What the call returned; 0 when the time is up.
 * @throws {OSError} If it failed.
 */
export function wait(
  name: string,
  timeout: number,
  call: (timeout: number) => number,
): number {
  const deadline = timeout > 0 ? now() + timeout : 0;
  const result = call(timeout);
  if (result !== -1) return result;
  return wait_on(name, errno(), timeout, deadline, call);
}

/**
 * Goes on with a wait that has just failed, as {@linkcode wait} does.
 *
 * @param name The libc function, for the error.
 * @param error The errno, read before anything else: a closure is memory, and asking for
 * memory may set it.
 * @param timeout As `wait` takes it.
 * @param deadline When it is over, by {@linkcode now}; without meaning if it waits for ever
 * or not at all.
 * @param call As `wait` takes it.
 * @returns What `wait` returns.
 * @throws {OSError} If it failed for another reason than a signal.
 */
export function wait_on(
  name: string,
  error: number,
  timeout: number,
  deadline: number,
  call: (timeout: number) => number,
): number {
  for (;; error = errno()) {
    if (error !== EINTR) throw os_error(error, { syscall: name });
    // Rounded up, so that the last stretch is waited and not spun away.
    const left = timeout > 0 ? milliseconds(deadline - now()) : timeout;
    const result = call(left);
    if (result !== -1) return result;
  }
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
  pollfd_set(pollfd, 0, fd, events);
  return wait("poll", timeout, (left) => libc.poll(pollfd, 1n, left)) > 0;
}

// Parking a thread costs 40 us, a turn of the event loop 5. Of a busy server's waits most
// are over sooner, and so long no timer and no promise is missed.
const BRIEF = 100;
const MOST_BRIEFLY = 4;
const briefly = new Pinned(new Int32Array(POLLFD_WORDS * MOST_BRIEFLY));
const brief = new Pinned(new Int32Array([0, 0, BRIEF * 1000, 0]));

/**
 * Waits for a few descriptors, for 100 microseconds at most.
 *
 * @param watched Descriptors and their events.
 * @returns Whether something may have happened to one of them.
 */
export function wait_briefly(
  watched: Iterable<readonly [fd: number, events: number]>,
): boolean {
  let count = 0;
  for (const [fd, events] of watched) {
    if (count === MOST_BRIEFLY) return false;
    pollfd_set(briefly.view, count++, fd, events & 0xffff);
  }
  const { address } = briefly;
  return libc.ppoll(address, BigInt(count), brief.address, 0n) > 0;
}

/**
 * Runs a call on a socket that has a time-out: where it would block, waits and tries again.
 *
 * @param name The libc function, for the error.
 * @param fd The socket.
 * @param events What to wait for: `POLLIN` or `POLLOUT`.
 * @param timeout Seconds; 0 not to wait, `null` to leave the waiting to the kernel.
 * @param call Makes the call; it fails by returning -1.
 * @param wait_first Whether to wait before the first try: where no flag can keep the call
 * from blocking on a descriptor that a duplicate has made blocking.
 * @returns What the call returned.
 * @throws {TimeoutError} If the time was up first.
 * @throws {OSError} If it failed.
 */
export function socket_call(
  name: string,
  fd: number,
  events: number,
  timeout: number | null,
  call: () => number,
  wait_first = false,
): number {
  let deadline = -1;
  if (wait_first && timeout !== null && timeout > 0) {
    deadline = now() + timeout * 1000;
    wait_until(name, fd, events, deadline);
  }
  const result = call();
  if (result !== -1) return result;
  return call_again(name, errno(), fd, events, timeout, call, deadline);
}

/**
 * Goes on where a call on a socket has just failed, as {@linkcode socket_call} does: a busy
 * loop makes the first try itself, without the price of a closure.
 *
 * @param name The libc function, for the error.
 * @param error The errno, read before anything else.
 * @param fd The socket.
 * @param events What to wait for.
 * @param timeout As `socket_call` takes it.
 * @param call Makes the call again.
 * @param deadline When the time is up, by {@linkcode now}; -1 to count it from here.
 * @returns What the call returned.
 * @throws {TimeoutError} If the time was up first.
 * @throws {OSError} If it failed.
 */
export function call_again(
  name: string,
  error: number,
  fd: number,
  events: number,
  timeout: number | null,
  call: () => number,
  deadline = -1,
): number {
  for (;; error = errno()) {
    if (error !== EINTR) {
      if (error !== EAGAIN || timeout === null || timeout === 0) {
        throw os_error(error, { syscall: name });
      }
      if (deadline < 0) deadline = now() + timeout * 1000;
      wait_until(name, fd, events, deadline);
    }
    const result = call();
    if (result !== -1) return result;
  }
}

function wait_until(
  name: string,
  fd: number,
  events: number,
  deadline: number,
): void {
  const left = deadline - now();
  // Past it, no look: of a socket that others read, too, each may find it ready.
  if (left < 0 || !wait_for(fd, events, milliseconds(left))) {
    throw new TimeoutError("timed out", null, { syscall: name });
  }
}

/** Milliseconds for poll(2), which takes an int: rounded up, never below 0. */
export function milliseconds(left: number): number {
  return Math.min(Math.max(0, Math.ceil(left)), 0x7fffffff);
}
