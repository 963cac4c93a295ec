/**
 * Accepts clients for a server that runs for long: neither a client nor a lack of descriptors
 * ends it.
 *
 * @module
 */

import { BlockingIOError, OSError, select, socket } from "../mod.ts";

// Whether the lack of descriptors is reported already.
let told = false;

/**
 * Accepts a client, and makes it non-blocking.
 *
 * @param server A non-blocking socket that listens.
 * @returns The client and its address; `null` if none waits, or no descriptor is free.
 */
export function accept(
  server: socket.Socket,
): [conn: socket.Socket, addr: socket.Address] | null {
  try {
    const [conn, addr] = server.accept();
    conn.setblocking(false);
    // Or a client whose network fails silently stays connected for ever
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1);
    told = false;
    return [conn, addr];
  } catch (error) {
    if (error instanceof BlockingIOError) return null;
    if (!(error instanceof OSError)) throw error;
    if (!told) console.error(`not accepting for now: ${error.strerror}`);
    told = true;
    // The listener stays readable: without a pause the server's loop would spin.
    select.select([], [], [], 0.1);
    return null;
  }
}
