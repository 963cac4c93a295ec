/**
 * The clients of the echo server: accepted, read, answered and closed.
 *
 * No call here blocks, none throws for what a client does, and what waits for clients that
 * do not read is bounded, for each and in sum.
 *
 * @module
 */

import { BlockingIOError, OSError, type socket } from "../../mod.ts";
import { show_address } from "../../cli/show.ts";
import { PATIENCE, type Stop } from "../../cli/server.ts";
import { Acceptor, Room } from "./acceptor.ts";
import type { Watcher } from "./backend.ts";
import type { Client } from "./client.ts";
import { Idle } from "./idle.ts";
import { Outbox } from "./outbox.ts";
import { LINGER, Parting } from "./parting.ts";
import type { Counts } from "./stats.ts";
import { Table } from "./table.ts";

const RECV_SIZE = 65536;
// Above the total, a client that nothing is queued for is read by this: if it does not take
// the answer, no more is added to the total.
const CROWDED_RECV_SIZE = 4096;

/** What clients may do at most, and what the server prints of them. */
export interface Options {
  /** Bytes queued for one client, from which on it is not read until it has read some. */
  max_queue?: number;
  /** Bytes queued for all, from which on no client is read that something is queued for. */
  max_total?: number;
  /** How many clients there may be; without it, as many as there are descriptors. */
  room?: Room;
  /** Seconds after which a client is closed that neither sends nor reads; 0 for never. */
  idle_timeout?: number;
  /** Called before a client is closed. */
  closing?(address: string, why: string): void;
  /** Called with what was sent to a client. */
  sending?(address: string, data: Uint8Array): void;
  /** Called when there is no room for one more client; not again until there was. */
  full?(): void;
  /** Called with the counts, about four times a second. */
  counted?(counts: Counts): void;
}

/** The clients of a server. */
export class Clients implements Disposable {
  readonly #acceptor: Acceptor;
  readonly #watcher: Watcher;
  readonly #stop: Stop;
  readonly #options: Options;
  readonly #max_queue: number;
  readonly #max_total: number;
  readonly #room: Room;
  readonly #idle: Idle<Client> | null;
  readonly #clients = new Table<Client>();
  readonly #parting: Parting;
  #served = 0;
  #received = 0;
  #sent = 0;
  #queued = 0;

  /**
   * Starts to watch for clients.
   *
   * @param server Listens, and does not block.
   * @param watcher What waits on it and on the clients.
   * @param stop Whether to go on.
   * @param options What clients may do at most, and what is printed.
   */
  constructor(
    server: socket.Socket,
    watcher: Watcher,
    stop: Stop,
    options: Options = {},
  ) {
    const own: Options = Object.assign(Object.create(null), options);
    const { room = new Room(0), idle_timeout = 0 } = own;
    this.#room = room;
    this.#idle = idle_timeout > 0 ? new Idle(idle_timeout) : null;
    const named = own.closing !== undefined || own.sending !== undefined;
    this.#acceptor = new Acceptor(server, watcher, room, named, own.full);
    this.#parting = new Parting(watcher);
    this.#watcher = watcher;
    this.#stop = stop;
    this.#options = own;
    this.#max_queue = own.max_queue ?? 1 << 20;
    this.#max_total = own.max_total ?? 1 << 26;
  }

  /**
   * Whether there is another round: until, after a stop, the last client is served.
   *
   * Call it between rounds: it closes clients, and accepts again after a pause.
   */
  open(): boolean {
    this.#acceptor.retry();
    return !this.#stop.requested || this.#finish();
  }

  /** Seconds to wait: none while what came before a stop is still to be read. */
  patience(): number {
    return this.#parting.last_look ? 0 : PATIENCE;
  }

  /** Turns the event loop, and closes clients that are silent for too long. */
  async turn(): Promise<void> {
    await this.#stop.turn();
    const drop = (client: Client) => this.#drop(client, "as it is silent");
    this.#idle?.look(performance.now(), drop);
    this.#options.counted?.(this.counts());
  }

  /** Accepts a client; `null` if it has gone, no descriptor is free, or there is no room. */
  accept(): Client | null {
    const client = this.#acceptor.accept();
    if (client === null) return null;
    this.#clients.set(client.fileno(), client);
    this.#idle?.sign(client);
    if (this.#stop.requested) this.#parting.hear(client);
    this.#served++;
    return client;
  }

  /** What there is to count. */
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
   * Receives from a client; one that has gone is closed.
   *
   * @returns What came; `null` if nothing did, or nothing may for now.
   */
  receive(client: Client): Uint8Array | null {
    if (this.#parting.size > 0) this.#parting.receive(client);
    // It may be here for a hang-up that send() will meet.
    if (!client.reading) return null;
    const crowded = this.#queued >= this.#max_total;
    if (crowded && client.queued > 0) {
      this.#attend(client);
      return null;
    }
    let data: Uint8Array;
    try {
      data = client.sock.recv(crowded ? CROWDED_RECV_SIZE : RECV_SIZE);
    } catch (error) {
      this.#failed(client, error);
      return null;
    }
    if (this.#stop.requested) {
      client.quiet_at = performance.now() + LINGER;
      this.#parting.hear(client);
    }
    if (data.length > 0) {
      this.#received += data.length;
      if (this.#idle !== null) this.#idle.sign(client);
      return data;
    }
    // An empty result: it has closed its connection, or only its sending half.
    client.finished = true;
    this.#attend(client);
    return null;
  }

  /** Sends what goes now, behind all that waits; the rest waits for {@linkcode flush}. */
  send(client: Client, data: Uint8Array): void {
    const sent = client.queued === 0 ? this.#try_to_send(client, data) : 0;
    if (sent === data.length) return;
    client.outbox ??= new Outbox();
    client.outbox.put(data.subarray(sent));
    this.#attend(client);
  }

  /** Sends what waits for a client, as much as goes. */
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
      if (this.#idle !== null) this.#idle.sign(client);
      return sent;
    } catch (error) {
      this.#failed(client, error);
      return 0;
    }
  }

  /** Watches a client for what there is to do; when that is nothing more, closes it. */
  #attend(client: Client): void {
    // It may have failed on the way here.
    if (client.fileno() === -1) return;
    const queued = client.outbox?.size ?? 0;
    this.#queued += queued - client.queued;
    client.queued = queued;
    if (client.finished && queued === 0) {
      return this.#drop(client, "after reading no data");
    }
    const reading = !client.finished && (queued === 0 ||
      queued < this.#max_queue && this.#queued < this.#max_total);
    const writing = queued > 0;
    if (reading === client.reading && writing === client.writing) return;
    // What came while it was not read is still to be read, and answered.
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
    this.#room.leave();
  }

  /** Closes all that is open, in order or on the way out by an error. */
  [Symbol.dispose](): void {
    this.#parting[Symbol.dispose]();
    for (const client of this.#clients) {
      this.#leave(client);
      client.sock.close();
    }
    this.#options.counted?.(this.counts());
  }

  /** After a stop is requested: closes clients once they are served. */
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
