/**
 * Accepting clients, with a pause while no descriptor is free for one more.
 *
 * @module
 */

import { BlockingIOError, errno, OSError, type socket } from "../../mod.ts";
import type { Watcher } from "./backend.ts";
import { Client } from "./client.ts";

// Milliseconds until a server without descriptors tries to accept again.
const RETRY = 1000;
// Clients that have gone before they were accepted, to be skipped at a time.
const MOST_GONE = 100;

/** How many clients a server may have, in all of its threads. */
export class Room {
  readonly #most: number;
  readonly #taken: Int32Array;

  /**
   * Starts empty, or where other threads are by now.
   *
   * @param most The limit; 0 for none.
   * @param taken How many clients there are, shared among threads.
   */
  constructor(most: number, taken: Int32Array = new Int32Array(1)) {
    this.#most = most === 0 ? Infinity : most;
    this.#taken = taken;
  }

  /** Takes a place; returns whether there was one. */
  take(): boolean {
    if (Atomics.add(this.#taken, 0, 1) < this.#most) return true;
    this.leave();
    return false;
  }

  /** Leaves a place. */
  leave(): void {
    Atomics.sub(this.#taken, 0, 1);
  }
}

/** The listening socket of a server, and whether it is watched. */
export class Acceptor {
  /** How many were closed at once, as there was no room. */
  turned_away = 0;

  readonly #server: socket.Socket;
  readonly #watcher: Watcher;
  readonly #room: Room;
  readonly #named: boolean;
  readonly #full: (() => void) | undefined;
  // That there is no room is told once, too, until there was.
  #told_full = false;
  // While no descriptor is free for one more client: when to try again.
  #retry_at = Infinity;
  // A pause is told once, however often it is tried again.
  #told = false;

  /**
   * Starts to watch for clients.
   *
   * @param server Listens, and does not block.
   * @param watcher What waits on it and on the clients.
   * @param room Where each client takes a place; to be left when it goes.
   * @param named Whether clients keep their addresses, 64 bytes each, to be printed.
   * @param full Called when there is no place, and not again until there was one.
   */
  constructor(
    server: socket.Socket,
    watcher: Watcher,
    room: Room,
    named: boolean,
    full?: () => void,
  ) {
    this.#server = server;
    this.#watcher = watcher;
    this.#room = room;
    this.#named = named;
    this.#full = full;
    watcher.watch(server, true, false);
  }

  /**
   * Accepts a client, and watches it for reading.
   *
   * @returns The client; `null` if none is left, no descriptor is free, or there is no room:
   * then the client is closed, or the listener's queue would fill.
   */
  accept(): Client | null {
    try {
      const [s, address] = this.#next();
      if (!this.#room.take()) {
        this.#turn_away(s);
        return null;
      }
      // With a default time-out it does not block already, which spares an ioctl(2).
      if (s.timeout !== 0) s.setblocking(false);
      const client = new Client(s, this.#named ? address : null);
      try {
        this.#watcher.watch(client, true, false);
      } catch (error) {
        this.#room.leave();
        s.close();
        throw error;
      }
      this.#told = this.#told_full = false;
      return client;
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      if (out_of_resources(error)) this.#pause(error);
      return null;
    }
  }

  #next(): [s: socket.Socket, address: socket.Address] {
    for (let left = MOST_GONE;; left--) {
      try {
        return this.#server.accept();
      } catch (error) {
        if (!(error instanceof OSError)) throw error;
        if (error instanceof BlockingIOError || out_of_resources(error)) {
          throw error;
        }
        // This one, or its network, went before it was accepted: accept(2).
        if (left === 0) throw error;
      }
    }
  }

  #turn_away(s: socket.Socket): void {
    s.close();
    this.turned_away++;
    if (!this.#told_full) this.#full?.();
    this.#told_full = true;
  }

  /** A listener that cannot accept stays readable: watching it would spin. */
  #pause(error: OSError): void {
    if (!this.#told) console.error(`not accepting for now: ${error.strerror}`);
    this.#told = true;
    this.#watcher.forget(this.#server);
    this.#retry_at = performance.now() + RETRY;
  }

  /** Ends a pause when it is time. */
  retry(): void {
    if (this.#retry_at === Infinity) return;
    if (performance.now() >= this.#retry_at) this.freed();
  }

  /** Ends a pause, as a descriptor is free again. */
  freed(): void {
    if (this.#retry_at === Infinity) return;
    this.#retry_at = Infinity;
    this.#watcher.watch(this.#server, true, false);
  }

  /** Accepts no client from now on. */
  close(): void {
    this.#retry_at = Infinity;
    this.#watcher.forget(this.#server);
    this.#server.close();
  }
}

function out_of_resources({ errno: number }: OSError): boolean {
  // ENOSPC: epoll_ctl(2), where a user may watch no more.
  return number === errno.EMFILE || number === errno.ENFILE ||
    number === errno.ENOBUFS || number === errno.ENOMEM ||
    number === errno.ENOSPC;
}
