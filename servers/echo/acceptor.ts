/**
 * Accepts clients, and pauses while no descriptor is free.
 *
 * @module
 */

import { BlockingIOError, errno, OSError, type socket } from "../../mod.ts";
import type { Stop } from "../../cli/server.ts";
import type { Watcher } from "./backend.ts";
import { Client } from "./client.ts";

// The most clients that one call skips because they have left already.
const MOST_GONE = 100;

/** Limits the number of clients in all threads of a server. */
export class Room {
  readonly #most: number;
  readonly #taken: Int32Array;

  /**
   * Starts with the places that other threads have taken.
   *
   * @param most The limit; 0 for none.
   * @param taken The number of clients, shared by the threads.
   */
  constructor(most: number, taken: Int32Array = new Int32Array(1)) {
    this.#most = most === 0 ? Infinity : most;
    this.#taken = taken;
  }

  /** Takes a place, and returns `true`; returns `false` if none is free. */
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
  /** The number of clients that were refused for lack of room. */
  turned_away = 0;

  readonly #server: socket.Socket;
  readonly #watcher: Watcher;
  readonly #stop: Stop;
  readonly #room: Room;
  readonly #named: boolean;
  readonly #full: (() => void) | undefined;
  // Whether the lack of room is reported already.
  #told_full = false;
  // Whether it pauses for want of a descriptor.
  #paused = false;

  /**
   * Starts to watch for clients.
   *
   * @param server A non-blocking socket that listens.
   * @param watcher Watches it and the clients.
   * @param stop Says when a pause is over.
   * @param room Each client takes a place here, and leaves it when it is closed.
   * @param named Whether to keep the clients' addresses for printing, 64 bytes each.
   * @param full Called for the first client that finds no place, and again after a place
   * was free.
   */
  constructor(
    server: socket.Socket,
    watcher: Watcher,
    stop: Stop,
    room: Room,
    named: boolean,
    full: (() => void) | undefined,
  ) {
    this.#server = server;
    this.#watcher = watcher;
    this.#stop = stop;
    this.#room = room;
    this.#named = named;
    this.#full = full;
    watcher.watch(server, true, false);
  }

  /**
   * Accepts a client, and watches it for reading. Closes it if there is no room, so that it
   * does not fill the listener's queue.
   *
   * @returns The client; `null` if none waits, no descriptor is free, or there is no room.
   */
  accept(): Client | null {
    try {
      const [s, address] = this.#next();
      if (!this.#room.take()) {
        this.#turn_away(s);
        return null;
      }
      // accept4(2) has made it non-blocking under a default time-out: spare an ioctl(2).
      if (s.timeout !== 0) s.setblocking(false);
      const client = new Client(s, this.#named ? address : null);
      try {
        this.#watcher.watch(client, true, false);
      } catch (error) {
        this.#room.leave();
        s.close();
        throw error;
      }
      this.#told_full = false;
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
        // The client, or its network, failed before it was accepted, see accept(2).
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

  /** Stops watching the listener for a while: it stays readable, and the loop would spin. */
  #pause(error: OSError): void {
    this.#paused = true;
    this.#watcher.forget(this.#server);
    this.#stop.pause(error, () => this.freed());
  }

  /** Ends a pause: its time is over, or a descriptor is free again. */
  freed(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#watcher.watch(this.#server, true, false);
  }

  /** Stops accepting for good. */
  close(): void {
    this.#paused = false;
    this.#watcher.forget(this.#server);
    this.#server.close();
  }
}

function out_of_resources({ errno: number }: OSError): boolean {
  // ENOSPC: epoll_ctl(2) at the user's limit, max_user_watches.
  return number === errno.EMFILE || number === errno.ENFILE ||
    number === errno.ENOBUFS || number === errno.ENOMEM ||
    number === errno.ENOSPC;
}
