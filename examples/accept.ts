/**
 * Accepting, for servers that are left running: no client and no lack of descriptors ends
 * them.
 *
 * @module
 */

import { BlockingIOError, OSError, select, socket } from "../mod.ts";

// A server without descriptors says so once, not each time that it tries.
let told = false;

/**
 * Accepts a client, which will not block.
 *
 * @param server Listens, and does not block.
 * @returns The client and its address; `null` if none waits, or no descriptor is free.
 */
export function accept(
  server: socket.Socket,
): [conn: socket.Socket, addr: socket.Address] | null {
  try {
    const [conn, addr] = server.accept();
    conn.setblocking(false);
    // One whose network went without a word would stay for ever
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1);
    told = false;
    return [conn, addr];
  } catch (error) {
    if (error instanceof BlockingIOError) return null;
    if (!(error instanceof OSError)) throw error;
    if (!told) console.error(`not accepting for now: ${error.strerror}`);
    told = true;
    // Who waits stays ready to be accepted: without a pause the server's loop would spin.
    select.select([], [], [], 0.1);
    return null;
  }
}
