import { EAGAIN, EINPROGRESS, EINTR, EISCONN } from "../../ffi/errno.ts";
import { errno, libc } from "../../ffi/libc.ts";
import { milliseconds, os_error, wait_for } from "../../ffi/syscall.ts";
import { check_signal, NOT_YET, type WaitOptions } from "../pending.ts";
import { EPOLLOUT, POLLOUT } from "../select.ts";
import { type AddressLike, destination_async } from "./address.ts";
import { AF_INET, AF_INET6, SO_ERROR, SOL_SOCKET } from "./constants.ts";
import type { Handle } from "./handle.ts";
import { getsockopt_int } from "./options.ts";
import { until, without_blocking } from "./timeout.ts";

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
