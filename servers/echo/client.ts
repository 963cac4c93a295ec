/**
 * A client of the echo server: its socket and its state.
 *
 * @module
 */

import type { socket } from "../../mod.ts";
import type { Outbox } from "./outbox.ts";

/** A client. It has a `fileno()`, so that `select` takes and returns it. */
export class Client {
  readonly sock: socket.Socket;
  /** Its address; `null` if it is never printed. */
  readonly address: socket.Address;
  /** Its unsent data; most clients never need one. */
  outbox: Outbox | null = null;
  /** The size of {@linkcode outbox}, as the server's total counts it. */
  queued = 0;
  /** Whether it is read: not while too much is queued for it, nor after its end of data. */
  reading = true;
  /** Whether it is watched for writing: only while something is queued for it. */
  writing = false;
  /** Whether it is half-closed; it may still read what is queued. */
  finished = false;
  /** When stopping: until when to expect more data from it, by `performance.now()`. */
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
