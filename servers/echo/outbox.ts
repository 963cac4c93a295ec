/**
 * What is queued for a client: messages, and what is left of one that went in part.
 *
 * @module
 */

import { queue } from "../../mod.ts";

// What a waiting message costs beside its bytes: counted, or a client of single
// bytes fills the memory below its limit.
const MESSAGE_COST = 200;

/** What is queued for a client. */
export class Outbox {
  readonly #messages = queue.Queue<Uint8Array>();
  #next: Uint8Array | null = null;
  #size = 0;

  /** What waits here, in bytes, with what keeping it costs. */
  get size(): number {
    return this.#size;
  }

  /** Keeps a message. */
  put(message: Uint8Array): void {
    // A copy: what recv() returns may keep its neighbours' memory alive.
    this.#messages.put(message.slice());
    this.#size += message.length + MESSAGE_COST;
  }

  /** What is to be sent next: the rest of the oldest message; `null` if nothing is left. */
  next(): Uint8Array | null {
    if (this.#next === null && this.#size > 0) {
      this.#next = this.#messages.get_nowait();
    }
    return this.#next;
  }

  /** Drops the first bytes of {@linkcode next}, which were sent. */
  drop(sent: number): void {
    const rest = this.#next!.subarray(sent);
    this.#size -= sent;
    if (rest.length === 0) this.#size -= MESSAGE_COST;
    this.#next = rest.length === 0 ? null : rest;
  }
}
