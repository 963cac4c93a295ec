/**
 * Python's modules for I/O on descriptors, for Deno, straight on libc. Each namespace has the
 * name of a Python module and its names:
 *
 * - {@linkcode select}: waits until descriptors are ready: select(2), poll(2), epoll(7).
 * - {@linkcode selectors}: the same with a registry and data, on the best of the three.
 * - {@linkcode socket}: sockets, their options and addresses, and look-ups of names.
 * - {@linkcode queue}: queues, for output that waits to be sent.
 * - {@linkcode os}: pipes, files, timers and terminals as descriptors.
 * - {@linkcode errno}: the numbers of errors.
 *
 * Beside them are the exceptions, such as {@linkcode OSError}, and the built-in {@linkcode repr}.
 * Each namespace is also an entry point, such as {@link [socket] `@iomux/py/socket`}. Two modules
 * are entry points only, since few programs need them:
 *
 * - {@link [socketserver] `@iomux/py/socketserver`}: servers of handlers.
 * - {@link [struct] `@iomux/py/struct`}: C structs as bytes.
 *
 * @example
 * ```ts
 * import { select, socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using server = socket.socket(socket.AF_INET, socket.SOCK_STREAM);
 * server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1);
 * server.bind(["localhost", 0]);
 * server.listen(5);
 * const [readable] = select.select([server], [], [], 0.01);
 * assertEquals(readable, []);
 * ```
 *
 * @module
 */

export * as errno from "./py/errno.ts";
export * as os from "./py/os/mod.ts";
export * as queue from "./py/queue.ts";
export * as select from "./py/select.ts";
export * as selectors from "./py/selectors.ts";
export * as socket from "./py/socket/mod.ts";
export * from "./py/exceptions.ts";
export { repr } from "./py/repr.ts";
// Beside its namespace, so that `deno doc --filter Socket.recv` finds it here.
export type { Socket } from "./py/socket/mod.ts";
