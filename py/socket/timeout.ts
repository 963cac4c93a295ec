import { seconds, shown } from "../arguments.ts";
import { ValueError } from "../exceptions.ts";
import { MSG_DONTWAIT } from "./constants/mod.ts";

/** The flag of a socket with a time-out: a duplicate may have made it blocking. */
export function dontwait(timeout: number | null): number {
  return timeout === null || timeout === 0 ? 0 : MSG_DONTWAIT;
}

let default_timeout: number | null = null;

/**
 * Checks a socket's time-out.
 *
 * @throws {TypeError} If it is neither a number nor null.
 * @throws {ValueError} If it is negative or NaN.
 */
export function check_timeout(timeout: unknown): number | null {
  const limit = seconds(timeout);
  if (limit !== null && limit < 0) {
    throw new ValueError(`Timeout value out of range: ${shown(limit)}`);
  }
  return limit;
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
  default_timeout = check_timeout(timeout);
}
