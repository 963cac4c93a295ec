/**
 * What the calls of a socket share: its descriptor, its time-out, and the wait of its `Async`
 * twins.
 *
 * @module
 */

import {
  is_nonblocking,
  is_shut_down,
  set_nonblocking,
} from "../../ffi/descriptor.ts";
import { TRY, WOULD_BLOCK } from "../../ffi/syscall.ts";
import { int, timeout_of } from "../arguments.ts";
import { TimeoutError } from "../exceptions.ts";
import {
  type Attempt,
  bad_descriptor,
  NOT_YET,
  pending,
  type WaitOptions,
} from "../pending.ts";
import { MSG_DONTWAIT, SOCK_STREAM } from "./constants.ts";

/** What a socket is: all clients of a listener share one, which is 24 bytes less for each. */
export interface Kind {
  /** The address family. */
  readonly family: number;
  /** The type. */
  readonly type: number;
  /** The protocol. */
  readonly proto: number;
}

/** A socket's descriptor, and what the calls on it need to know. */
export interface Handle {
  /** The descriptor; -1 once it is closed or given up. */
  fd: number;
  /** What it is. */
  readonly kind: Kind;
  /** The time-out in seconds: 0 if the socket is non-blocking, `null` if it blocks. */
  timeout: number | null;
  /** Whether a twin has made the descriptor of a socket that blocks non-blocking. */
  unblocked: boolean;
  /**
   * Whether the last `recvAsync()` got less than it asked for: then there is nothing more
   * as yet, and the next one begins to wait without a look.
   */
  drained: boolean;
}

let last_kind: Kind = { family: 0, type: 0, proto: 0 };

/**
 * The kind of a socket: the last one, if it is the same.
 *
 * @throws {TypeError} If one of them is not a whole number.
 * @throws {OverflowError} If one of them does not fit a C int.
 */
export function kind_of(family: number, type: number, proto: number): Kind {
  const same = family === last_kind.family && type === last_kind.type &&
    proto === last_kind.proto;
  if (same) return last_kind;
  return last_kind = {
    family: int(family, "family"),
    type: int(type, "type"),
    proto: int(proto, "proto"),
  };
}

let default_timeout: number | null = null;

/** The flag of a socket with a time-out: a duplicate may have made it blocking. */
export function dontwait(timeout: number | null): number {
  return timeout === null || timeout === 0 ? 0 : MSG_DONTWAIT;
}

/** Sets a socket's time-out: with one, the descriptor is non-blocking. */
export function settimeout(handle: Handle, timeout: number | null): void {
  handle.timeout = timeout;
  handle.unblocked = false;
  set_nonblocking(handle.fd, timeout !== null);
}

/** Runs a call with a socket's descriptor non-blocking, where no flag can say so. */
export function without_blocking<T>(handle: Handle, call: () => T): T {
  // Already non-blocking: leave it, another owner relies on it. A duplicate may have
  // changed the flag, whatever the time-out.
  if (is_nonblocking(handle.fd)) return call();
  set_nonblocking(handle.fd, true);
  try {
    return call();
  } finally {
    set_nonblocking(handle.fd, false);
  }
}

/**
 * The time-out of new sockets: Python's `socket.getdefaulttimeout`.
 *
 * @returns Seconds; `null` when they block.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(socket.getdefaulttimeout(), null);
 * ```
 */
export function getdefaulttimeout(): number | null {
  return default_timeout;
}

/**
 * Sets the time-out of new sockets: Python's `socket.setdefaulttimeout`.
 *
 * @param timeout Seconds, 0 for non-blocking, `null` to block.
 * @throws {TypeError} If it is neither a number nor null.
 * @throws {ValueError} If it is negative or NaN.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * socket.setdefaulttimeout(2.5);
 * using sock = socket.socket();
 * assertEquals(sock.gettimeout(), 2.5);
 * socket.setdefaulttimeout(null);
 * ```
 */
export function setdefaulttimeout(timeout: number | null): void {
  default_timeout = timeout_of(timeout);
}

/**
 * Waits for events of a socket until a call succeeds.
 *
 * @param handle The socket.
 * @param eventmask EPOLLIN or EPOLLOUT.
 * @param call Checks its arguments and tries the call.
 * @param options The caller's last argument.
 * @param progress How far the call has come, if it takes several steps.
 */
export function until<T>(
  handle: Handle,
  eventmask: number,
  call: () => T | typeof NOT_YET,
  options: WaitOptions | undefined,
  progress: () => number = no_progress,
): Promise<T> {
  return pending(
    () => new Call(handle, eventmask, call, progress),
    options,
  );
}

/**
 * Waits as {@linkcode until} does, for a call that is written for both ways of waiting.
 *
 * @param call Makes the call on the handle that it is given, which has it only tried.
 * @param ended The result once the socket was shut down for reading, where only a call
 * that blocks is told by the kernel.
 */
export function until_tried<T>(
  handle: Handle,
  eventmask: number,
  call: (handle: Handle) => T,
  options: WaitOptions | undefined,
  ended?: () => T,
): Promise<T> {
  return until(handle, eventmask, () => {
    try {
      return call({ ...handle, timeout: TRY });
    } catch (error) {
      if (error !== WOULD_BLOCK) throw error;
    }
    return ended !== undefined && is_shut(handle) ? ended() : NOT_YET;
  }, options);
}

/**
 * Whether a socket for datagrams was shut down for reading: the kernel says so to a call that
 * blocks, and EAGAIN to others.
 */
export function is_shut({ fd, kind: { type } }: Handle): boolean {
  return type !== SOCK_STREAM && is_shut_down(fd);
}

function no_progress(): number {
  return 0;
}

/** A call of a socket. */
class Call<T> implements Attempt<T> {
  readonly timeout: number;
  readonly in_turn = true;
  readonly owner: Handle;
  readonly attempt: () => T | typeof NOT_YET;
  readonly progress: () => number;
  readonly #watched: ReadonlyArray<readonly [fd: number, eventmask: number]>;

  constructor(
    handle: Handle,
    eventmask: number,
    call: () => T | typeof NOT_YET,
    progress: () => number,
  ) {
    const { fd, timeout } = handle;
    this.owner = handle;
    this.timeout = timeout === null || timeout === 0 ? -1 : timeout * 1000;
    this.attempt = call;
    this.progress = progress;
    this.#watched = [[fd, eventmask]];
  }

  watched(): ReadonlyArray<readonly [fd: number, eventmask: number]> {
    return this.#watched;
  }

  timed_out(): never {
    throw new TimeoutError("timed out");
  }

  closed(): Error {
    return bad_descriptor();
  }
}
