/**
 * How a connection begins: connect(2) at one end, accept(2) at the other.
 *
 * @module
 */

import {
  is_nonblocking,
  is_shut_down,
  set_nonblocking,
} from "../../ffi/descriptor.ts";
import {
  EAGAIN,
  ECONNABORTED,
  EINPROGRESS,
  EINTR,
  EINVAL,
  EISCONN,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
} from "../../ffi/errno.ts";
import { errno, libc } from "../../ffi/libc.ts";
import { addr, addrlen, SOCKADDR_STORAGE_SIZE } from "../../ffi/sockaddr.ts";
import {
  again,
  attempt,
  await_event,
  milliseconds,
  NONE,
  os_error,
  wait_for,
} from "../../ffi/syscall.ts";
import { OSError } from "../exceptions.ts";
import { check_signal, NOT_YET, type WaitOptions } from "../pending.ts";
import { EPOLLIN, EPOLLOUT, POLLIN, POLLOUT } from "../select.ts";
import { type AddressLike, destination_async } from "./address.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  SO_ACCEPTCONN,
  SO_ERROR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "./constants.ts";
import {
  getdefaulttimeout,
  type Handle,
  until,
  without_blocking,
} from "./handle.ts";
import { getsockopt_int } from "./options.ts";

/** What {@linkcode connect} returns when the time is up: no errno is negative. */
export const TIMED_OUT = -1;

/**
 * connect(2), and the wait for the connection if the socket has one.
 *
 * @returns 0, the errno, or {@linkcode TIMED_OUT}.
 */
export function connect(
  { fd, timeout }: Handle,
  address: Uint8Array<ArrayBuffer>,
): number {
  const number = try_once(fd, address);
  // After a signal connect(2) goes on by itself, and a second one would say EALREADY.
  const started = number === EINTR ||
    (number === EINPROGRESS && timeout !== null);
  if (!started || timeout === 0) return number;
  const limit = timeout === null ? -1 : milliseconds(timeout * 1000);
  if (!wait_for(fd, POLLOUT, limit)) return TIMED_OUT;
  const error = getsockopt_int(fd, SOL_SOCKET, SO_ERROR);
  return error === EISCONN ? 0 : error;
}

/** {@linkcode connect} without stopping the event loop. */
export async function connect_async(
  handle: Handle,
  address: AddressLike,
  options: WaitOptions | undefined,
): Promise<void> {
  const signal = check_signal(options);
  signal?.throwIfAborted();
  const found = destination_async(handle, address, "connect", signal);
  const to = found instanceof Promise ? await found : found;
  let started = false;
  await until(handle, EPOLLOUT, () => {
    if (!started) {
      const number = without_blocking(handle, () => try_once(handle.fd, to));
      // Of AF_UNIX: the listener's queue is full. It is tried again in a while.
      if (number === EAGAIN) return NOT_YET;
      started = number === EINPROGRESS || number === EINTR;
      return started ? NOT_YET : check_connected(number);
    }
    // A wake may come early: SO_ERROR says something only once it can be written.
    if (!wait_for(handle.fd, EPOLLOUT, 0)) return NOT_YET;
    const error = getsockopt_int(handle.fd, SOL_SOCKET, SO_ERROR);
    // Linux still owes the result to a connect(2), wherever that one is to: the caller's
    // next would succeed, where that of a socket that blocks raises EISCONN; or it would
    // raise ECONNABORTED, where the other tries again. AF_VSOCK would try again by itself.
    if (handle.timeout === null && (error === 0 || is_inet(handle))) {
      without_blocking(handle, () => try_once(handle.fd, to));
    }
    check_connected(error);
    return undefined;
  }, options);
}

function is_inet({ kind: { family } }: Handle): boolean {
  return family === AF_INET || family === AF_INET6;
}

function try_once(fd: number, address: Uint8Array<ArrayBuffer>): number {
  return libc.connect(fd, address, address.length) === -1 ? errno() : 0;
}

/** Throws what went wrong, if anything did. */
export function check_connected(number: number): void {
  if (number !== 0) throw os_error(number, { syscall: "connect" });
}

// Milliseconds before the next accept while no descriptor is free (EMFILE).
const BACK_OFF = 10;

// Whatever the listener is, its flags alone make the new descriptor block or not.
const BLOCKING = SOCK_CLOEXEC;
const NONBLOCKING = SOCK_CLOEXEC | SOCK_NONBLOCK;

/**
 * accept4(2): a descriptor, non-blocking if there is a default time-out, and its peer's
 * address in `addr`.
 */
export function accept({ fd, timeout, unblocked }: Handle): number {
  let deadline = NONE;
  // No flag keeps accept4 from blocking: with a time-out, wait for a client first.
  if (timeout !== null && timeout !== 0) {
    deadline = await_event("accept4", fd, POLLIN, timeout);
  }
  for (;;) {
    const client = accept4(fd);
    if (client !== -1) return client;
    const error = errno();
    if (error === EAGAIN && unblocked) wait_for(fd, POLLIN, -1);
    else deadline = again("accept4", error, fd, POLLIN, timeout, deadline);
  }
}

/**
 * {@linkcode accept} without stopping the event loop.
 *
 * The listener is non-blocking from then on, and accept() waits in poll(2). No flag keeps
 * accept4 from blocking, and the processes that share a listener share O_NONBLOCK: if one set
 * it back, another would block in its accept4.
 *
 * @param adopt Makes the result from the descriptor, with the address in `addr`.
 */
export function accept_async<T>(
  handle: Handle,
  adopt: (fd: number) => T,
  options: WaitOptions | undefined,
): Promise<T> {
  return until(handle, EPOLLIN, () => {
    const { fd } = handle;
    // What is no listener fails at once, and keeps its flag.
    if (!is_nonblocking(fd) && is_listening(fd)) {
      set_nonblocking(fd, true);
      handle.unblocked = handle.timeout === null;
    }
    const client = attempt("accept4", () => accept4(fd));
    if (client !== -1) return adopt(client);
    // Of AF_UNIX, only a call that blocks is told that the listener was shut down.
    if (handle.kind.family === AF_UNIX && is_shut_down(fd)) {
      throw os_error(EINVAL, { syscall: "accept4" });
    }
    return NOT_YET;
  }, options);
}

function is_listening(fd: number): boolean {
  return getsockopt_int(fd, SOL_SOCKET, SO_ACCEPTCONN) !== 0;
}

function accept4(fd: number): number {
  addrlen.view[0] = SOCKADDR_STORAGE_SIZE;
  const flags = getdefaulttimeout() === null ? BLOCKING : NONBLOCKING;
  return libc.accept4(fd, addr.address, addrlen.address, flags);
}

/** Accepts clients, one after the other, until the socket is closed. */
export class Clients<T> implements AsyncIterableIterator<T> {
  readonly #handle: Handle;
  readonly #accept: (options: WaitOptions) => Promise<T>;
  readonly #over = new AbortController();

  constructor(handle: Handle, accept: (options: WaitOptions) => Promise<T>) {
    this.#handle = handle;
    this.#accept = accept;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    const { signal } = this.#over;
    while (!signal.aborted && this.#handle.fd !== -1) {
      try {
        return { done: false, value: await this.#accept({ signal }) };
      } catch (error) {
        if (signal.aborted || this.#handle.fd === -1) break;
        if (!(error instanceof OSError)) throw error;
        if (is_exhausted(error)) {
          await new Promise((resolve) => setTimeout(resolve, BACK_OFF));
        } else if (error.errno !== ECONNABORTED) throw error;
      }
    }
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#over.abort();
    return Promise.resolve({ done: true, value: undefined });
  }
}

function is_exhausted({ errno }: OSError): boolean {
  return errno === EMFILE || errno === ENFILE || errno === ENOBUFS ||
    errno === ENOMEM;
}
