/**
 * A client of the echo server: its socket, and what the server knows of it.
 *
 * @module
 */

import type { socket } from "../../mod.ts";
import type { Outbox } from "./outbox.ts";

/** A client. It has a `fileno()`, so that what waits on it returns it. */
export class Client {
  readonly sock: socket.Socket;
  /** Its address; `null` where nothing of it is printed. */
  readonly address: socket.Address;
  /** What waits to be sent to it; most clients never need one. */
  outbox: Outbox | null = null;
  /** How much that is, in bytes. */
  queued = 0;
  /** Whether it is read: not while too much is queued for it, nor after its end. */
  reading = true;
  /** Whether it is watched for writing: only while something is queued for it. */
  writing = false;
  /** Whether it has closed its half; it may still read what is queued. */
  finished = false;
  /** After a stop is requested: until when it may be about to send more. */
  quiet_at = 0;

  constructor(sock: socket.Socket, address: socket.Address) {
    this.sock = sock;
    this.address = address;
  }

  /** The socket's descriptor; -1 once it is closed. */
  fileno(): number {
    return this.sock.fileno();
  }
}
