/**
 * Parting from a client so that all that was sent to it arrives.
 *
 * What has come and is not read turns a close into a reset, and a reset overtakes what is
 * still on its way. So the sending half is closed first, and for a moment what comes is
 * read away.
 *
 * @module
 */

import { BlockingIOError, OSError, socket } from "../../mod.ts";
import { GRACE } from "../../cli/server.ts";
import type { Watcher } from "./backend.ts";
import type { Client } from "./client.ts";

/** Milliseconds of silence after which a client has nothing more to say, or is not waited for. */
export const LINGER = 250;

const RECV_SIZE = 65536;

/** The clients that a server parts from. */
export class Parting implements Disposable {
  readonly #watcher: Watcher;
  readonly #until = new Map<Client, number>();
  // Once a stop is requested: when to give up what is still queued.
  #give_up_at = Infinity;
  // Whether what had come by then is being read: one round may not report it all.
  #last_look = false;
  // The clients that have sent something meanwhile; and whether the last round had a new one.
  readonly #heard = new Set<Client>();
  #found = false;

  /** @param watcher Waits on the clients. */
  constructor(watcher: Watcher) {
    this.#watcher = watcher;
  }

  /** How many have not gone yet. */
  get size(): number {
    return this.#until.size;
  }

  /** Whether what had come when a stop was requested is about to be read. */
  get last_look(): boolean {
    return this.#last_look;
  }

  /** Goes on with a stop; returns whether, just now, all that had come was read. */
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

  /** Notes, once a stop is requested, that a client came, or has sent something. */
  hear(client: Client): void {
    if (this.#heard.has(client)) return;
    this.#heard.add(client);
    this.#found = true;
  }

  /** Whether the time that clients get is over. */
  overdue(now: number): boolean {
    return now >= this.#give_up_at;
  }

  /** Whether a client has sent all, and has been sent all. */
  may_go({ quiet_at, queued }: Client, now: number): boolean {
    // What had come by the stop is read in the next rounds, and answered.
    return !this.#last_look && now >= quiet_at && queued === 0;
  }

  /** Parts from a client that was watched until now. */
  add(client: Client, now: number): void {
    this.#until.set(client, now + LINGER);
    try {
      client.sock.shutdown(socket.SHUT_WR);
      this.#watcher.watch(client, true, false);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      // It is not connected any more.
      this.#close(client);
    }
  }

  /** Reads away what has come, and closes when that was all. */
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

  /** Closes those whose time is up. */
  sweep(now: number): void {
    for (const [client, until] of this.#until) {
      if (now >= until) this.#close(client);
    }
  }

  /** Closes them all. */
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
