/**
 * Closes clients so that all data that was sent to them arrives.
 *
 * Unread data turns a close into a reset, and a reset destroys data on its way. So the
 * sending half is closed first, and for LINGER milliseconds incoming data is discarded.
 *
 * @module
 */

import { BlockingIOError, OSError, socket } from "../../mod.ts";
import { GRACE } from "../../cli/server.ts";
import type { Watcher } from "./backend.ts";
import type { Client } from "./client.ts";

/** Milliseconds to wait for more data from a client, and for its close. */
export const LINGER = 250;

const RECV_SIZE = 65536;

/** The clients that are being closed. */
export class Parting implements Disposable {
  readonly #watcher: Watcher;
  readonly #until = new Map<Client, number>();
  // When stopping: when to drop what is still queued.
  #give_up_at = Infinity;
  // Whether data that arrived before the stop is being read: one round may not report it all.
  #last_look = false;
  // The clients that have connected or sent data since the stop; and whether the last round added
  // one.
  readonly #heard = new Set<Client>();
  #found = false;

  /** @param watcher Watches the clients. */
  constructor(watcher: Watcher) {
    this.#watcher = watcher;
  }

  /** The number of clients that are not closed yet. */
  get size(): number {
    return this.#until.size;
  }

  /** Whether data that arrived before the stop is still being read. */
  get last_look(): boolean {
    return this.#last_look;
  }

  /** Takes the next step of a stop; returns `true` once, when the last look is over. */
  proceed(now: number): boolean {
    if (this.#give_up_at === Infinity) {
      this.#give_up_at = now + GRACE * 1000;
      this.#last_look = true;
      return false;
    }
    const over = this.#last_look && (!this.#found || this.overdue(now));
    if (over) this.#last_look = false;
    this.#found = false;
    return over;
  }

  /** Records, when stopping, that a client has connected or sent data. */
  hear(client: Client): void {
    if (this.#heard.has(client)) return;
    this.#heard.add(client);
    this.#found = true;
  }

  /** Whether the time for an orderly end is over. */
  overdue(now: number): boolean {
    return now >= this.#give_up_at;
  }

  /** Whether a client is quiet, and nothing is queued for it. */
  may_go({ quiet_at, queued }: Client, now: number): boolean {
    // During the last look, data that arrived before the stop is read and answered.
    return !this.#last_look && now >= quiet_at && queued === 0;
  }

  /** Closes the sending half of a client that is watched. */
  add(client: Client, now: number): void {
    this.#until.set(client, now + LINGER);
    try {
      client.sock.shutdown(socket.SHUT_WR);
      this.#watcher.watch(client, true, false);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      // ENOTCONN: the client has reset the connection.
      this.#close(client);
    }
  }

  /** Discards data of a client that is being closed; closes it at the end of the data. */
  receive(client: Client): void {
    if (!this.#until.has(client)) return;
    try {
      if (client.sock.recv(RECV_SIZE).length === 0) this.#close(client);
    } catch (error) {
      if (error instanceof BlockingIOError) return;
      if (!(error instanceof OSError)) throw error;
      this.#close(client);
    }
  }

  /** Closes the clients whose time is over. */
  sweep(now: number): void {
    for (const [client, until] of this.#until) {
      if (now >= until) this.#close(client);
    }
  }

  /** Closes all of them. */
  [Symbol.dispose](): void {
    for (const { sock } of this.#until.keys()) sock.close();
    this.#until.clear();
  }

  #close(client: Client): void {
    this.#until.delete(client);
    this.#watcher.forget(client);
    client.sock.close();
  }
}
