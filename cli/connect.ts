/**
 * A client's start and its ends: connect, what it says when the server leaves, and
 * errors in one line.
 *
 * @module
 */

import { OSError, type socket } from "../mod.ts";
import { die } from "./flags.ts";
import { reason } from "./listen.ts";

/** What a client says when the server closes in order, as document 002 does. */
export const CLOSED = "Remote end closed connection; exiting.";

/**
 * Connects. Where that fails, it ends the script with one line and exit status 1.
 *
 * @param client A socket, not yet connected.
 * @param host As given.
 * @param port As given.
 */
export function connect(
  client: socket.Socket,
  host: string,
  port: number,
): void {
  try {
    client.connect([host, port]);
  } catch (error) {
    die(`cannot connect to ${host} port ${port}: ${reason(error)}`);
  }
}

/** Ends the script for a connection that failed: one line, and exit status 1. */
export function lost(host: string, port: number, error: unknown): never {
  if (!(error instanceof OSError)) throw error;
  die(`${host} port ${port}: ${error.strerror}`);
}
