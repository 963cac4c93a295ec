/**
 * A server's start: bind, listen, and the first line that says where.
 *
 * @module
 */

import { OSError, socket, ValueError } from "../mod.ts";
import { die } from "./flags.ts";

/** The family that a host is of: AF_INET6 for an IPv6 address, else AF_INET. */
export function family_of(host: string): number {
  return host.includes(":") ? socket.AF_INET6 : socket.AF_INET;
}

/** What went wrong with an address: the system's word, or --deny-net's, or the host is none. */
export function reason(error: unknown): string {
  if (error instanceof OSError) return String(error.strerror);
  const named = error instanceof Deno.errors.NotCapable ||
    error instanceof ValueError;
  if (!named) throw error;
  return error.message;
}

/**
 * Binds and listens, and prints `starting up on HOST port PORT`. Where that fails, a port
 * in use or a host unknown, it ends the script with one line and exit status 1.
 *
 * @param server A socket, not yet bound.
 * @param host As given.
 * @param port As given; 0 for any free port.
 * @param backlog How many clients may wait to be accepted.
 */
export function listen(
  server: socket.Socket,
  host: string,
  port: number,
  backlog: number,
): void {
  // A restart must not wait for the last run's connections to be forgotten.
  server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1);
  // Urgent bytes stay in their place among the others: clients inherit this.
  server.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1);
  try {
    server.bind([host, port]);
    server.listen(backlog);
  } catch (error) {
    die(`cannot listen on ${host} port ${port}: ${reason(error)}`);
  }
  const [, real] = server.getsockname() as [string, number];
  console.log(`starting up on ${host} port ${real}`);
}
