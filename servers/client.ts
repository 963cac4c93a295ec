/**
 * What a server knows of a client, and how servers differ in treating theirs.
 *
 * @module
 */

import type { socket } from "../mod.ts";
import type { Room } from "./acceptor.ts";
import { Outbox } from "./outbox.ts";
import type { Counts } from "./stats.ts";

/** How a server differs from others. */
export interface Manners {
  /** The bytes from which on a client is read no more until it has read some. */
  max_owed?: number;
  /** How many clients there may be; without it, as many as there are descriptors. */
  room?: Room;
  /** Seconds after which a client goes that neither sends nor reads; 0 for never. */
  idle_timeout?: number;
  /** Whether a client that has closed its own half is served on until it has gone. */
  serve_on?: boolean;
  /** Says that a client goes; its socket is still open. */
  closing?(s: socket.Socket, address: string, why: string): void;
  /** Says what went to a client. */
  sending?(address: string, data: Uint8Array): void;
  /** Says that there is no room for one more client; not again until there was. */
  full?(): void;
  /** Is told what there is to count, some four times a second. */
  counted?(counts: Counts): void;
}

/** What is known of a client. */
export interface Client {
  readonly sock: socket.Socket;
  readonly address: socket.Address;
  readonly outbox: Outbox;
  /** Whether it is read from: not while it is owed too much, nor after its end. */
  reading: boolean;
  /** Whether it is waited on to be written: only while it is owed something. */
  writing: boolean;
  /** Whether it has closed its end; it may still read what it is owed. */
  finished: boolean;
  /** After a stop is asked for: until when it may be about to say more. */
  quiet_at: number;
}

/** One that was just accepted. */
export function newcomer(
  sock: socket.Socket,
  address: socket.Address,
): Client {
  return {
    sock,
    address,
    outbox: new Outbox(),
    reading: true,
    writing: false,
    finished: false,
    quiet_at: 0,
  };
}
