/**
 * Ports that a test has to know before the program that listens there.
 *
 * @module
 */

import { socket } from "@iomux/py";

/**
 * A port that is reserved while it is held: the kernel gives it to no other program that asks
 * for any, and lets one bind it that asks for it by number and sets SO_REUSEADDR.
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
