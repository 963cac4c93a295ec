/**
 * What the calls of a socket share: its descriptor, its time-out, and the wait of its `Async`
 * twins.
 *
 * @module
 */

import {
  is_shut_down,
  is_tcp,
  set_nonblocking,
  tcp,
} from "../../ffi/descriptor.ts";
import { TRY, WOULD_BLOCK } from "../../ffi/syscall.ts";
import { int, timeout_of } from "../arguments.ts";
import {
  type Attempt,
  Call,
  NOT_YET,
  pending,
  type WaitOptions,
} from "../pending.ts";
import {
  AF_INET,
  AF_INET6,
  MSG_DONTWAIT,
  MSG_OOB,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from "./constants.ts";

/**
 * A socket's family, type and protocol. A listener's clients share one, which saves 24 bytes
 * each.
 */
export interface Kind {
  /** The address family. */
  readonly family: number;
  /** The type. */
  readonly type: number;
  /** The protocol. */
  readonly proto: number;
}

/** Returns whether a family is one of the internet's, whose sockets have ports. */
export function is_inet(family: number): boolean {
  return family === AF_INET || family === AF_INET6;
}

/** A socket's descriptor, and its state that the calls need. */
export interface Handle {
  /** The descriptor; -1 once it is closed or detached. */
  fd: number;
  /** The family, type and protocol. */
  readonly kind: Kind;
  /** The time-out in seconds: 0 if the socket is non-blocking, `null` if it blocks. */
  timeout: number | null;
  /** Whether a twin has made the descriptor non-blocking, though the socket blocks. */
  unblocked: boolean;
  /**
   * The reactor's `reports` of it when `recvAsync()` or `recv_intoAsync()` last got less than it
   * asked for, and so emptied the queue; else -1. Unless the number has changed, the next of these
   * calls waits before its first try: a report may have given its edge to another call.
   */
  drained: number;
  /** Whether `drained` may be set: see {@linkcode drains}; `null` until the kernel is asked. */
  drains: boolean | null;
}

let last_kind: Kind = { family: 0, type: 0, proto: 0 };

/**
 * Returns a socket's kind; the last one again if it is equal.
 *
 * @throws {TypeError} If an argument is not a whole number.
 * @throws {OverflowError} If an argument does not fit a C int.
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

/**
 * Returns MSG_DONTWAIT unless the socket blocks: a duplicate may have made the descriptor blocking.
 */
export function dontwait(timeout: number | null): number {
  return timeout === null ? 0 : MSG_DONTWAIT;
}

/**
 * Returns whether a short result shows that the queue is empty. So it does with TCP only: a UNIX
 * stream stops at another sender's bytes, for example.
 */
export function drains(handle: Handle): boolean {
  // Not the handle's kind, which the caller may have stated for another socket's descriptor.
  return tcp.drains && (handle.drains ??= is_tcp(handle.fd));
}

/** Returns the flags for a receive, as {@linkcode dontwait} does. */
export function receiving(handle: Handle, flags: number): number {
  if ((flags & MSG_OOB) !== 0) tcp.drains = false;
  return flags | dontwait(handle.timeout);
}

/** Sets a socket's time-out, for which the descriptor becomes non-blocking. */
export function settimeout(handle: Handle, timeout: number | null): void {
  handle.timeout = timeout;
  handle.unblocked = false;
  set_nonblocking(handle.fd, timeout !== null);
}

/**
 * Returns the time-out of new sockets: Python's `socket.getdefaulttimeout`.
 *
 * @returns Seconds; `null` if they block.
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
 * @param timeout Seconds; 0 for non-blocking, `null` for blocking.
 * @throws {TypeError} If it is neither a number nor null.
 * @throws {ValueError} If it is negative or NaN.
 * @throws {OverflowError} If it exceeds 2^63 nanoseconds.
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

/** Returns the flags to make a descriptor with: non-blocking if there is a default time-out. */
export function new_flags(): number {
  return SOCK_CLOEXEC | (default_timeout === null ? 0 : SOCK_NONBLOCK);
}

/**
 * Waits for events of a socket until a call succeeds.
 *
 * @param handle The socket.
 * @param eventmask EPOLLIN or EPOLLOUT.
 * @param attempt Checks the arguments and tries the call.
 * @param options The caller's last argument.
 */
export function until<T>(
  handle: Handle,
  eventmask: number,
  attempt: Attempt<T>,
  options: WaitOptions | undefined,
): Promise<T> {
  return pending(new SocketCall(handle, eventmask, attempt), options);
}

/**
 * Waits as {@linkcode until} does, for a call that the blocking method uses, too.
 *
 * @param call Makes the call on the handle that `tried` returns, whose time-out is
 * {@linkcode TRY}. It asks for it after the checks: a caller's getter may close the socket.
 * @param ended The result after SHUT_RD, which the kernel reports only to blocking calls.
 */
export function until_tried<T>(
  handle: Handle,
  eventmask: number,
  call: (tried: () => Handle) => T,
  options: WaitOptions | undefined,
  ended?: () => T,
): Promise<T> {
  const tried = () => ({ ...handle, timeout: TRY });
  return until(handle, eventmask, () => {
    try {
      return call(tried);
    } catch (error) {
      if (error !== WOULD_BLOCK) throw error;
    }
    return ended !== undefined && is_shut(handle) ? ended() : NOT_YET;
  }, options);
}

/**
 * Returns whether a datagram socket was shut down for reading. The kernel reports that to
 * blocking calls only; others get EAGAIN.
 *
 * On streams and SOCK_SEQPACKET, which a peer can shut down, recv() itself reports the end.
 */
export function is_shut({ fd, kind: { type } }: Handle): boolean {
  return type !== SOCK_STREAM && type !== SOCK_SEQPACKET && is_shut_down(fd);
}

/** A call of a socket. */
export class SocketCall<T> extends Call<T> {
  constructor(handle: Handle, eventmask: number, attempt: Attempt<T>) {
    super(handle.fd, eventmask, attempt);
    const { timeout } = handle;
    if (timeout !== null && timeout !== 0) this.timeout = timeout * 1000;
    this.owner = handle;
  }
}
