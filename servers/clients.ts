/**
 * The clients of a server: accepted, read, answered and let go.
 *
 * No call here blocks, none throws for what a client does, and what waits for a client
 * that does not read is bounded. So a server is left with its own idea.
 *
 * @module
 */

import { BlockingIOError, OSError, type socket } from "../mod.ts";
import { paint, show_address } from "../cli/show.ts";
import { PATIENCE, type Stop } from "../cli/stop.ts";
import { Acceptor, Room, type Watcher } from "./acceptor.ts";
import { type Client, type Manners, newcomer } from "./client.ts";
import { Idle } from "./idle.ts";
import { LINGER, Parting } from "./parting.ts";
import { type Counts, Tally } from "./stats.ts";
import { Table } from "./table.ts";

const RECV_SIZE = 65536;

/** The clients of a server. */
export class Clients extends Tally implements Disposable {
  readonly #acceptor: Acceptor;
  readonly #watcher: Watcher;
  readonly #stop: Stop;
  readonly #manners: Manners;
  readonly #max_owed: number;
  readonly #room: Room;
  readonly #idle: Idle<Client> | null;
  readonly #clients = new Table<Client>();
  readonly #parting: Parting;

  /**
   * Starts to watch for clients.
   *
   * @param server Listens, and does not block.
   * @param watcher What waits on it and on the clients.
   * @param stop Whether to go on.
   * @param manners How the server differs from others.
   */
  constructor(
    server: socket.Socket,
    watcher: Watcher,
    stop: Stop,
    manners: Manners = {},
  ) {
    super();
    const { room = new Room(0), idle_timeout = 0 } = manners;
    this.#room = room;
    this.#idle = idle_timeout > 0 ? new Idle(idle_timeout) : null;
    this.#acceptor = new Acceptor(server, watcher, room, manners.full);
    this.#parting = new Parting(watcher, stop);
    this.#watcher = watcher;
    this.#stop = stop;
    this.#manners = manners;
    this.#max_owed = manners.max_owed ?? 1 << 20;
  }

  /**
   * Whether there is another round: until, after a stop, the last client is served.
   *
   * To be asked between rounds: it lets clients go, and accepts again where it paused.
   */
  open(): boolean {
    this.#acceptor.retry();
    return !this.#stop.requested || this.#finish();
  }

  /** Seconds to wait: none while what came before a stop is still to be read. */
  patience(): number {
    return this.#parting.last_look ? 0 : PATIENCE;
  }

  /**
   * Waits until something is ready, the time is up, or a stop is asked for.
   *
   * @param timeout Seconds; `Infinity` to wait for ever.
   * @param poll Waits so many seconds at most, and returns what is ready.
   */
  async wait<T extends ReadonlyArray<ArrayLike<unknown>>>(
    timeout: number,
    poll: (timeout: number) => T,
  ): Promise<T> {
    const deadline = performance.now() + timeout * 1000;
    for (;;) {
      const left = Math.max(0, deadline - performance.now()) / 1000;
      const ready = poll(Math.min(left, this.patience()));
      const now = performance.now();
      if (this.#stop.due(now)) await this.turn();
      if (ready.some((list) => list.length > 0)) return ready;
      if (now >= deadline || this.#stop.requested) return ready;
      this.#acceptor.retry();
    }
  }

  /** Turns the event loop, and lets clients go that are silent for too long. */
  async turn(): Promise<void> {
    await this.#stop.turn();
    const drop = (client: Client) => this.#drop(client, "as it is silent");
    this.#idle?.look(performance.now(), drop);
    this.#manners.counted?.(this.counts());
  }

  /** Accepts a client; `null` if it has gone, no descriptor is free, or there is no room. */
  accept(): socket.Socket | null {
    const accepted = this.#acceptor.accept();
    if (accepted === null) return null;
    const [s, address] = accepted;
    const client = newcomer(s, address);
    this.#clients.set(s.fileno(), client);
    this.#idle?.sign(client);
    if (this.#stop.requested) this.#parting.hear();
    this.served++;
    return s;
  }

  /** What there is to count. */
  counts(): Counts {
    const { served, received, sent } = this;
    const { turned_away } = this.#acceptor;
    let queued = 0;
    for (const { outbox } of this.#clients) queued += outbox.owed;
    const clients = this.#clients.size;
    return { clients, served, received, sent, queued, turned_away };
  }

  /** A client's address, as Python prints it. */
  address(s: socket.Socket): string {
    return show_address(this.#clients.get(s.fileno())?.address ?? null);
  }

  /** The bytes that wait for a client. */
  owed(s: socket.Socket): number {
    return this.#clients.get(s.fileno())?.outbox.owed ?? 0;
  }

  /**
   * Receives from a client; one that has gone is closed.
   *
   * @returns What came; `null` if nothing did, or nothing may for now.
   */
  receive(s: socket.Socket, bufsize = RECV_SIZE): Uint8Array | null {
    const client = this.#clients.get(s.fileno());
    if (client === undefined) this.#parting.receive(s);
    // It may be gone since the wait, or be here for a hang-up that get() will meet.
    if (!client?.reading) return null;
    let data: Uint8Array;
    try {
      data = s.recv(bufsize);
    } catch (error) {
      this.#failed(client, error);
      return null;
    }
    if (this.#stop.requested) {
      client.quiet_at = performance.now() + LINGER;
      this.#parting.hear(s);
    }
    if (data.length > 0) {
      this.received += data.length;
      if (this.#idle !== null) this.#idle.sign(client);
      return data;
    }
    // An empty result: it has closed its connection, or only its sending half.
    client.finished = true;
    this.#attend(client);
    return null;
  }

  /** Keeps a message for the pass that writes; the client is an output until then. */
  put(s: socket.Socket, message: Uint8Array): void {
    const client = this.#clients.get(s.fileno());
    if (client === undefined) return;
    client.outbox.put(message);
    this.#attend(client);
  }

  /**
   * Takes the oldest message that `put` keeps, once all that goes before it has gone.
   *
   * @param s The client.
   * @param newest How many of the newest messages are left where they are.
   * @returns The message; `null` if there is none, or the client takes no more for now.
   */
  get(s: socket.Socket, newest = 0): Uint8Array | null {
    const client = this.#clients.get(s.fileno());
    if (client === undefined) return null;
    const { outbox } = client;
    if (outbox.rest !== null) {
      outbox.rest_sent(this.#try_to_send(client, outbox.rest));
    }
    const message = outbox.size > newest ? outbox.get() : null;
    if (message === null) this.#attend(client);
    return message;
  }

  /** Sends what goes now; the rest goes before any other message. */
  send(s: socket.Socket, data: Uint8Array): void {
    const client = this.#clients.get(s.fileno());
    if (client === undefined) return;
    const { outbox } = client;
    if (outbox.rest !== null) outbox.put(data);
    else outbox.keep_rest(data, this.#try_to_send(client, data));
    this.#attend(client);
  }

  #try_to_send(client: Client, data: Uint8Array): number {
    try {
      const sent = client.sock.send(data);
      if (this.#manners.sending) {
        const address = show_address(client.address);
        this.#manners.sending(address, data.subarray(0, sent));
      }
      this.sent += sent;
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
    if (client.sock.fileno() === -1) return;
    const { owed } = client.outbox;
    if (client.finished && owed === 0 && !this.#manners.serve_on) {
      return this.#drop(client, "after reading no data");
    }
    const reading = !client.finished && owed < this.#max_owed;
    const writing = owed > 0;
    if (reading === client.reading && writing === client.writing) return;
    // What came while it was not read is still to be read, and answered.
    if (reading && !client.reading) {
      client.quiet_at = performance.now() + LINGER;
    }
    client.reading = reading;
    client.writing = writing;
    this.watch_again(client.sock);
  }

  /** Watches a client for the same as before: edge-triggered, what is there counts anew. */
  watch_again(s: socket.Socket): void {
    const client = this.#clients.get(s.fileno());
    if (client) this.#watcher.watch(s, client.reading, client.writing);
  }

  #failed(client: Client, error: unknown): void {
    if (error instanceof BlockingIOError) return;
    if (!(error instanceof OSError)) throw error;
    this.#drop(client, `after ${error.strerror}`);
  }

  #drop(client: Client, why: string): void {
    this.#dismiss(client, why);
    this.#watcher.forget(client.sock);
    client.sock.close();
    this.#acceptor.freed();
  }

  #dismiss(client: Client, why: string): void {
    const address = show_address(client.address);
    if (this.#manners.closing) this.#manners.closing(client.sock, address, why);
    else console.log(paint.yellow(`closing ${address} ${why}`));
    this.#leave(client);
  }

  #leave(client: Client): void {
    this.#clients.delete(client.sock.fileno());
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
    this.#manners.counted?.(this.counts());
  }

  /** After a stop is asked for: lets clients go once they are served. */
  #finish(): boolean {
    const now = performance.now();
    if (this.#parting.proceed(now)) this.#acceptor.close();
    this.#parting.sweep(now);
    for (const client of this.#clients) {
      if (this.#parting.overdue(now)) {
        this.#drop(client, "as it takes too long");
      } else if (this.#parting.may_go(client, now)) {
        this.#dismiss(client, "as the server stops");
        this.#parting.add(client.sock, now);
      }
    }
    return this.#clients.size + this.#parting.size > 0;
  }
}
