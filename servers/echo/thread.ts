/**
 * A thread of `--workers`, seen from inside.
 *
 * @module
 */

import { socket } from "../../mod.ts";
import { Stop } from "../../cli/server.ts";
import { COUNTED, type Counts } from "./stats.ts";

/** The leader's first message to a thread. The leader still owns the descriptors. */
export interface Orders {
  /** The descriptor of a listener that no other thread accepts from. */
  readonly listener: number;
  /** The listener's family. */
  readonly family: number;
  /** The descriptor of a socket that reaches its end when the thread is to stop. */
  readonly wake: number;
  /** Where the thread writes its counts, in the order of `COUNTED`. */
  readonly counts: Float64Array;
  /** The number of clients of all threads. */
  readonly room: Int32Array;
}

/** The leader's second message, after it has printed the first line. */
export type Word = "begin";

/** A thread's messages to its leader: it listens; it has served its last client. */
export type News = "listening" | "served";

/** The part of a worker's global scope that is used here. */
interface Scope {
  onmessage: ((event: MessageEvent<Orders | Word>) => void) | null;
  postMessage(news: News): void;
  close(): void;
}

const scope = globalThis as unknown as Scope;

/** A thread of `--workers`. */
export class Thread implements Disposable {
  /** The listener, by a descriptor of its own. */
  readonly server: socket.Socket;
  /** The stop, which the leader requests through `wake`. */
  readonly stop: Stop = new Stop([]);
  /** Becomes readable when it is time to request the stop. */
  readonly wake: socket.Socket;
  /** The number of clients of all threads. */
  readonly room: Int32Array;
  readonly #counts: Float64Array;
  #served = false;

  /** Duplicates the leader's descriptors. */
  constructor({ listener, family, wake, counts, room }: Orders) {
    const { AF_UNIX, SOCK_STREAM } = socket;
    this.wake = socket.fromfd(wake, AF_UNIX, SOCK_STREAM);
    this.server = socket.fromfd(listener, family, SOCK_STREAM);
    this.room = room;
    this.#counts = counts;
  }

  /** Tells the leader that it listens, and waits for the word to begin. */
  async listening(): Promise<void> {
    const word = message();
    scope.postMessage("listening");
    await word;
  }

  /** Shows the leader the counts. */
  tell(counts: Counts): void {
    for (const [i, name] of COUNTED.entries()) this.#counts[i] = counts[name];
  }

  /** Records that the last client is served; the thread ends with its `using` block. */
  served(): void {
    this.#served = true;
  }

  /** Closes its descriptors. */
  [Symbol.dispose](): void {
    this.server.close();
    this.wake.close();
    // After an error, the leader's onerror reports it.
    if (!this.#served) return;
    scope.postMessage("served");
    scope.close();
  }
}

/** Returns this thread of `--workers`; `null` in a script's main thread. */
export async function this_thread(): Promise<Thread | null> {
  if (!("WorkerGlobalScope" in globalThis)) return null;
  return new Thread(await message() as Orders);
}

/** Waits for the leader's next message. */
function message(): Promise<Orders | Word> {
  return new Promise((resolve) => {
    scope.onmessage = ({ data }) => resolve(data);
  });
}
