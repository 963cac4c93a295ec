/**
 * The threads of `--workers`, seen from the one that leads them: each accepts from a
 * listener of its own, and the kernel deals the clients out (SO_REUSEPORT).
 *
 * The listeners are the leader's: when a thread dies, clients that wait to be accepted
 * wait for its successor.
 *
 * @module
 */

import { socket } from "../../mod.ts";
import { COUNTED, type Counts, nothing, sum } from "./stats.ts";
import type { News, Orders, Word } from "./thread.ts";

// Milliseconds from one start of a thread to the next: one that dies at once would keep
// a core busy with dying.
const LEAST_LIFE = 1000;

/** Threads that run the same script, each with a listener of its own. */
export class Workers {
  readonly #posts: Post[];
  // All threads wait for the end of one socket, which its peer's close brings.
  readonly #wake: [ours: socket.Socket, theirs: socket.Socket];
  readonly #begin = Promise.withResolvers<void>();

  /**
   * Starts the threads, which listen, and serve once they are told to begin.
   *
   * @param script The URL of what each of them runs; it asks for `this_thread()`.
   * @param listeners One for each thread; they are closed when it is time.
   */
  constructor(script: string, listeners: readonly socket.Socket[]) {
    this.#wake = socket.socketpair();
    const wake = this.#wake[1].fileno();
    const room = new Int32Array(new SharedArrayBuffer(4));
    const begin = this.#begin.promise;
    this.#posts = listeners.map((listener, i) =>
      new Post(`worker ${i + 1}`, { script, listener, wake, room, begin })
    );
  }

  /**
   * Waits until all of them listen.
   *
   * @throws {Error} If one dies before.
   */
  async listening(): Promise<void> {
    await Promise.all(this.#posts.map((post) => post.listening));
  }

  /** Has them begin to serve. */
  begin(): void {
    this.#begin.resolve();
  }

  /** What all of them have counted; of those at work up to a quarter of a second ago. */
  counts(): Counts {
    return sum(this.#posts.map((post) => post.counts()));
  }

  /** Has all of them serve their last clients, and waits for their ends. */
  async stop(): Promise<void> {
    const [ours, theirs] = this.#wake;
    ours.close();
    this.begin();
    await Promise.all(this.#posts.map((post) => post.stop()));
    theirs.close();
  }
}

/** What a thread is given, and its successor after it. */
interface Gift {
  readonly script: string;
  readonly listener: socket.Socket;
  readonly wake: number;
  readonly room: Int32Array;
  /** Resolves when it is to begin. */
  readonly begin: Promise<void>;
}

/** Where one thread is at work, and after it its successor. */
class Post {
  /** Resolves when the first one listens. */
  readonly listening: Promise<void>;
  readonly #first = Promise.withResolvers<void>();
  readonly #stopping = Promise.withResolvers<void>();
  readonly #over: Promise<void>;
  readonly #name: string;
  readonly #gift: Gift;
  readonly #counts = new Float64Array(
    new SharedArrayBuffer(8 * COUNTED.length),
  );
  // What those before have counted.
  #past = nothing();
  #stopped = false;
  // Whether a thread is about to take the listener: it is not to be closed meanwhile.
  #taking = false;

  constructor(name: string, gift: Gift) {
    this.#name = name;
    this.#gift = gift;
    this.listening = this.#first.promise;
    this.#over = this.#keep();
  }

  counts(): Counts {
    const present = nothing();
    for (const [i, name] of COUNTED.entries()) present[name] = this.#counts[i]!;
    return sum([this.#past, present]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopping.resolve();
    if (!this.#taking) this.#gift.listener.close();
    await this.#over;
    this.#gift.listener.close();
  }

  /** Has one thread at work at any time. */
  async #keep(): Promise<void> {
    let listened = false;
    this.#first.promise.then(() => listened = true, () => {});
    while (!this.#stopped) {
      const start = performance.now();
      const died = await this.#live();
      this.#past = { ...this.counts(), clients: 0, queued: 0 };
      this.#counts.fill(0);
      if (died === null) continue;
      if (!listened) return this.#first.reject(new Error(died));
      const next = this.#stopped ? "" : "; it is started again";
      console.error(`${this.#name} died: ${died}${next}`);
      await this.#pause(start + LEAST_LIFE - performance.now());
    }
  }

  /** One thread's life; returns what it died of, `null` if it was told to stop. */
  #live(): Promise<string | null> {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const { script, listener, wake, room, begin } = this.#gift;
    const worker = new Worker(script, { type: "module", name: this.#name });
    worker.onmessage = ({ data }: MessageEvent<News>) => {
      if (data === "served") return resolve(null);
      this.#taken();
      this.#first.resolve();
      begin.then(() => worker.postMessage("begin" satisfies Word));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(event.message);
    };
    this.#taking = true;
    const orders: Orders = {
      listener: listener.fileno(),
      family: listener.family,
      wake,
      counts: this.#counts,
      room,
    };
    worker.postMessage(orders);
    return promise.finally(() => {
      this.#taken();
      worker.terminate();
    });
  }

  #taken(): void {
    this.#taking = false;
    if (this.#stopped) this.#gift.listener.close();
  }

  /** Waits for `time` milliseconds, until the stop at most. */
  async #pause(time: number): Promise<void> {
    if (time <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, time);
    await Promise.race([promise, this.#stopping.promise]);
    clearTimeout(timer);
  }
}
