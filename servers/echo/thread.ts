/**
 * A thread of `--workers`, seen from inside: what the thread that leads it has given it.
 *
 * @module
 */

import { socket } from "../../mod.ts";
import { Stop } from "../../cli/server.ts";
import { COUNTED, type Counts } from "./stats.ts";

/** What a leader sends to a thread. Descriptors stay the leader's. */
export interface Orders {
  /** A listener, which no other thread accepts from. */
  readonly listener: number;
  /** The listener's family. */
  readonly family: number;
  /** A socket that ends when the thread is to stop. */
  readonly wake: number;
  /** Where the thread leaves what it has counted, in the order of `COUNTED`. */
  readonly counts: Float64Array;
  /** How many clients all threads have. */
  readonly room: Int32Array;
}

/** What a leader says once it has printed the first line. */
export type Word = "begin";

/** What a thread tells its leader: that it listens, and that it has served its last. */
export type News = "listening" | "served";

/** The part of a worker's global scope that is in use here. */
interface Scope {
  onmessage: ((event: MessageEvent<Orders | Word>) => void) | null;
  postMessage(news: News): void;
  close(): void;
}

const scope = globalThis as unknown as Scope;

/** A thread of `--workers`. */
export class Thread implements Disposable {
  /** What it accepts from; its own descriptor. */
  readonly server: socket.Socket;
  /** A stop, which the leader requests. */
  readonly stop: Stop = new Stop([]);
  /** Is ready to be read when it is time to request the stop. */
  readonly wake: socket.Socket;
  /** How many clients all threads have. */
  readonly room: Int32Array;
  readonly #counts: Float64Array;
  #served = false;

  /** Takes what the leader gives. */
  constructor({ listener, family, wake, counts, room }: Orders) {
    const { AF_UNIX, SOCK_STREAM } = socket;
    this.wake = socket.fromfd(wake, AF_UNIX, SOCK_STREAM);
    this.server = socket.fromfd(listener, family, SOCK_STREAM);
    this.room = room;
    this.#counts = counts;
  }

  /** Says that it watches its listener, and waits for the word to begin. */
  async listening(): Promise<void> {
    const word = message();
    scope.postMessage("listening");
    await word;
  }

  /** Leaves what it has counted where the leader finds it. */
  tell(counts: Counts): void {
    for (const [i, name] of COUNTED.entries()) this.#counts[i] = counts[name];
  }

  /** Says that it has served its last client; the thread ends with its `using` block. */
  served(): void {
    this.#served = true;
  }

  /** Closes what it was given. */
  [Symbol.dispose](): void {
    this.server.close();
    this.wake.close();
    // On the way out by an error, the leader hears of that.
    if (!this.#served) return;
    scope.postMessage("served");
    scope.close();
  }
}

/** This thread, where it is one of `--workers`; `null` in a script's main thread. */
export async function this_thread(): Promise<Thread | null> {
  if (!("WorkerGlobalScope" in globalThis)) return null;
  return new Thread(await message() as Orders);
}

/** The next message of the leader. */
function message(): Promise<Orders | Word> {
  return new Promise((resolve) => {
    scope.onmessage = ({ data }) => resolve(data);
  });
}
