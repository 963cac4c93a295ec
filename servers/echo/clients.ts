/**
 * Accepts, reads, answers and closes the clients of the echo server.
 *
 * No call here blocks, and none throws because of a client. Queues are bounded, for each
 * client and in total.
 *
 * @module
 */

import { BlockingIOError, OSError, type socket } from "../../mod.ts";
import { show_address } from "../../cli/show.ts";
import { PATIENCE, type Stop } from "../../cli/server.ts";
import { Acceptor, type Room } from "./acceptor.ts";
import type { Watcher } from "./backend.ts";
import type { Client } from "./client.ts";
import { Idle } from "./idle.ts";
import { Outbox } from "./outbox.ts";
import { LINGER, Parting } from "./parting.ts";
import type { Counts } from "./stats.ts";
import { Table } from "./table.ts";

const RECV_SIZE = 65536;
// Above the total, a client with an empty queue is read in pieces of this size: if it does
// not take the answer, little is added to the total.
const CROWDED_RECV_SIZE = 4096;

/** The limits of clients, and the callbacks that print. */
export interface Options {
  /** Stops reading from a client with this many bytes queued, until it has read some. */
  max_queue: number;
  /** With this many bytes queued in total, reads only from clients with an empty queue. */
  max_total: number;
  /** Limits the number of clients. */
  room: Room;
  /** Closes a client that neither sends nor reads for this many seconds; 0 for never. */
  idle_timeout: number;
  /** Called before a client is closed. */
  closing: ((address: string, why: string) => void) | undefined;
  /** Called with the bytes that were sent to a client. */
  sending: ((address: string, data: Uint8Array) => void) | undefined;
  /** Called when there is no room for a client; not again until there was room. */
  full: (() => void) | undefined;
  /** Called with the counts, about four times a second. */
  counted: ((counts: Counts) => void) | undefined;
}

/** The clients of a server. */
export class Clients implements Disposable {
  readonly #acceptor: Acceptor;
  readonly #watcher: Watcher;
  readonly #stop: Stop;
  readonly #options: Options;
  readonly #idle: Idle<Client> | null;
  readonly #clients = new Table<Client>();
  readonly #parting: Parting;
  // One for all clients: fresh memory for each result costs an echo of 64 KiB two thirds more.
  readonly #buffer = new Uint8Array(RECV_SIZE);
  readonly #small = this.#buffer.subarray(0, CROWDED_RECV_SIZE);
  #served = 0;
  #received = 0;
  #sent = 0;
  #queued = 0;

  /**
   * Starts to watch for clients.
   *
   * @param server A non-blocking socket that listens.
   * @param watcher Watches it and the clients.
   * @param stop Says when to stop.
   * @param options The limits, and the callbacks that print.
   */
  constructor(
    server: socket.Socket,
    watcher: Watcher,
    stop: Stop,
    options: Options,
  ) {
    const { room, idle_timeout, closing, sending, full } = options;
    this.#idle = idle_timeout > 0 ? new Idle(idle_timeout) : null;
    const named = closing !== undefined || sending !== undefined;
    this.#acceptor = new Acceptor(server, watcher, stop, room, named, full);
    this.#parting = new Parting(watcher);
    this.#watcher = watcher;
    this.#stop = stop;
    this.#options = options;
  }

  /**
   * Whether the loop goes on. After a stop request it does until the last client is served.
   *
   * Call it between rounds: it closes clients.
   */
  open(): boolean {
    return !this.#stop.requested || this.#finish();
  }

  /** Seconds to wait: 0 while data that arrived before the stop is unread. */
  patience(): number {
    return this.#parting.last_look ? 0 : PATIENCE;
  }

  /** Turns the event loop, and closes clients that are idle for too long. */
  async turn(): Promise<void> {
    await this.#stop.turn();
    const drop = (client: Client) => this.#drop(client, "as it is silent");
    this.#idle?.look(performance.now(), drop);
    this.#options.counted?.(this.counts());
  }

  /** Accepts a client; `null` if none waits, no descriptor is free, or there is no room. */
  accept(): Client | null {
    const client = this.#acceptor.accept();
    if (client === null) return null;
    this.#clients.set(client.fileno(), client);
    this.#idle?.sign(client);
    if (this.#stop.requested) this.#parting.hear(client);
    this.#served++;
    return client;
  }

  /** Counts the clients and their bytes. */
  counts(): Counts {
    return {
      clients: this.#clients.size,
      served: this.#served,
      received: this.#received,
      sent: this.#sent,
      queued: this.#queued,
      turned_away: this.#acceptor.turned_away,
    };
  }

  /**
   * Receives from a client, and closes it if it has left.
   *
   * @returns The data, until the next call; `null` if there is none, or the client is not read
   * for now.
   */
  receive(client: Client): Uint8Array | null {
    if (this.#parting.size > 0) this.#parting.receive(client);
    // It may be ready because of a hang-up, which send() meets.
    if (!client.reading) return null;
    const crowded = this.#queued >= this.#options.max_total;
    if (crowded && client.queued > 0) {
      this.#attend(client);
      return null;
    }
    let received: number;
    try {
      received = client.sock.recv_into(crowded ? this.#small : this.#buffer);
    } catch (error) {
      this.#failed(client, error);
      return null;
    }
    if (this.#stop.requested) {
      client.quiet_at = performance.now() + LINGER;
      this.#parting.hear(client);
    }
    if (received > 0) {
      this.#received += received;
      this.#idle?.sign(client);
      // Half the price of subarray().
      return new Uint8Array(this.#buffer.buffer, 0, received);
    }
    // No data: it has closed its connection, or only its sending half.
    client.finished = true;
    this.#attend(client);
    return null;
  }

  /** Sends data, and queues what the kernel does not take now for {@linkcode flush}. */
  send(client: Client, data: Uint8Array): void {
    const sent = client.queued === 0 ? this.#try_to_send(client, data) : 0;
    if (sent === data.length) return;
    client.outbox ??= new Outbox();
    client.outbox.put(data.subarray(sent));
    this.#attend(client);
  }

  /** Sends as much of a client's queue as the kernel takes. */
  flush(client: Client): void {
    const { outbox } = client;
    // It may have been closed since the wait.
    if (outbox === null || client.fileno() === -1) return;
    for (let data; (data = outbox.next()) !== null;) {
      const sent = this.#try_to_send(client, data);
      outbox.drop(sent);
      if (sent < data.length) break;
    }
    this.#attend(client);
  }

  #try_to_send(client: Client, data: Uint8Array): number {
    try {
      const sent = client.sock.send(data);
      if (this.#options.sending) {
        const address = show_address(client.address);
        this.#options.sending(address, data.subarray(0, sent));
      }
      this.#sent += sent;
      this.#idle?.sign(client);
      return sent;
    } catch (error) {
      this.#failed(client, error);
      return 0;
    }
  }

  /** Watches a client for reading and writing as needed; closes one that is done. */
  #attend(client: Client): void {
    // A send may have failed and closed it.
    if (client.fileno() === -1) return;
    const queued = client.outbox?.size ?? 0;
    this.#queued += queued - client.queued;
    client.queued = queued;
    if (client.finished && queued === 0) {
      return this.#drop(client, "after reading no data");
    }
    const { max_queue, max_total } = this.#options;
    const reading = !client.finished && (queued === 0 ||
      queued < max_queue && this.#queued < max_total);
    const writing = queued > 0;
    if (reading === client.reading && writing === client.writing) return;
    // Data that arrived while it was not read has still to be read and answered.
    if (reading && !client.reading) {
      client.quiet_at = performance.now() + LINGER;
    }
    client.reading = reading;
    client.writing = writing;
    this.#watcher.watch(client, reading, writing);
  }

  #failed(client: Client, error: unknown): void {
    if (error instanceof BlockingIOError) return;
    if (!(error instanceof OSError)) throw error;
    this.#drop(client, `after ${error.strerror}`);
  }

  #drop(client: Client, why: string): void {
    this.#dismiss(client, why);
    this.#watcher.forget(client);
    client.sock.close();
    this.#acceptor.freed();
  }

  #dismiss(client: Client, why: string): void {
    this.#options.closing?.(show_address(client.address), why);
    this.#leave(client);
  }

  #leave(client: Client): void {
    client.reading = false;
    this.#queued -= client.queued;
    this.#clients.delete(client.fileno());
    this.#idle?.forget(client);
    this.#options.room.leave();
  }

  /** Closes all clients, after an orderly stop or an error. */
  [Symbol.dispose](): void {
    this.#parting[Symbol.dispose]();
    for (const client of this.#clients) {
      this.#leave(client);
      client.sock.close();
    }
    this.#options.counted?.(this.counts());
  }

  /** When stopping: closes clients that are served. Returns whether any is left. */
  #finish(): boolean {
    const now = performance.now();
    if (this.#parting.proceed(now)) this.#acceptor.close();
    this.#parting.sweep(now);
    for (const client of this.#clients) {
      if (this.#parting.overdue(now)) {
        this.#drop(client, "as it takes too long");
      } else if (this.#parting.may_go(client, now)) {
        this.#dismiss(client, "as the server stops");
        this.#parting.add(client, now);
      }
    }
    return this.#clients.size + this.#parting.size > 0;
  }
}
