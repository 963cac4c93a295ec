/**
 * How a connection begins: connect(2) at one end, accept(2) at the other.
 *
 * @module
 */

import {
  is_nonblocking,
  is_shut_down,
  set_nonblocking,
  without_blocking,
} from "../../ffi/descriptor.ts";
import {
  EAGAIN,
  EBADF,
  ECONNABORTED,
  EINPROGRESS,
  EINTR,
  EINVAL,
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
  timed_out,
  wait_for,
} from "../../ffi/syscall.ts";
import { OSError } from "../exceptions.ts";
import { NOT_YET, pending, type WaitOptions } from "../pending.ts";
import { EPOLLIN, EPOLLOUT, POLLIN, POLLOUT } from "../select.ts";
import { type AddressLike, destination_async } from "./address.ts";
import { AF_UNIX, SO_ACCEPTCONN, SO_ERROR, SOL_SOCKET } from "./constants.ts";
import {
  type Handle,
  is_inet,
  new_flags,
  SocketCall,
  until,
} from "./handle.ts";
import { getsockopt_int } from "./options.ts";

// The result when the time-out expires: no errno is negative.
const TIMED_OUT = -1;

/**
 * Connects: connect(2), and the wait for the connection if the socket has a time-out.
 *
 * @returns 0, the errno, or TIMED_OUT: pass it to {@linkcode check_connected} or
 * {@linkcode connected_errno}.
 */
export function connect(
  { fd, timeout }: Handle,
  address: Uint8Array<ArrayBuffer>,
): number {
  const number = try_once(fd, address);
  // After a signal connect(2) goes on in the kernel; a second call would fail with EALREADY.
  const started = number === EINTR ||
    (number === EINPROGRESS && timeout !== null);
  if (!started || timeout === 0) return number;
  const limit = timeout === null ? -1 : milliseconds(timeout * 1000);
  if (!wait_for(fd, POLLOUT, limit)) return TIMED_OUT;
  return getsockopt_int(fd, SOL_SOCKET, SO_ERROR);
}

/** A call that returns what {@linkcode connect} returns: it never rejects for connect(2). */
class ConnectCall extends SocketCall<number> {
  override timed_out(): number {
    return TIMED_OUT;
  }

  override closed(): void {
    this.finish(EBADF);
  }
}

/**
 * Works as {@linkcode connect}, without stopping the event loop; a host's name is resolved first.
 *
 * @param caller The method's name, for the errors of an address.
 */
export async function connect_async(
  handle: Handle,
  address: AddressLike,
  caller: string,
  options: WaitOptions | undefined,
): Promise<number> {
  const found = destination_async(handle, address, caller, options);
  const to = found instanceof Promise ? await found : found;
  let started = false;
  const attempt_connect = () => {
    const { fd } = handle;
    if (!started) {
      const number = without_blocking(fd, () => try_once(fd, to));
      // AF_UNIX only: the listener's queue is full. Try again later.
      if (number === EAGAIN) return NOT_YET;
      started = number === EINPROGRESS || number === EINTR;
      return started ? NOT_YET : number;
    }
    // A wake-up may be spurious: SO_ERROR is valid only once the socket is writable.
    if (!wait_for(fd, POLLOUT, 0)) return NOT_YET;
    const error = getsockopt_int(fd, SOL_SOCKET, SO_ERROR);
    // Linux still reports the result to the next connect(2), whatever its address: the caller's
    // would succeed instead of failing with EISCONN, or fail with ECONNABORTED instead of trying
    // again. So make that call here; AF_VSOCK would connect anew.
    const { timeout, kind: { family } } = handle;
    if (timeout === null && (error === 0 || is_inet(family))) {
      without_blocking(fd, () => try_once(fd, to));
    }
    return error;
  };
  const call = new ConnectCall(handle, EPOLLOUT, () => {
    try {
      return attempt_connect();
    } catch (error) {
      // Closed: a blocking connect(2) returns it, too.
      if (error instanceof OSError && error.errno === EBADF) return EBADF;
      throw error;
    }
  });
  return await pending(call, options);
}

function try_once(fd: number, address: Uint8Array<ArrayBuffer>): number {
  return libc.connect(fd, address, address.length) === -1 ? errno() : 0;
}

/** Throws the error for the result of {@linkcode connect}; does nothing for 0. */
export function check_connected(number: number): void {
  if (number === TIMED_OUT) throw timed_out("connect");
  if (number !== 0) throw os_error(number, { syscall: "connect" });
}

/** Returns the errno for the result of {@linkcode connect}, as CPython's `connect_ex` does. */
export function connected_errno(number: number): number {
  return number === TIMED_OUT ? EAGAIN : number;
}

// Milliseconds before the next try while no descriptor is free (EMFILE).
const BACK_OFF = 10;

/**
 * Accepts a client: accept4(2). The descriptor is non-blocking if there is a default time-out;
 * the peer's address is in `addr`.
 */
export function accept({ fd, timeout, unblocked }: Handle): number {
  let deadline = NONE;
  // accept4(2) has no MSG_DONTWAIT: with a time-out, wait for a client first.
  if (timeout !== null && timeout !== 0) {
    deadline = await_event("accept4", fd, POLLIN, timeout);
  }
  for (;;) {
    const client = accept4(fd);
    if (client !== -1) return client;
    const error = errno();
    if (error === EAGAIN && unblocked && timeout === null) {
      wait_for(fd, POLLIN, -1);
    } else deadline = again("accept4", error, fd, POLLIN, timeout, deadline);
  }
}

/**
 * Has accept4(2) fail instead of waiting, and accept() then waits in poll(2).
 *
 * The listener stays non-blocking: accept4(2) has no MSG_DONTWAIT, and processes that share a
 * listener share O_NONBLOCK: if one cleared it, another would block in accept4(2).
 */
function unblock(handle: Handle): void {
  const { fd } = handle;
  // A socket that does not listen fails at once, and keeps its flag.
  if (is_nonblocking(fd) || !is_listening(fd)) return;
  set_nonblocking(fd, true);
  handle.unblocked = handle.timeout === null;
}

/** Makes calls of a socket that do not wait, as if its time-out were 0. */
export function without_waiting<T>(handle: Handle, calls: () => T): T {
  unblock(handle);
  const { timeout } = handle;
  handle.timeout = 0;
  try {
    return calls();
  } finally {
    handle.timeout = timeout;
  }
}

/**
 * Works as {@linkcode accept}, without stopping the event loop.
 *
 * @param adopt Makes the result from the descriptor and the address in `addr`.
 */
export function accept_async<T>(
  handle: Handle,
  adopt: (fd: number) => T,
  options: WaitOptions | undefined,
): Promise<T> {
  return until(handle, EPOLLIN, () => {
    const { fd } = handle;
    unblock(handle);
    const client = attempt("accept4", () => accept4(fd));
    if (client !== -1) return adopt(client);
    // AF_UNIX reports a shut-down listener to blocking calls only.
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
  // It does not inherit O_NONBLOCK from the listener: its flags decide.
  return libc.accept4(fd, addr.address, addrlen.address, new_flags());
}

/** Accepts one client after another, until the socket is closed. */
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
