/**
 * Python's `errno`: every error number of Linux under its name.
 *
 * The values are Linux's on every machine; {@linkcode errorcode} leads from a number to its name.
 *
 * @example
 * ```ts
 * import { errno, OSError, socket } from "@iomux/py";
 * import { assert, assertEquals } from "@std/assert";
 *
 * using server = socket.socket();
 * server.listen();
 * server.setblocking(false);
 * try {
 *   server.accept();
 * } catch (error) {
 *   assert(error instanceof OSError && error.errno !== null);
 *   assertEquals(error.errno, errno.EWOULDBLOCK);
 *   assertEquals(errno.errorcode[error.errno], "EAGAIN");
 * }
 * ```
 *
 * @module
 */

export * from "../ffi/errno.ts";
export { errorcode } from "../ffi/os_error.ts";
