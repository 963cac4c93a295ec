import { is_nonblocking } from "../../ffi/descriptor.ts";
import { libc } from "../../ffi/libc.ts";
import { last_error } from "../../ffi/syscall.ts";
import { timeout_of } from "../arguments.ts";
import { MSG_DONTWAIT } from "./constants/mod.ts";
import type { Handle } from "./handle.ts";

const FIONBIO = 0x5421n;

const on = new Int32Array([1]);
const off = new Int32Array([0]);

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

function set_nonblocking(fd: number, nonblocking: boolean): void {
  // It never waits, and so no signal interrupts it.
  if (libc.ioctl(fd, FIONBIO, nonblocking ? on : off) === -1) {
    throw last_error("ioctl");
  }
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
