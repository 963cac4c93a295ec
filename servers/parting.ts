/**
 * Parting from a client so that all that was sent to it arrives.
 *
 * What has come and is not read turns a close into a reset, and a reset overtakes what is
 * still on its way. So the sending half is closed first, and for a moment what comes is
 * read away.
 *
 * @module
 */

import { BlockingIOError, OSError, socket } from "../mod.ts";
import { GRACE, type Stop } from "../cli/stop.ts";
import type { Watcher } from "./acceptor.ts";
import type { Client } from "./client.ts";

/** Milliseconds until a client is left alone that says no more, or does not go. */
export const LINGER = 250;

const RECV_SIZE = 65536;

/** The clients that a server parts from. */
export class Parting implements Disposable {
  readonly #watcher: Watcher;
  readonly #stop: Stop;
  readonly #until = new Map<socket.Socket, number>();
  // Once a stop is asked for: when to give up what is still owed.
  #give_up_at = Infinity;
  // Whether what had come by then is being read: one round may not report it all.
  #last_look = false;
  // Whom something came from meanwhile, and whether the last round had somebody new.
  readonly #heard = new Set<socket.Socket>();
  #found = false;

  /**
   * Starts to watch for the word to stop, where it does not come by a signal.
   *
   * @param watcher What waits on that, and on the clients.
   * @param stop Whether to go on.
   */
  constructor(watcher: Watcher, stop: Stop) {
    this.#watcher = watcher;
    this.#stop = stop;
    if (stop.wake !== null) watcher.watch(stop.wake, true, false);
  }

  /** How many have not gone yet. */
  get size(): number {
    return this.#until.size;
  }

  /** Whether what had come when a stop was asked for is about to be read. */
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

  /** Notes, once a stop is asked for, that somebody came, or that a client said something. */
  hear(s?: socket.Socket): void {
    if (s !== undefined) {
      if (this.#heard.has(s)) return;
      this.#heard.add(s);
    }
    this.#found = true;
  }

  /** Whether clients were given all the time that they get. */
  overdue(now: number): boolean {
    return now >= this.#give_up_at;
  }

  /** Whether a client has said all, and has been sent all. */
  may_go({ quiet_at, outbox }: Client, now: number): boolean {
    // What had come by the stop is read in the next rounds, and answered.
    return !this.#last_look && now >= quiet_at && outbox.owed === 0;
  }

  /** Parts from one that was watched until now. */
  add(s: socket.Socket, now: number): void {
    this.#until.set(s, now + LINGER);
    try {
      s.shutdown(socket.SHUT_WR);
      this.#watcher.watch(s, true, false);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      // It is not connected any more.
      this.#close(s);
    }
  }

  /** Reads away what has come, and closes when that was all; or takes the word to stop. */
  receive(s: socket.Socket): void {
    if (s === this.#stop.wake) {
      // It stays readable: watching on would spin.
      this.#watcher.forget(s);
      this.#stop.request();
    }
    if (!this.#until.has(s)) return;
    try {
      if (s.recv(RECV_SIZE).length === 0) this.#close(s);
      // Edge-triggered, what is left counts anew.
      else this.#watcher.watch(s, true, false);
    } catch (error) {
      if (error instanceof BlockingIOError) return;
      if (!(error instanceof OSError)) throw error;
      this.#close(s);
    }
  }

  /** Closes those whose time is up. */
  sweep(now: number): void {
    for (const [s, until] of this.#until) if (now >= until) this.#close(s);
  }

  /** Closes them all. */
  [Symbol.dispose](): void {
    for (const s of this.#until.keys()) s.close();
    this.#until.clear();
  }

  #close(s: socket.Socket): void {
    this.#until.delete(s);
    this.#watcher.forget(s);
    s.close();
  }
}
