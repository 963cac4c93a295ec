/**
 * Python's `select`, `selectors`, `socket`, `queue` and the descriptors of `os` for Deno,
 * straight on libc.
 *
 * Each namespace is named as Python's module and holds Python's names; the exceptions
 * are exported beside them. `socketserver` is an entry point of its own, as few need it:
 * `@iomux/py/socketserver`.
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
export * as queue from "./py/queue/mod.ts";
export * as select from "./py/select/mod.ts";
export * as selectors from "./py/selectors/mod.ts";
export * as socket from "./py/socket/mod.ts";
export * from "./py/exceptions.ts";
// Beside its namespace, so that `deno doc --filter Socket.recv` finds it here.
export type { Socket } from "./py/socket/mod.ts";
