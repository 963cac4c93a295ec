/**
 * The unsent messages of a client.
 *
 * @module
 */

import { queue } from "../../mod.ts";

// The memory that a message takes besides its bytes. Without it, a client that sends single
// bytes would fill the memory below its limit.
const MESSAGE_COST = 200;

/** The messages that are queued for a client, and the rest of one that was sent in part. */
export class Outbox {
  readonly #messages = queue.Queue<Uint8Array>();
  #next: Uint8Array | null = null;
  #size = 0;

  /** The bytes that are queued, and the cost of each message. */
  get size(): number {
    return this.#size;
  }

  /** Queues a message. */
  put(message: Uint8Array): void {
    // A copy: the next receive overwrites the buffer.
    this.#messages.put(message.slice());
    this.#size += message.length + MESSAGE_COST;
  }

  /** Returns what is left of the oldest message; `null` if the queue is empty. */
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
