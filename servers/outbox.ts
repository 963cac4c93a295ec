/**
 * What a client is owed: a queue of messages, and the rest of what went in part.
 *
 * @module
 */

import { queue } from "../mod.ts";

// What a waiting message costs beside its bytes: counted, or a client of single
// bytes fills the memory below its limit.
const MESSAGE_COST = 200;

/** What a client is owed. */
export class Outbox {
  // Made for the first message: of thousands of clients, few are ever owed one.
  #messages: queue.Queue<Uint8Array> | null = null;
  #rest: Uint8Array | null = null;
  #owed = 0;

  /** What waits here, in bytes. */
  get owed(): number {
    return this.#owed;
  }

  /** How many messages wait. */
  get size(): number {
    return this.#messages === null ? 0 : this.#messages.qsize();
  }

  /** What is left of bytes that went in part: it goes before any message. */
  get rest(): Uint8Array | null {
    return this.#rest;
  }

  /** Keeps a message. */
  put(message: Uint8Array): void {
    // A copy: what recv() returns may keep its neighbours' memory alive.
    this.#messages ??= queue.Queue();
    this.#messages.put(message.slice());
    this.#owed += message.length + MESSAGE_COST;
  }

  /** Takes the oldest message; `null` if there is none, or a rest is to go before. */
  get(): Uint8Array | null {
    if (this.#rest !== null || this.size === 0) return null;
    const message = this.#messages!.get_nowait();
    this.#owed -= message.length + MESSAGE_COST;
    return message;
  }

  /** Keeps what is left of bytes of which so many went. */
  keep_rest(data: Uint8Array, sent: number): void {
    if (sent === data.length) return;
    this.#rest = data.slice(sent);
    this.#owed += this.#rest.length;
  }

  /** Notes how many bytes of the rest went. */
  rest_sent(sent: number): void {
    const rest = this.#rest!;
    this.#rest = sent < rest.length ? rest.subarray(sent) : null;
    this.#owed -= sent;
  }
}
