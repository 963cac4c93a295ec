/**
 * The sockets that systemd passes to a service: sd_listen_fds(3).
 *
 * @module
 */

import { socket } from "../../mod.ts";

// SD_LISTEN_FDS_START: the first descriptor after standard input, output and error
const START = 3;
// A larger count is taken for an error
const MOST = 1024;

/** The permission that {@linkcode listen_fds} needs. */
export const ALLOW_ENV = "--allow-env=LISTEN_PID,LISTEN_FDS,LISTEN_FDNAMES";

/** A socket that systemd has passed. */
export interface Inherited {
  /** FileDescriptorName= of the socket unit, by default the unit's name; or `unknown`. */
  readonly name: string;
  /** A listener; a connection with Accept=yes. */
  readonly sock: socket.Socket;
}

/**
 * Takes over the sockets that systemd has passed to this process. A second call returns none,
 * and a child process gets none.
 *
 * Needs {@linkcode ALLOW_ENV}.
 *
 * @returns The sockets; none if they were passed to another process, or there are none.
 * @throws {OSError} ENOTSOCK for a FIFO or a file, which a socket unit can pass, too; EBADF.
 * @throws {Deno.errors.NotCapable} Without that permission.
 */
export function listen_fds(): Inherited[] {
  const pid = taken("LISTEN_PID");
  const count = Number(taken("LISTEN_FDS"));
  const names = taken("LISTEN_FDNAMES").split(":");
  // Set for another process: children inherit variables, but not the descriptors.
  if (pid !== String(Deno.pid)) return [];
  if (!Number.isInteger(count) || count < 0 || count > MOST) return [];
  const found: Inherited[] = [];
  try {
    for (let i = 0; i < count; i++) {
      // -1: asks the kernel for family and type.
      const sock = socket.socket(-1, -1, -1, START + i);
      found.push({ name: names[i] || "unknown", sock });
      // It was kept open through exec: close it at the next one.
      sock.set_inheritable(false);
      // The socket is shared with systemd, which may have set or cleared O_NONBLOCK.
      sock.setblocking(false);
    }
  } catch (error) {
    for (const { sock } of found) sock.close();
    throw error;
  }
  return found;
}

/** Whether a socket listens. */
export function listens(sock: socket.Socket): boolean {
  return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) === 1;
}

function taken(variable: string): string {
  const value = Deno.env.get(variable) ?? "";
  Deno.env.delete(variable);
  return value;
}
