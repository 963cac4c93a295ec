/**
 * Accepting clients, with a pause while no descriptor is free for one more.
 *
 * @module
 */

import { BlockingIOError, errno, OSError, type socket } from "../mod.ts";

/** What waits on sockets: select's lists, a poll object, an epoll object. */
export interface Watcher {
  /** Watches a socket for reading, writing or both; or changes for what. */
  watch(sock: socket.Socket, read: boolean, write: boolean): void;
  /** Stops watching a socket; to be called before it is closed. */
  forget(sock: socket.Socket): void;
}

// Milliseconds until a server without descriptors tries to accept again.
const RETRY = 1000;
// Clients that have gone before they were accepted, to be passed over at a time.
const MOST_GONE = 100;

/** The listening socket of a server, and whether it is watched. */
export class Acceptor {
  readonly #server: socket.Socket;
  readonly #watcher: Watcher;
  // While no descriptor is free for one more client: when to try again.
  #retry_at = Infinity;
  // A pause is told once, however often it is tried again.
  #told = false;

  /**
   * Starts to watch for clients.
   *
   * @param server Listens, and does not block.
   * @param watcher What waits on it and on the clients.
   */
  constructor(server: socket.Socket, watcher: Watcher) {
    this.#server = server;
    this.#watcher = watcher;
    watcher.watch(server, true, false);
  }

  /** Accepts a client, and watches it; `null` if none is left, or no descriptor is free. */
  accept(): [s: socket.Socket, address: socket.Address] | null {
    try {
      const [s, address] = this.#next();
      s.setblocking(false);
      try {
        this.#watcher.watch(s, true, false);
      } catch (error) {
        s.close();
        throw error;
      }
      this.#told = false;
      return [s, address];
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

  /** Accepts nobody from now on. */
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
