import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  epoll_event_events,
  epoll_event_fd,
  epoll_event_set,
  EPOLL_EVENT_WORDS,
} from "../../ffi/epoll_event.ts";
import { errno, libc } from "../../ffi/libc.ts";
import { Pinned } from "../../ffi/memory.ts";
import { closing } from "../../ffi/reactor.ts";
import { take_reserve } from "../../ffi/reserve.ts";
import {
  again,
  deadline_of,
  last_error,
  syscall,
  time_left,
} from "../../ffi/syscall.ts";
import {
  type FileDescriptorLike,
  fileno,
  int,
  type Keywords,
  keywords,
  milliseconds_of,
  options_of,
  shown,
  whole,
} from "../arguments.ts";
import { instances_of } from "../callable.ts";
import { OSError, ValueError } from "../exceptions.ts";
import { FOREIGN, NOT_YET, pending, type WaitOptions } from "../pending.ts";
import { EPOLL_CLOEXEC, EPOLLIN, EPOLLOUT, EPOLLPRI } from "./constants.ts";

// As many events as CPython takes by default: FD_SETSIZE - 1.
const DEFAULT_MAXEVENTS = 1023;
// One wait returns at most so many; what is left stays ready and comes with the next.
const MOST_MAXEVENTS = 65536;

const DEFAULT_MASK = EPOLLIN | EPOLLPRI | EPOLLOUT;
const REGISTER = ["eventmask"];
const POLL = ["timeout", "maxevents"];
const HINTS = ["sizehint", "flags"];

// One buffer for all objects: nothing of the caller runs while it is in use.
let room = DEFAULT_MAXEVENTS;
let entries = room_for(room);
const entry = new Pinned(Int32Array, EPOLL_EVENT_WORDS);

/** What {@linkcode Epoll.register} takes by keyword. */
export interface EpollRegisterOptions {
  /** EPOLLIN, EPOLLOUT, EPOLLET and so on, by `|`. */
  readonly eventmask?: number | undefined;
}

/** What {@linkcode Epoll.poll} takes by keyword. */
export interface EpollPollOptions {
  /** Seconds, fractional; `null`, the default, for ever. */
  readonly timeout?: number | null | undefined;
  /** The most events to return; -1, the default, for 1,023. */
  readonly maxevents?: number | undefined;
}

/** What {@linkcode epoll} takes by keyword. */
export interface EpollOptions {
  /** Without effect: -1, the default, or a positive number. */
  readonly sizehint?: number | undefined;
  /** Without effect: 0, the default, or EPOLL_CLOEXEC. */
  readonly flags?: number | undefined;
}

/**
 * An epoll object, as {@linkcode epoll} makes it: Python's `select.epoll` object, epoll(7).
 *
 * The kernel forgets a descriptor once its last duplicate is closed; while a `dup` of it
 * lives, it goes on being reported. Unregister before closing.
 */
export class Epoll implements Disposable {
  #fd: number;

  /**
   * Takes an epoll descriptor over. Use {@linkcode epoll} or `epoll.fromfd`.
   *
   * @param fd The descriptor, which this object closes.
   */
  constructor(fd: number) {
    this.#fd = int(fd, "fd", 0);
  }

  /** Whether it is closed. */
  get closed(): boolean {
    return this.#fd === -1;
  }

  /**
   * The epoll descriptor, itself pollable.
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
    // Linux frees the descriptor even when close(2) says EINTR: never retried.
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
   * @param eventmask EPOLLIN, EPOLLOUT, EPOLLET and so on, by `|`; counted modulo 2^32. By
   * default EPOLLIN, EPOLLPRI and EPOLLOUT. Or {@linkcode EpollRegisterOptions}.
   * @throws {FileExistsError} If it is registered already.
   * @throws {PermissionError} If it cannot be waited on: a regular file.
   * @throws {OSError} EBADF if it is not open, EINVAL if it is this object's own.
   * @throws {TypeError} If `fd` is no descriptor, or the mask no integer.
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
    let mask: unknown = eventmask;
    if (typeof mask === "object") {
      [mask] = keywords("register", [mask], REGISTER);
    }
    this.#control(EPOLL_CTL_ADD, fd, mask === undefined ? DEFAULT_MASK : mask);
  }

  /**
   * Changes what a descriptor is watched for.
   *
   * @param fd A descriptor, or an object with `fileno()`.
   * @param eventmask What to wait for.
   * @throws {FileNotFoundError} If it is not registered.
   * @throws {OSError} EBADF, if it is not open.
   * @throws {TypeError} If `fd` is no descriptor, or the mask no integer.
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
   * @throws {OSError} EBADF, if it is not open.
   * @throws {TypeError} If `fd` is no descriptor.
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
   * @param timeout Seconds, fractional, rounded up to the next millisecond. Absent,
   * `null` or negative waits for ever, 0 not at all. Or {@linkcode EpollPollOptions}.
   * @param maxevents The most events to return; -1 for 1,023. At most 65,536 come at once.
   * @returns `[fd, events]` for each that is ready; empty when the time was up.
   * @throws {TypeError} If the time-out is no number, or `maxevents` no integer.
   * @throws {ValueError} If `maxevents` is 0 or below -1, or this object is closed.
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
    let wait: unknown = timeout, count: unknown = maxevents;
    if (typeof wait === "object" || typeof count === "object") {
      [wait, count] = keywords("poll", [wait, count], POLL);
    }
    const epfd = this.#open();
    const limit = milliseconds_of(wait, 1000);
    const most = check_maxevents(count);
    const { view } = entries;
    const ready = epoll_wait(epfd, most, limit);
    if (ready === 0) return [];
    const events: Array<[fd: number, event: number]> = new Array(ready);
    for (let i = 0; i < ready; i++) {
      events[i] = [epoll_event_fd(view, i), epoll_event_events(view, i)];
    }
    return events;
  }

  /**
   * Waits as {@linkcode poll} does, without stopping the event loop.
   *
   * @param limits `timeout` and `maxevents` as `poll` takes them; and `signal`, to end the
   * wait.
   * @returns What `poll` returns.
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
      const sorted = keywords("pollAsync", limits, POLL, ["signal"]);
      const [timeout, maxevents] = sorted as [number | null, number];
      const epfd = this.#open();
      return {
        ...FOREIGN,
        timeout: milliseconds_of(timeout, 1000),
        attempt: () => {
          const events = this.poll(0, maxevents);
          return events.length > 0 ? events : NOT_YET;
        },
        // An epoll descriptor is itself readable once it has events.
        watched: () => [[epfd, EPOLLIN]],
        timed_out: () => [],
        closed,
      };
    }, options_of(limits));
  }

  #open(): number {
    if (this.#fd === -1) throw closed();
    return this.#fd;
  }

  #control(op: number, fd: FileDescriptorLike, eventmask: unknown): void {
    const number = fileno(fd);
    epoll_event_set(entry.view, 0, whole(eventmask, "eventmask"), number);
    // After fileno(), which is the caller's code and may close this object.
    const epfd = this.#open();
    // It never waits, and so no signal interrupts it.
    if (libc.epoll_ctl(epfd, op, number, entry.address) === -1) {
      throw last_error("epoll_ctl");
    }
  }
}

/** What {@linkcode epoll} is: a function, with `fromfd` beside it. */
export interface EpollFunction {
  /**
   * Makes an epoll object.
   *
   * @param hints `sizehint`, without effect, as in Python: -1, or a positive number. `flags`:
   * 0 or EPOLL_CLOEXEC, without effect: it is always set.
   * @throws {ValueError} If `sizehint` is 0 or below -1.
   * @throws {OSError} For other flags; EMFILE if no descriptor is free.
   */
  (
    ...hints: Keywords<[sizehint: number, flags: number], EpollOptions>
  ): Epoll;
  /**
   * Takes an epoll descriptor over.
   *
   * @param fd An epoll descriptor, which the object owns from here on.
   * @returns The object.
   * @throws {TypeError} If it is no integer.
   * @throws {OverflowError} If it is negative or does not fit a C int.
   */
  fromfd(fd: number): Epoll;
}

/**
 * Makes an epoll object: Python's `select.epoll`, epoll_create1(2).
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
  {
    fromfd: (fd: number): Epoll => new Epoll(fd),
  },
);
instances_of(epoll, Epoll);

/** What an epoll object that is closed fails with. */
export function closed(): ValueError {
  return new ValueError("I/O operation on closed epoll object");
}

function check_maxevents(maxevents: unknown): number {
  if (maxevents === undefined || maxevents === -1) return DEFAULT_MAXEVENTS;
  const most = Math.min(int(maxevents, "maxevents"), MOST_MAXEVENTS);
  if (most < 1) {
    throw new ValueError(
      `maxevents must be greater than 0, not ${shown(maxevents)}`,
    );
  }
  // Doubled: the old room is never freed.
  if (most > room) entries = room_for(room = Math.max(most, 2 * room));
  return most;
}

/** Waits until there are events in {@linkcode entries}; returns how many. */
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
