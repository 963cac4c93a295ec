/**
 * Clients that connect, send, read and connect again, and count failures.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { OSError, socket } from "@iomux/py";
import { WATCHDOG } from "../scripts.ts";
import { pause, until } from "./setup.ts";

/** The options of callers. */
export interface CallersOptions {
  /** How many there are at a time. */
  clients: number;
  /** How many messages each sends before it leaves and connects again. */
  messages?: (client: number) => number;
  /** Milliseconds between an answer and the next message. */
  every?: number;
  /** What a caller that lost its connection waits for before it connects again. */
  again?: () => Promise<void>;
}

/** Many clients, each a loop of promises, until `leave()`. */
export class Callers {
  /** The callers that were answered at least once. */
  connections = 0;
  messages = 0;
  /** Why connections ended that had been answered. */
  readonly lost: string[] = [];
  /** Why connections failed that were never answered. */
  readonly failed: string[] = [];
  readonly #address: [string, number];
  readonly #options: Required<CallersOptions>;
  readonly #rounds: number[];
  readonly #lives: Promise<unknown>;
  #leave = false;

  constructor(
    { host, port }: { host: string; port: number },
    options: CallersOptions,
  ) {
    this.#address = [host, port];
    const every = options.every ?? 5;
    this.#options = {
      messages: () => Infinity,
      every,
      again: () => pause(every),
      ...options,
    };
    this.#rounds = Array(options.clients).fill(0);
    this.#lives = Promise.all(this.#rounds.map((_, i) => this.#live(i)));
    // `answered()` reports it.
    this.#lives.catch(() => this.#leave = true);
  }

  /** Waits until each has received `times` more answers. */
  async answered(times: number): Promise<void> {
    const goals = this.#rounds.map((rounds) => rounds + times);
    await until(
      () => this.#leave || this.#rounds.every((had, i) => had >= goals[i]!),
      () => `Not every client is answered: ${this.#rounds}`,
    );
    if (this.#leave) await this.#lives;
  }

  /** Lets each leave after its next answer, and waits for that. */
  async leave(): Promise<void> {
    this.#leave = true;
    await this.#lives;
  }

  async #live(client: number): Promise<void> {
    while (!this.#leave) {
      let answers = 0;
      using sock = socket.socket();
      // Whatever hangs fails.
      sock.settimeout(WATCHDOG / 1000);
      try {
        await sock.connectAsync(this.#address);
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1);
        const most = this.#options.messages(client);
        while (answers < most && !this.#leave) {
          await exchange(sock);
          if (answers++ === 0) this.connections++;
          this.messages++;
          this.#rounds[client]!++;
          await pause(this.#options.every);
        }
      } catch (error) {
        if (!(error instanceof OSError || error instanceof End)) throw error;
        (answers === 0 ? this.failed : this.lost).push(error.message);
        await this.#options.again();
      }
    }
  }
}

/** The server has closed, in order or not. */
class End extends Error {}

/** Sends a message, and fails unless the same message comes back. */
async function exchange(sock: socket.Socket): Promise<void> {
  const size = 1 + Math.floor(Math.random() * 4096);
  const message = crypto.getRandomValues(new Uint8Array(size));
  await sock.sendallAsync(message);
  for (let had = 0; had < size;) {
    const data = await sock.recvAsync(65536);
    if (data.length === 0) throw new End("closed while an answer was due");
    assertEquals(data, message.subarray(had, had + data.length));
    had += data.length;
  }
}
