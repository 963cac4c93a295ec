/**
 * The sockets that systemd passes to a service: sd_listen_fds(3).
 *
 * @module
 */

import { socket } from "../../mod.ts";

// SD_LISTEN_FDS_START: the first descriptor after standard input, output and error
const START = 3;
// More than anybody passes; a count that is out of all reason is none
const MOST = 1024;

/** The permission to read what {@linkcode listen_fds} reads. */
export const ALLOW_ENV = "--allow-env=LISTEN_PID,LISTEN_FDS,LISTEN_FDNAMES";

/** A socket as it was passed. */
export interface Inherited {
  /** FileDescriptorName= of the socket unit, its name as a rule; `unknown` without. */
  readonly name: string;
  /** It listens; or, with Accept=yes, it is the connection. */
  readonly sock: socket.Socket;
}

/**
 * Takes over the sockets that were passed to this process. The second call finds none, and
 * neither does a program that this one starts.
 *
 * Needs {@linkcode ALLOW_ENV}.
 *
 * @returns None, if they are another process's or nobody passed any.
 * @throws {OSError} ENOTSOCK of a FIFO or file, which a socket unit can pass, too; EBADF.
 * @throws {Deno.errors.NotCapable} Without that permission.
 */
export function listen_fds(): Inherited[] {
  const pid = taken("LISTEN_PID");
  const count = Number(taken("LISTEN_FDS"));
  const names = taken("LISTEN_FDNAMES").split(":");
  // A parent's variables are inherited further than its descriptors.
  if (pid !== String(Deno.pid)) return [];
  if (!Number.isInteger(count) || count < 0 || count > MOST) return [];
  const found: Inherited[] = [];
  try {
    for (let i = 0; i < count; i++) {
      // Family and type are asked of the kernel.
      const sock = socket.socket(-1, -1, -1, START + i);
      found.push({ name: names[i] || "unknown", sock });
      // It came through exec, and shall not go through the next.
      sock.set_inheritable(false);
      // The flag is not the descriptor's but the socket's: whoever passed it chose.
      sock.setblocking(false);
    }
  } catch (error) {
    for (const { sock } of found) sock.close();
    throw error;
  }
  return found;
}

/** Whether a socket listens; else it is a connection, or of datagrams. */
export function listens(sock: socket.Socket): boolean {
  return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) === 1;
}

function taken(variable: string): string {
  const value = Deno.env.get(variable) ?? "";
  Deno.env.delete(variable);
  return value;
}
