import { errno, libc } from "../../ffi/libc.ts";
import {
  pollfd_events,
  pollfd_fd,
  pollfd_revents,
  pollfd_set,
  POLLFD_WORDS,
} from "../../ffi/pollfd.ts";
import { again, deadline_of, os_error, time_left } from "../../ffi/syscall.ts";
import { ENOENT } from "../../ffi/errno.ts";
import {
  type FileDescriptorLike,
  fileno,
  type Keywords,
  keywords,
  milliseconds_of,
  options_of,
  whole,
} from "../arguments.ts";
import { instances_of } from "../callable.ts";
import { KeyError, OverflowError, ValueError } from "../exceptions.ts";
import {
  bad_descriptor,
  FOREIGN,
  NOT_YET,
  pending,
  type WaitOptions,
} from "../pending.ts";
import { POLLIN, POLLOUT, POLLPRI } from "./constants.ts";

// An entry that is unregistered keeps its place until the next wait: order and O(1).
const VACANT = -1;
const MOST_VACANT = 16;

const DEFAULT_MASK = POLLIN | POLLPRI | POLLOUT;
const REGISTER = ["eventmask"];
const POLL = ["timeout"];

/** What {@linkcode Poll.register} takes by keyword. */
export interface PollRegisterOptions {
  /** What to wait for: POLLIN, POLLPRI, POLLOUT and so on, by `|`. */
  readonly eventmask?: number | undefined;
}

/** What {@linkcode Poll.poll} takes by keyword. */
export interface PollOptions {
  /** Milliseconds; `null`, the default, for ever. */
  readonly timeout?: number | null | undefined;
}

/**
 * A polling object, as {@linkcode poll} makes it: Python's `select.poll` object, poll(2).
 *
 * It holds descriptors by number. One that is closed stays registered and is reported
 * with POLLNVAL, or as its number's next owner: unregister before closing.
 */
export class Poll {
  #pollfds = new Int32Array(16 * POLLFD_WORDS);
  /** Entries in use or vacant. */
  #length = 0;
  /** Where each descriptor's entry is. */
  #index = new Map<number, number>();

  /**
   * Starts to watch a descriptor, or changes what it is watched for.
   *
   * @param fd A descriptor, or an object with `fileno()`.
   * @param eventmask What to wait for: POLLIN, POLLPRI, POLLOUT and so on, by `|`; by default
   * these three. Or {@linkcode PollRegisterOptions}.
   * @throws {TypeError} If `fd` is no descriptor, or the mask no integer.
   * @throws {ValueError} If either is negative.
   * @throws {OverflowError} If the mask is above 65535.
   *
   * @example
   * ```ts
   * import { select, socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * const poller = select.poll();
   * poller.register(a, select.POLLOUT);
   * assertEquals(poller.poll(0), [[a.fileno(), select.POLLOUT]]);
   * a.close();
   * b.close();
   * ```
   */
  register(
    fd: FileDescriptorLike,
    eventmask?: number | PollRegisterOptions,
  ): void {
    let mask: unknown = eventmask;
    if (typeof mask === "object") {
      [mask] = keywords("register", [mask], REGISTER);
    }
    const number = fileno(fd);
    const events = check_mask(mask === undefined ? DEFAULT_MASK : mask);
    let index = this.#index.get(number);
    if (index === undefined) {
      // Vacant entries are taken out before a wait; without one, before they pile up.
      if (this.#length > 2 * this.#index.size + MOST_VACANT) this.#compact();
      index = this.#length++;
      this.#index.set(number, index);
      if (this.#length * POLLFD_WORDS > this.#pollfds.length) {
        const larger = new Int32Array(2 * this.#pollfds.length);
        larger.set(this.#pollfds);
        this.#pollfds = larger;
      }
    }
    pollfd_set(this.#pollfds, index, number, events);
  }

  /**
   * Changes what a descriptor is watched for.
   *
   * @param fd A descriptor, or an object with `fileno()`.
   * @param eventmask What to wait for.
   * @throws {FileNotFoundError} If it was never registered.
   * @throws {TypeError} If `fd` is no descriptor, or the mask no integer.
   * @throws {ValueError} If either is negative.
   * @throws {OverflowError} If the mask is above 65535.
   *
   * @example
   * ```ts
   * import { FileNotFoundError, select } from "@iomux/py";
   * import { assertThrows } from "@std/assert";
   *
   * const poller = select.poll();
   * assertThrows(() => poller.modify(0, select.POLLIN), FileNotFoundError);
   * ```
   */
  modify(fd: FileDescriptorLike, eventmask: number): void {
    const number = fileno(fd);
    const events = check_mask(eventmask);
    const index = this.#index.get(number);
    if (index === undefined) throw os_error(ENOENT, {});
    pollfd_set(this.#pollfds, index, number, events);
  }

  /**
   * Stops watching a descriptor.
   *
   * @param fd A descriptor, or an object with `fileno()`.
   * @throws {KeyError} If it was never registered.
   * @throws {TypeError} If `fd` is no descriptor.
   * @throws {ValueError} If it is negative: a closed socket's is -1.
   *
   * @example
   * ```ts
   * import { select } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const poller = select.poll();
   * poller.register(0);
   * poller.unregister(0);
   * assertEquals(poller.poll(0), []);
   * ```
   */
  unregister(fd: FileDescriptorLike): void {
    const number = fileno(fd);
    const index = this.#index.get(number);
    if (index === undefined) throw new KeyError(String(number));
    this.#index.delete(number);
    pollfd_set(this.#pollfds, index, VACANT, 0);
  }

  /**
   * Waits until descriptors are ready.
   *
   * @param timeout Milliseconds; a fraction rounds up. Absent, `null` or negative waits
   * for ever, 0 not at all. Or {@linkcode PollOptions}.
   * @returns `[fd, events]` for each that is ready, in the order of registration; empty
   * when the time was up.
   * @throws {TypeError} If the time-out is no number.
   * @throws {OverflowError} If it does not fit a C int.
   * @throws {OSError} EINVAL, if more are registered than the process may have open.
   *
   * @example
   * ```ts
   * import { select, socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * const poller = select.poll();
   * poller.register(b, select.POLLIN);
   * assertEquals(poller.poll(10), []);
   * a.send(new TextEncoder().encode("hello"));
   * assertEquals(poller.poll(10), [[b.fileno(), select.POLLIN]]);
   * a.close();
   * b.close();
   * ```
   */
  poll(
    timeout?: number | null | PollOptions,
  ): Array<[fd: number, event: number]> {
    let wait_limit: unknown = timeout;
    if (typeof wait_limit === "object") {
      [wait_limit] = keywords("poll", [wait_limit], POLL);
    }
    const limit = milliseconds_of(wait_limit, 1);
    // The kernel counts vacant entries, too, and takes no more than RLIMIT_NOFILE.
    if (this.#length > this.#index.size) this.#compact();
    const pollfds = this.#pollfds, length = this.#length;
    let unseen = wait(pollfds, BigInt(length), limit);
    const ready: Array<[fd: number, event: number]> = [];
    for (let i = 0; unseen > 0; i++) {
      const revents = pollfd_revents(pollfds, i);
      if (revents === 0) continue;
      ready.push([pollfd_fd(pollfds, i), revents]);
      unseen--;
    }
    return ready;
  }

  /**
   * Waits as {@linkcode poll} does, without stopping the event loop.
   *
   * Each descriptor costs a system call or two; of many, epoll is the better way.
   *
   * @param limit `timeout` as `poll` takes it; and `signal`, to end the wait.
   * @returns What `poll` returns.
   * @throws As `poll`; the signal's reason once it aborts; `OSError` EBADF if one of the
   * sockets is closed meanwhile.
   *
   * @example
   * ```ts
   * import { select, socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * const poller = select.poll();
   * poller.register(b, select.POLLIN);
   * setTimeout(() => a.send(new Uint8Array([1])), 10);
   * assertEquals(await poller.pollAsync(5000), [[b.fileno(), select.POLLIN]]);
   * a.close();
   * b.close();
   * ```
   */
  pollAsync(
    ...limit: Keywords<[timeout: number | null], PollOptions & WaitOptions>
  ): Promise<Array<[fd: number, event: number]>> {
    return pending(() => {
      const [timeout] = keywords("pollAsync", limit, POLL, ["signal"]);
      return {
        ...FOREIGN,
        timeout: milliseconds_of(timeout, 1),
        attempt: () => {
          const events = this.poll(0);
          return events.length > 0 ? events : NOT_YET;
        },
        watched: () => this.#watched(),
        timed_out: () => [],
        closed: bad_descriptor,
      };
    }, options_of(limit));
  }

  /** What is registered; poll and epoll share the values of their events. */
  *#watched(): Iterable<[fd: number, eventmask: number]> {
    for (const [fd, index] of this.#index) {
      yield [fd, pollfd_events(this.#pollfds, index)];
    }
  }

  #compact(): void {
    const pollfds = this.#pollfds;
    let length = 0;
    for (let i = 0; i < this.#length; i++) {
      const fd = pollfd_fd(pollfds, i);
      if (fd === VACANT) continue;
      pollfds.copyWithin(
        length * POLLFD_WORDS,
        i * POLLFD_WORDS,
        (i + 1) * POLLFD_WORDS,
      );
      this.#index.set(fd, length++);
    }
    this.#length = length;
  }
}

/**
 * Makes a polling object: Python's `select.poll`.
 *
 * @returns One that watches nothing yet.
 *
 * @example
 * ```ts
 * import { select } from "@iomux/py";
 * import { assertEquals, assertInstanceOf } from "@std/assert";
 *
 * const poller = select.poll();
 * assertInstanceOf(poller, select.Poll);
 * assertEquals(poller.poll(0), []);
 * ```
 */
export function poll(): Poll {
  return new Poll();
}
instances_of(poll, Poll);

/** Waits until entries are ready; returns how many. */
function wait(
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

function check_mask(eventmask: unknown): number {
  const mask = whole(eventmask, "eventmask");
  if (mask < 0) throw new ValueError(`eventmask must not be negative: ${mask}`);
  if (mask > 0xffff) {
    throw new OverflowError(`eventmask must fit an unsigned short: ${mask}`);
  }
  return mask;
}
