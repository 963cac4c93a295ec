/**
 * Free ports that a test knows before a program listens on them.
 *
 * @module
 */

import { socket } from "@iomux/py";

/**
 * Reserves a port until it is disposed of: the kernel gives it to no program that asks for any
 * port, but a program that sets SO_REUSEADDR can bind it by its number.
 *
 * @param kind SOCK_STREAM, or SOCK_DGRAM.
 */
export function reserved_port(
  kind: number = socket.SOCK_STREAM,
): { port: number } & Disposable {
  const held = socket.socket(socket.AF_INET, kind);
  held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1);
  held.bind(["127.0.0.1", 0]);
  return { port: held.getsockname()[1], [Symbol.dispose]: () => held.close() };
}
