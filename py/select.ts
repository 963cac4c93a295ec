/**
 * Python's `select` module: wait until descriptors are ready.
 *
 * - {@linkcode epoll}: a set in the kernel, epoll(7). The cost grows with ready descriptors,
 *   not with watched ones. Its time-outs are in seconds.
 * - {@linkcode poll}: a set that each call passes, poll(2). Its time-outs are in milliseconds.
 * - {@linkcode select}: three lists that each call passes, select(2). The simplest. Its
 *   time-outs are in seconds.
 *
 * @example
 * ```ts
 * import * as select from "@iomux/py/select";
 * import * as socket from "@iomux/py/socket";
 * import { assertEquals } from "@std/assert";
 *
 * using server = socket.socket();
 * server.bind(["127.0.0.1", 0]);
 * server.listen();
 * assertEquals(select.select([server], [], [], 0), [[], [], []]);
 * ```
 *
 * @module
 */

import { F_GETFD } from "../ffi/descriptor.ts";
import { ENOENT } from "../ffi/errno.ts";
import { errno, libc, untraced } from "../ffi/libc.ts";
import { Pinned } from "../ffi/memory.ts";
import { take_reserve } from "../ffi/os_error.ts";
import { closing } from "../ffi/reactor.ts";
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  epoll_event_events,
  epoll_event_fd,
  epoll_event_set,
  EPOLL_EVENT_WORDS,
  FD_ISSET,
  FD_SET,
  fd_set_words,
  pollfd_events,
  pollfd_fd,
  pollfd_revents,
  pollfd_set,
  POLLFD_WORDS,
  timeval_set,
  TIMEVAL_WORDS,
} from "../ffi/structs.ts";
import {
  again,
  deadline_of,
  last_error,
  os_error,
  poll as poll_entries,
  syscall,
  time_left,
} from "../ffi/syscall.ts";
import {
  type FileDescriptorLike,
  fileno,
  instances_of,
  int,
  iterable,
  type Keywords,
  keywords,
  milliseconds_of,
  options_of,
  timeout_of,
  whole,
} from "./arguments.ts";
import { KeyError, OSError, OverflowError, ValueError } from "./exceptions.ts";
import {
  AnyCall,
  EpollCall,
  found,
  NOT_YET,
  pending,
  type WaitOptions,
} from "./pending.ts";

export { OSError as error } from "./exceptions.ts";
export type { FileDescriptorLike, HasFileno, Keywords } from "./arguments.ts";
export type { WaitOptions } from "./pending.ts";

/** Close the epoll descriptor on exec: always set here (PEP 446). */
export const EPOLL_CLOEXEC: number = 524288;

/** Data can be read. */
export const EPOLLIN: number = 1;
/** Urgent data can be read. */
export const EPOLLPRI: number = 2;
/** Writing will not block. */
export const EPOLLOUT: number = 4;
/** An error: read SO_ERROR. Always reported. */
export const EPOLLERR: number = 8;
/** The other end hung up. Always reported. */
export const EPOLLHUP: number = 16;
/** The same as EPOLLIN. */
export const EPOLLRDNORM: number = 64;
/** Priority band data can be read. */
export const EPOLLRDBAND: number = 128;
/** The same as EPOLLOUT. */
export const EPOLLWRNORM: number = 256;
/** Priority band data can be written. */
export const EPOLLWRBAND: number = 512;
/** A message; Linux does not use it. */
export const EPOLLMSG: number = 1024;
/** The peer closed its socket, or shut down its writing half. */
export const EPOLLRDHUP: number = 8192;

/** Wake at least one of the epoll objects that watch this descriptor, not all. */
export const EPOLLEXCLUSIVE: number = 268435456;
/** Keep the system awake while the event is handled. */
export const EPOLLWAKEUP: number = 536870912;
/** One-shot: disable the registration after one event, until it is modified. */
export const EPOLLONESHOT: number = 1073741824;
/** Edge-triggered: report a change once. Drain the descriptor until BlockingIOError. */
export const EPOLLET: number = 2147483648;

// CPython's default: FD_SETSIZE - 1.
const DEFAULT_MAXEVENTS = 1023;
// Bounds the buffer. Further events stay ready, and the next wait returns them.
const MOST_MAXEVENTS = 65536;

const EPOLL_EVENTS = EPOLLIN | EPOLLPRI | EPOLLOUT;
const EPOLL_POLL = ["timeout", "maxevents"];
const HINTS = ["sizehint", "flags"];
const EVENTMASK = ["eventmask"] as const;
const TIMEOUT = ["timeout"] as const;

// One buffer for all objects: no caller code runs while it is in use.
let room = DEFAULT_MAXEVENTS;
let entries = room_for(room);
const entry = new Pinned(Int32Array, EPOLL_EVENT_WORDS);

/** Keywords of {@linkcode Epoll.register}. */
export interface EpollRegisterOptions {
  /** The events to wait for: EPOLLIN, EPOLLOUT, EPOLLET and so on, by `|`. */
  readonly eventmask?: number | undefined;
}

/** Keywords of {@linkcode Epoll.poll}. */
export interface EpollPollOptions {
  /** Fractional seconds; `null`, the default, waits for ever. */
  readonly timeout?: number | null | undefined;
  /** The most events to return; -1, the default, means 1,023. */
  readonly maxevents?: number | undefined;
}

/** Keywords of {@linkcode epoll}. */
export interface EpollOptions {
  /** Without effect: -1, the default, or a positive number. */
  readonly sizehint?: number | undefined;
  /** Without effect: 0, the default, or EPOLL_CLOEXEC. */
  readonly flags?: number | undefined;
}

/**
 * The object that {@linkcode epoll} returns: Python's `select.epoll` object, epoll(7).
 *
 * Unregister a descriptor before you close it. The kernel removes a registration only when
 * the last duplicate is closed; until then it reports events for the closed number.
 */
export class Epoll implements Disposable {
  #fd: number;

  /**
   * Wraps an epoll descriptor. Use {@linkcode epoll} or `epoll.fromfd`.
   *
   * @param fd The descriptor, which this object then owns.
   */
  constructor(fd: number) {
    this.#fd = int(fd, "fd", 0);
  }

  /** Whether this object is closed. */
  get closed(): boolean {
    return this.#fd === -1;
  }

  /**
   * Returns the epoll descriptor, which can itself be polled.
   *
   * @returns The descriptor.
   * @throws {ValueError} After `close()`.
   */
  fileno(): number {
    return this.#open();
  }

  /** Closes the descriptor; a second call does nothing. */
  close(): void {
    const fd = this.#fd;
    if (fd === -1) return;
    this.#fd = -1;
    closing(fd);
    // Never retry close(2): Linux frees the descriptor even on EINTR.
    libc.close(fd);
    take_reserve();
  }

  /** Closes the descriptor at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Starts to watch a descriptor.
   *
   * @param fd A descriptor, or an object with `fileno()`.
   * @param eventmask The events to wait for: EPOLLIN, EPOLLOUT, EPOLLET and so on, by `|`,
   * modulo 2^32; by default EPOLLIN, EPOLLPRI and EPOLLOUT. Or
   * {@linkcode EpollRegisterOptions}.
   * @throws {FileExistsError} If it is already registered.
   * @throws {PermissionError} If it is a regular file, which epoll(7) does not support.
   * @throws {OSError} EBADF if it is not open, EINVAL if it is this object's descriptor.
   * @throws {TypeError} If `fd` is not a descriptor, or the mask is not an integer.
   * @throws {ValueError} If the descriptor is negative, or this object is closed.
   *
   * @example
   * ```ts
   * import { FileExistsError, select, socket } from "@iomux/py";
   * import { assertThrows } from "@std/assert";
   *
   * using ep = select.epoll();
   * using server = socket.socket();
   * ep.register(server, select.EPOLLIN | select.EPOLLET);
   * assertThrows(() => ep.register(server), FileExistsError);
   * ```
   */
  register(
    fd: FileDescriptorLike,
    eventmask?: number | EpollRegisterOptions,
  ): void {
    const mask = argument("register", eventmask, EVENTMASK);
    this.#control(EPOLL_CTL_ADD, fd, mask === undefined ? EPOLL_EVENTS : mask);
  }

  /**
   * Changes the events to wait for.
   *
   * @param fd A descriptor, or an object with `fileno()`.
   * @param eventmask The new events.
   * @throws {FileNotFoundError} If it is not registered.
   * @throws {OSError} EBADF if it is not open.
   * @throws {TypeError} If `fd` is not a descriptor, or the mask is not an integer.
   * @throws {ValueError} If the descriptor is negative, or this object is closed.
   *
   * @example
   * ```ts
   * import { select, socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using ep = select.epoll();
   * const [a, b] = socket.socketpair();
   * ep.register(a, select.EPOLLIN);
   * ep.modify(a, select.EPOLLOUT);
   * assertEquals(ep.poll(0), [[a.fileno(), select.EPOLLOUT]]);
   * a.close();
   * b.close();
   * ```
   */
  modify(fd: FileDescriptorLike, eventmask: number): void {
    this.#control(EPOLL_CTL_MOD, fd, eventmask);
  }

  /**
   * Stops watching a descriptor.
   *
   * @param fd A descriptor, or an object with `fileno()`.
   * @throws {FileNotFoundError} If it is not registered.
   * @throws {OSError} EBADF if it is not open.
   * @throws {TypeError} If `fd` is not a descriptor.
   * @throws {ValueError} If the descriptor is negative, or this object is closed.
   *
   * @example
   * ```ts
   * import { FileNotFoundError, select, socket } from "@iomux/py";
   * import { assertThrows } from "@std/assert";
   *
   * using ep = select.epoll();
   * using server = socket.socket();
   * assertThrows(() => ep.unregister(server), FileNotFoundError);
   * ```
   */
  unregister(fd: FileDescriptorLike): void {
    this.#control(EPOLL_CTL_DEL, fd, 0);
  }

  /**
   * Waits until descriptors are ready.
   *
   * @param timeout Fractional seconds, rounded up to the next millisecond. Absent, `null` or
   * negative waits for ever, 0 does not wait. Or {@linkcode EpollPollOptions}.
   * @param maxevents The most events to return, at most 65,536; -1 means 1,023.
   * @returns `[fd, events]` for each ready descriptor; empty when the time-out expires.
   * @throws {TypeError} If the time-out is not a number, or `maxevents` is not an integer.
   * @throws {ValueError} If the time-out is NaN, `maxevents` is 0 or below -1, or this object is
   * closed.
   * @throws {OverflowError} If the time-out does not fit a C int of milliseconds.
   *
   * @example
   * ```ts
   * import { select, socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using ep = select.epoll();
   * const [a, b] = socket.socketpair();
   * ep.register(b, select.EPOLLIN);
   * assertEquals(ep.poll(0.01), []);
   * a.close();
   * const found = ep.poll({ timeout: 5, maxevents: 8 });
   * assertEquals(found, [[b.fileno(), select.EPOLLIN | select.EPOLLHUP]]);
   * b.close();
   * ```
   */
  poll(
    timeout?: number | null | EpollPollOptions,
    maxevents?: number | Pick<EpollPollOptions, "maxevents">,
  ): Array<[fd: number, event: number]> {
    let seconds: unknown = timeout, count: unknown = maxevents;
    if (is_object(timeout) || is_object(maxevents)) {
      const given = keywords("poll", [timeout, maxevents], EPOLL_POLL);
      // Destructuring would keep V8 from inlining poll(): 13 ns a call.
      seconds = given[0];
      count = given[1];
    }
    const epfd = this.#open();
    const limit = milliseconds_of(seconds, 1000);
    const most = check_maxevents(count);
    const ready = epoll_wait(epfd, most, limit);
    if (ready === 0) return [];
    const { view } = entries;
    const events: Array<[fd: number, event: number]> = new Array(ready);
    for (let i = 0; i < ready; i++) {
      events[i] = [epoll_event_fd(view, i), epoll_event_events(view, i)];
    }
    return events;
  }

  /**
   * Waits as {@linkcode poll} does, without blocking the event loop.
   *
   * @param limits `timeout` and `maxevents` as for `poll`; `signal` ends the wait.
   * @returns The ready descriptors, as `poll`.
   * @throws As `poll`; the signal's reason once it aborts; `ValueError` if this object
   * is closed meanwhile.
   *
   * @example
   * ```ts
   * import { select, socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using ep = select.epoll();
   * const [a, b] = socket.socketpair();
   * ep.register(b, select.EPOLLIN);
   * setTimeout(() => a.send(new Uint8Array([1])), 10);
   * assertEquals(await ep.pollAsync(5), [[b.fileno(), select.EPOLLIN]]);
   * a.close();
   * b.close();
   * ```
   */
  pollAsync(
    ...limits: Keywords<
      [timeout: number | null, maxevents: number],
      EpollPollOptions & WaitOptions
    >
  ): Promise<Array<[fd: number, event: number]>> {
    return pending(() => {
      const sorted = keywords("pollAsync", limits, EPOLL_POLL, ["signal"]);
      const [timeout, maxevents] = sorted as [number | null, number];
      // An epoll descriptor is readable while it has events.
      return new EpollCall(
        this.#open(),
        this,
        milliseconds_of(timeout, 1000),
        () => found(this.poll(0, maxevents)),
      );
    }, options_of(limits));
  }

  #open(): number {
    if (this.#fd === -1) throw closed();
    return this.#fd;
  }

  #control(op: number, fd: FileDescriptorLike, eventmask: unknown): void {
    const number = fileno(fd);
    epoll_event_set(entry.view, 0, whole(eventmask, "eventmask"), number);
    // Checked after fileno(), caller code that may close this object.
    const epfd = this.#open();
    // epoll_ctl(2) never waits, so it never fails with EINTR.
    if (libc.epoll_ctl(epfd, op, number, entry.address) === -1) {
      throw last_error("epoll_ctl");
    }
  }
}

/** The type of {@linkcode epoll}: a function with a property `fromfd`. */
export interface EpollFunction {
  /**
   * Creates an epoll object.
   *
   * @param hints `sizehint`: -1 or a positive number. `flags`: 0 or EPOLL_CLOEXEC, which is
   * always set. Both are without effect.
   * @returns The object, which watches nothing yet.
   * @throws {ValueError} If `sizehint` is 0 or below -1.
   * @throws {OSError} If `flags` has other flags; EMFILE if no descriptor is free.
   */
  (
    ...hints: Keywords<[sizehint: number, flags: number], EpollOptions>
  ): Epoll;
  /**
   * Wraps an epoll descriptor.
   *
   * @param fd An epoll descriptor, which the object then owns.
   * @returns The object.
   * @throws {TypeError} If it is not an integer.
   * @throws {OverflowError} If it is negative or does not fit a C int.
   */
  fromfd(fd: number): Epoll;
}

/**
 * Creates an epoll object: Python's `select.epoll`, epoll_create1(2).
 *
 * @example
 * ```ts
 * import { select } from "@iomux/py";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const ep = select.epoll();
 * assertEquals(ep.poll(0), []);
 * ep.close();
 * assert(ep.closed);
 * ```
 */
export const epoll: EpollFunction = Object.assign(
  (
    ...hints: Keywords<[sizehint: number, flags: number], EpollOptions>
  ): Epoll => {
    const [sizehint = -1, flags = 0] = keywords("epoll", hints, HINTS);
    const size = int(sizehint, "sizehint");
    if (size < -1 || size === 0) {
      throw new ValueError(`sizehint must be positive or -1, not ${size}`);
    }
    const options = int(flags, "flags");
    if (options !== 0 && options !== EPOLL_CLOEXEC) {
      throw new OSError(`invalid flags: ${options}`);
    }
    return new Epoll(
      syscall("epoll_create1", () => libc.epoll_create1(EPOLL_CLOEXEC)),
    );
  },
  { fromfd: (fd: number): Epoll => new Epoll(fd) },
);
instances_of(epoll, Epoll);

/** Returns an optional argument, given by position or by keyword. */
function argument(
  caller: string,
  given: unknown,
  name: readonly [string],
): unknown {
  return is_object(given) ? keywords(caller, [given], name)[0] : given;
}

/** Returns whether an argument may hold keywords. */
function is_object(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** Makes the error of a closed epoll object. */
function closed(): ValueError {
  return new ValueError("I/O operation on closed epoll object");
}

function check_maxevents(maxevents: unknown): number {
  if (maxevents === undefined || maxevents === -1) return DEFAULT_MAXEVENTS;
  const most = Math.min(int(maxevents, "maxevents"), MOST_MAXEVENTS);
  if (most < 1) too_few(most);
  // Doubles: a pinned buffer is never freed.
  if (most > room) entries = room_for(room = Math.max(most, 2 * room));
  return most;
}

function too_few(maxevents: number): never {
  throw new ValueError(`maxevents must be greater than 0, not ${maxevents}`);
}

/** Waits for events, and returns their number; they are in {@linkcode entries}. */
function epoll_wait(epfd: number, most: number, timeout: number): number {
  const { address } = entries;
  const deadline = deadline_of(timeout);
  for (let left = timeout;; left = time_left(timeout, deadline)) {
    const ready = libc.epoll_wait(epfd, address, most, left);
    if (ready !== -1) return ready;
    again("epoll_wait", errno());
  }
}

function room_for(events: number): Pinned<Int32Array> {
  return new Pinned(Int32Array, events * EPOLL_EVENT_WORDS);
}

/** Data can be read. */
export const POLLIN: number = 1;
/** Urgent data can be read. */
export const POLLPRI: number = 2;
/** Writing will not block. */
export const POLLOUT: number = 4;
/** An error: read SO_ERROR. Always reported. */
export const POLLERR: number = 8;
/** The other end hung up. Always reported. */
export const POLLHUP: number = 16;
/** The descriptor is not open. Always reported. */
export const POLLNVAL: number = 32;
/** The same as POLLIN. */
export const POLLRDNORM: number = 64;
/** Priority band data can be read. */
export const POLLRDBAND: number = 128;
/** The same as POLLOUT. */
export const POLLWRNORM: number = 256;
/** Priority band data can be written. */
export const POLLWRBAND: number = 512;
/** A message; Linux does not use it. */
export const POLLMSG: number = 1024;
/** The peer closed its socket, or shut down its writing half. */
export const POLLRDHUP: number = 8192;

// The descriptor of an unregistered entry. The entry stays until the next wait, so that
// unregister() takes constant time.
const VACANT = -1;
const MOST_VACANT = 16;

const POLL_EVENTS = POLLIN | POLLPRI | POLLOUT;

/** Keywords of {@linkcode Poll.register}. */
export interface PollRegisterOptions {
  /** The events to wait for: POLLIN, POLLPRI, POLLOUT and so on, by `|`. */
  readonly eventmask?: number | undefined;
}

/** Keywords of {@linkcode Poll.poll}. */
export interface PollOptions {
  /** Milliseconds; `null`, the default, waits for ever. */
  readonly timeout?: number | null | undefined;
}

/**
 * The object that {@linkcode poll} returns: Python's `select.poll` object, poll(2).
 *
 * Unregister a descriptor before you close it. A closed one stays registered by its number,
 * and is reported with POLLNVAL, or with the events of the next file that gets the number.
 */
export class Poll {
  #pollfds = new Int32Array(16 * POLLFD_WORDS);
  /** Entries in use or vacant. */
  #length = 0;
  /** The index of each descriptor's entry. */
  #index = new Map<number, number>();

  /**
   * Starts to watch a descriptor, or changes the events to wait for.
   *
   * @param fd A descriptor, or an object with `fileno()`.
   * @param eventmask The events to wait for: POLLIN, POLLPRI, POLLOUT and so on, by `|`; by
   * default these three. Or {@linkcode PollRegisterOptions}.
   * @throws {TypeError} If `fd` is not a descriptor, or the mask is not an integer.
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
    const mask = argument("register", eventmask, EVENTMASK);
    const number = fileno(fd);
    const events = check_mask(mask === undefined ? POLL_EVENTS : mask);
    let index = this.#index.get(number);
    if (index === undefined) {
      // poll() removes vacant entries; a program that never calls it must not pile them up.
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
   * Changes the events to wait for.
   *
   * @param fd A descriptor, or an object with `fileno()`.
   * @param eventmask The new events.
   * @throws {FileNotFoundError} If it is not registered.
   * @throws {TypeError} If `fd` is not a descriptor, or the mask is not an integer.
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
   * @throws {KeyError} If it is not registered.
   * @throws {TypeError} If `fd` is not a descriptor.
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
   * @param timeout Milliseconds; a fraction rounds up. Absent, `null` or negative waits for
   * ever, 0 does not wait. Or {@linkcode PollOptions}.
   * @returns `[fd, events]` for each ready descriptor, in the order of registration; empty
   * when the time-out expires.
   * @throws {TypeError} If the time-out is not a number.
   * @throws {ValueError} If it is NaN.
   * @throws {OverflowError} If it does not fit a C int.
   * @throws {OSError} EINVAL if more descriptors are registered than RLIMIT_NOFILE allows.
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
    const limit = milliseconds_of(argument("poll", timeout, TIMEOUT), 1);
    // The kernel counts vacant entries too, and refuses more than RLIMIT_NOFILE.
    if (this.#length > this.#index.size) this.#compact();
    const pollfds = this.#pollfds, length = this.#length;
    let unseen = poll_entries(pollfds, BigInt(length), limit);
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
   * Waits as {@linkcode poll} does, without blocking the event loop.
   *
   * Each descriptor costs one or two system calls: for many, use epoll.
   *
   * @param limit `timeout` as for `poll`; `signal` ends the wait.
   * @returns The ready descriptors, as `poll`.
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
      const [timeout] = keywords("pollAsync", limit, TIMEOUT, ["signal"]);
      return new AnyCall(
        milliseconds_of(timeout, 1),
        [],
        () => this.#watched(),
        () => found(this.poll(0)),
      );
    }, options_of(limit));
  }

  /** Lists the registrations. The events of poll(2) have the values of epoll(7)'s. */
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
 * Creates a polling object: Python's `select.poll`.
 *
 * @returns The object, which watches nothing yet.
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

function check_mask(eventmask: unknown): number {
  const mask = whole(eventmask, "eventmask");
  if (mask < 0) throw new ValueError(`eventmask must not be negative: ${mask}`);
  if (mask > 0xffff) {
    throw new OverflowError(`eventmask must fit an unsigned short: ${mask}`);
  }
  return mask;
}

/** Keywords of {@linkcode select}. */
export interface SelectOptions {
  /** Fractional seconds; `null`, the default, waits for ever. */
  readonly timeout?: number | null | undefined;
}

/**
 * Waits until descriptors are ready: Python's `select.select`, select(2).
 *
 * Unlike in C, descriptors of 1,024 and above are allowed.
 *
 * @param rlist The files to wait for until a read or an accept does not block.
 * @param wlist The files to wait for until a write does not block.
 * @param xlist The files to wait for until they have an exceptional condition: urgent data.
 * @param timeout Fractional seconds. Absent or `null` waits for ever, 0 does not wait. Or
 * {@linkcode SelectOptions}.
 * @returns The ready objects of each list, in the same order; three empty lists when the
 * time-out expires.
 * @throws {TypeError} If a list is not iterable, or an item is not a descriptor.
 * @throws {ValueError} If the time-out is negative or NaN, or a descriptor is negative: a closed
 * socket's is -1.
 * @throws {OverflowError} If the time-out exceeds 2^63 nanoseconds.
 * @throws {OSError} EBADF if a descriptor is not open.
 *
 * @example
 * ```ts
 * import { select, socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * a.send(new Uint8Array([1, 2, 3]));
 * const [readable, writable] = select.select([a, b], [b], [], 5);
 * assertEquals(readable, [b]);
 * assertEquals(writable, [b]);
 * a.close();
 * b.close();
 * ```
 */
export function select<
  R extends FileDescriptorLike,
  W extends FileDescriptorLike,
  X extends FileDescriptorLike,
>(
  rlist: Iterable<R>,
  wlist: Iterable<W>,
  xlist: Iterable<X>,
  timeout?: number | null | SelectOptions,
): [R[], W[], X[]] {
  const limit = timeout_of(argument("select", timeout, TIMEOUT) ?? null);
  const rfiles = snapshot(rlist, "rlist");
  const wfiles = snapshot(wlist, "wlist");
  const xfiles = snapshot(xlist, "xlist");
  const buffers = spare.pop() ?? new Buffers();
  try {
    const { r, w, x, timeval } = buffers;
    const highest = Math.max(r.load(rfiles), w.load(wfiles), x.load(xfiles));
    check_open(highest);
    const nfds = highest + 1;
    const words = fd_set_words(nfds);
    if (limit !== null) timeval_set(timeval.view, limit);
    const ready = syscall("select", () =>
      // Fills the sets anew, which are undefined after EINTR. Linux updates the timeval to
      // the time left.
      libc.select(
        nfds,
        r.bitmap(words),
        w.bitmap(words),
        x.bitmap(words),
        limit === null ? 0n : timeval.address,
      ));
    if (ready === 0) return [[], [], []];
    return [r.ready(rfiles), w.ready(wfiles), x.ready(xfiles)];
  } finally {
    spare.push(buffers);
  }
}

/**
 * Waits as {@linkcode select} does, without blocking the event loop.
 *
 * Each descriptor costs one or two system calls: for many, use epoll.
 *
 * @param rlist The files to wait for until a read or an accept does not block.
 * @param wlist The files to wait for until a write does not block.
 * @param xlist The files to wait for until they have an exceptional condition.
 * @param limit `timeout` as for `select`; `signal` ends the wait.
 * @returns The ready objects, as `select`.
 * @throws As `select`; the signal's reason once it aborts; `OSError` EBADF if one of the
 * sockets is closed meanwhile.
 *
 * @example
 * ```ts
 * import { select, socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * setTimeout(() => a.send(new Uint8Array([1])), 10);
 * const [readable] = await select.selectAsync([b], [], [], 5);
 * assertEquals(readable, [b]);
 * a.close();
 * b.close();
 * ```
 */
export function selectAsync<
  R extends FileDescriptorLike,
  W extends FileDescriptorLike,
  X extends FileDescriptorLike,
>(
  rlist: Iterable<R>,
  wlist: Iterable<W>,
  xlist: Iterable<X>,
  ...limit: Keywords<[timeout: number | null], SelectOptions & WaitOptions>
): Promise<[R[], W[], X[]]> {
  return pending(() => {
    const [timeout] = keywords("selectAsync", limit, TIMEOUT, ["signal"]);
    const seconds = timeout_of(timeout ?? null);
    const rfiles = snapshot(rlist, "rlist");
    const wfiles = snapshot(wlist, "wlist");
    const xfiles = snapshot(xlist, "xlist");
    const masks = new Map<number, number>();
    const add = (files: readonly FileDescriptorLike[], mask: number) => {
      for (const file of files) {
        const fd = fileno(file);
        masks.set(fd, (masks.get(fd) ?? 0) | mask);
      }
    };
    add(rfiles, EPOLLIN);
    add(wfiles, EPOLLOUT);
    add(xfiles, EPOLLPRI);
    return new AnyCall<[R[], W[], X[]]>(
      seconds === null ? -1 : seconds * 1000,
      [[], [], []],
      () => masks,
      () => {
        const ready = select(rfiles, wfiles, xfiles, 0);
        return ready.some((list) => list.length > 0) ? ready : NOT_YET;
      },
    );
  }, options_of(limit));
}

/** The descriptors and the fd_set of one list; calls reuse both. */
class Watched {
  #fds = new Int32Array(64);
  #count = 0;
  #set = new Pinned(Int32Array, 32);

  /** Loads the descriptors of a list, and returns the highest, or -1. */
  load(files: readonly unknown[]): number {
    if (files.length > this.#fds.length) {
      this.#fds = new Int32Array(2 * files.length);
    }
    this.#count = files.length;
    let highest = -1;
    for (let i = 0; i < files.length; i++) {
      const fd = fileno(files[i]);
      this.#fds[i] = fd;
      if (fd > highest) highest = fd;
    }
    return highest;
  }

  /** Sets the descriptors' bits, and returns the fd_set's address: NULL for an empty list. */
  bitmap(words: number): bigint {
    if (this.#count === 0) return 0n;
    if (words > this.#set.view.length) {
      this.#set = new Pinned(Int32Array, 2 * words);
    }
    const { view, address } = this.#set;
    view.fill(0, 0, words);
    for (let i = 0; i < this.#count; i++) FD_SET(this.#fds[i]!, view);
    return address;
  }

  /** Returns the files whose bits the kernel left set. */
  ready<T>(files: readonly T[]): T[] {
    const found: T[] = [];
    const { view } = this.#set;
    for (let i = 0; i < this.#count; i++) {
      if (FD_ISSET(this.#fds[i]!, view)) found.push(files[i]!);
    }
    return found;
  }
}

/** The memory of one call. */
class Buffers {
  readonly r = new Watched();
  readonly w = new Watched();
  readonly x = new Watched();
  readonly timeval = new Pinned(Uint32Array, TIMEVAL_WORDS);
}

// Buffers for later calls. A stack: a caller's fileno() may call select() itself.
const spare: Buffers[] = [];

// The kernel ignores bits beyond the process's descriptor table, where it should fail with
// EBADF. The table has at least 64 entries and never shrinks.
let table = 64;

function check_open(highest: number): void {
  if (highest < table) return;
  syscall("select", () => untraced.fcntl(highest, F_GETFD, 0));
  table = highest + 1;
}

function snapshot<T>(list: Iterable<T>, name: string): T[] {
  return [...iterable(list, name)] as T[];
}

/** The bytes that a writable pipe takes without blocking; at least 512 by POSIX. */
export const PIPE_BUF: number = 4096;
