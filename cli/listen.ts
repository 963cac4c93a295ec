/**
 * A server's start: bind, listen, and the first line that says where.
 *
 * @module
 */

import { OSError, socket, ValueError } from "../mod.ts";
import { address, die, type Flag, whole } from "./flags.ts";

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

/** The flags of a server that say where, and how many clients may wait. */
export function listening(
  host: string,
  port: number,
): { host: Flag<string>; port: Flag<number>; backlog: Flag<number> } {
  return {
    ...address(host, port),
    backlog: whole(
      socket.SOMAXCONN,
      0,
      2 ** 31 - 1,
      "NUMBER",
      "how many clients may wait to be accepted",
    ),
  };
}

/**
 * Binds. Where that fails, a port in use or a host unknown, it ends the script with one
 * line and exit status 1.
 *
 * @param server A socket, not yet bound.
 * @param host As given.
 * @param port As given; 0 for any free port.
 * @param reuse_port Whether others of this user may listen on the same port.
 * @returns The real port.
 */
export function bind(
  server: socket.Socket,
  host: string,
  port: number,
  reuse_port = false,
): number {
  // A restart must not wait for the last run's connections to be forgotten.
  server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1);
  // Urgent bytes stay in their place among the others: clients inherit this.
  server.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1);
  if (reuse_port) {
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1);
  }
  or_die(host, port, () => server.bind([host, port]));
  const [, real] = server.getsockname() as [string, number];
  return real;
}

/**
 * Binds and listens; where that fails, it ends the script as {@linkcode bind} does.
 *
 * @param backlog How many clients may wait to be accepted.
 * @returns The real port.
 */
export function open(
  server: socket.Socket,
  host: string,
  port: number,
  backlog: number,
  reuse_port = false,
): number {
  const real = bind(server, host, port, reuse_port);
  or_die(host, port, () => server.listen(backlog));
  return real;
}

/**
 * Binds and listens, and prints `starting up on HOST port PORT`. Where that fails, a port
 * in use or a host unknown, it ends the script with one line and exit status 1.
 *
 * @param server A socket, not yet bound.
 * @param host As given.
 * @param port As given; 0 for any free port.
 * @param backlog How many clients may wait to be accepted.
 * @param reuse_port Whether others of this user may listen on the same port.
 */
export function listen(
  server: socket.Socket,
  host: string,
  port: number,
  backlog: number,
  reuse_port = false,
): void {
  say_where(host, open(server, host, port, backlog, reuse_port));
}

/** Prints a server's first line, which says that it listens. */
export function say_where(host: string, port: number): void {
  console.log(`starting up on ${host} port ${port}`);
}

function or_die(host: string, port: number, attempt: () => void): void {
  try {
    attempt();
  } catch (error) {
    die(`cannot listen on ${host} port ${port}: ${reason(error)}`);
  }
}
