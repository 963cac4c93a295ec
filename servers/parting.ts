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
import type { Watcher } from "./acceptor.ts";

/** Milliseconds until a client is left alone that says no more, or does not go. */
export const LINGER = 250;

const RECV_SIZE = 65536;

/** The clients that a server parts from. */
export class Parting {
  readonly #watcher: Watcher;
  readonly #until = new Map<socket.Socket, number>();

  constructor(watcher: Watcher) {
    this.#watcher = watcher;
  }

  /** How many have not gone yet. */
  get size(): number {
    return this.#until.size;
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

  /** Reads away what has come, and closes when that was all. */
  receive(s: socket.Socket): void {
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

  #close(s: socket.Socket): void {
    this.#until.delete(s);
    this.#watcher.forget(s);
    s.close();
  }
}
