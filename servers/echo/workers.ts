/**
 * The threads of `--workers`, seen from their leader: each accepts from a listener of its
 * own, and the kernel distributes the clients (SO_REUSEPORT).
 *
 * The leader owns the listeners: when a thread dies, clients in its queue wait for the next
 * thread.
 *
 * @module
 */

import { socket } from "../../mod.ts";
import { COUNTED, type Counts, nothing, sum } from "./stats.ts";
import type { News, Orders, Word } from "./thread.ts";

// Milliseconds between two starts of a thread: one that dies at once would keep a core busy.
const LEAST_LIFE = 1000;

/** Threads that run the same script, each with a listener of its own. */
export class Workers {
  readonly #posts: Post[];
  // All threads watch one socket; closing its peer wakes them.
  readonly #wake: [ours: socket.Socket, theirs: socket.Socket];
  readonly #begin = Promise.withResolvers<void>();

  /**
   * Starts the threads. They serve once {@linkcode begin} is called.
   *
   * @param script The URL of the script that each thread runs; it calls `this_thread()`.
   * @param listeners One for each thread; `stop()` closes them.
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
   * Waits until all threads listen.
   *
   * @throws {Error} If one dies before it listens.
   */
  async listening(): Promise<void> {
    await Promise.all(this.#posts.map((post) => post.listening));
  }

  /** Lets the threads serve. */
  begin(): void {
    this.#begin.resolve();
  }

  /** Adds up the counts of all threads, which are at most a quarter of a second old. */
  counts(): Counts {
    return sum(this.#posts.map((post) => post.counts()));
  }

  /** Stops all threads in order, and waits for their ends. */
  async stop(): Promise<void> {
    const [ours, theirs] = this.#wake;
    ours.close();
    this.begin();
    await Promise.all(this.#posts.map((post) => post.stop()));
    theirs.close();
  }
}

/** What a thread gets, and the thread that replaces it. */
interface Gift {
  readonly script: string;
  readonly listener: socket.Socket;
  readonly wake: number;
  readonly room: Int32Array;
  /** Resolves when it is to serve. */
  readonly begin: Promise<void>;
}

/** Keeps one thread running: replaces a thread that dies. */
class Post {
  /** Resolves when the first thread listens. */
  readonly listening: Promise<void>;
  readonly #first = Promise.withResolvers<void>();
  readonly #stopping = Promise.withResolvers<void>();
  readonly #over: Promise<void>;
  readonly #name: string;
  readonly #gift: Gift;
  readonly #counts = new Float64Array(
    new SharedArrayBuffer(8 * COUNTED.length),
  );
  // The counts of the threads that died.
  #past = nothing();
  #stopped = false;
  // Whether a thread is about to duplicate the listener, which must stay open meanwhile.
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

  /** Runs one thread after the other until the stop. */
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

  /** Runs one thread; returns its error, `null` if it was told to stop. */
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

  /** Waits for `time` milliseconds, or until the stop. */
  async #pause(time: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, time);
    await Promise.race([promise, this.#stopping.promise]);
    clearTimeout(timer);
  }
}
