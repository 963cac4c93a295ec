import { callable } from "../callable.ts";
import { keywords } from "../arguments.ts";
import { RuntimeError, ValueError } from "../exceptions.ts";
import { Fifo, type Store } from "./store.ts";

/**
 * Nothing is in the queue: Python's `queue.Empty`.
 *
 * @example
 * ```ts
 * import { queue } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => queue.Queue().get_nowait(), queue.Empty);
 * ```
 */
export class Empty extends Error {
  static {
    this.prototype.name = "Empty";
  }
}

/**
 * The queue has as many items as it may have: Python's `queue.Full`.
 *
 * @example
 * ```ts
 * import { queue } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * const one = queue.Queue<string>(1);
 * one.put("first");
 * assertThrows(() => one.put("second"), queue.Full);
 * ```
 */
export class Full extends Error {
  static {
    this.prototype.name = "Full";
  }
}

/**
 * The queue was shut down: Python's `queue.ShutDown`.
 *
 * @example
 * ```ts
 * import { queue } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * const closed = queue.Queue<string>();
 * closed.shutdown();
 * assertThrows(() => closed.put("late"), queue.ShutDown);
 * ```
 */
export class ShutDown extends Error {
  static {
    this.prototype.name = "ShutDown";
  }
}

/** What a queue takes by keyword when it is made. */
export interface QueueOptions {
  /** How many items fit; 0, the default, or less for no limit. */
  readonly maxsize?: number | undefined;
}

/** What `put()` and `get()` take by keyword. */
export interface BlockOptions {
  /** Whether Python would wait, as by default; here no call waits. */
  readonly block?: boolean | undefined;
  /** For how many seconds it would; `null`, the default, for ever. */
  readonly timeout?: number | null | undefined;
}

/** What `shutdown()` takes by keyword. */
export interface ShutDownOptions {
  /** Whether to drop the items inside. */
  readonly immediate?: boolean | undefined;
}

/** What {@linkcode QueueConstructor} makes: Python's `queue.Queue` as a type. */
export interface Queue<T> {
  /** How many items fit, set at any time; 0 or less for no limit. */
  maxsize: number;
  /** How many items were put in for which {@linkcode Queue.task_done} was not called yet. */
  readonly unfinished_tasks: number;
  /** Whether {@linkcode Queue.shutdown} was called. */
  readonly is_shutdown: boolean;
  /**
   * Adds an item.
   *
   * @param item The item.
   * @param block Whether Python would wait for room; here no call waits. Or
   * {@linkcode BlockOptions}.
   * @param timeout For how many seconds it would.
   * @throws {Full} If there is no room.
   * @throws {ShutDown} If the queue was shut down.
   * @throws {ValueError} If the timeout of a queue with a limit is negative or NaN.
   */
  put(
    item: T,
    block?: boolean | BlockOptions,
    timeout?: number | null,
  ): void;
  /**
   * Adds an item: `put(item, false)`.
   *
   * @param item The item.
   * @throws {Full} If there is no room.
   * @throws {ShutDown} If the queue was shut down.
   */
  put_nowait(item: T): void;
  /**
   * Removes the next item.
   *
   * @param block Whether Python would wait for an item; here no call waits. Or
   * {@linkcode BlockOptions}.
   * @param timeout For how many seconds it would.
   * @returns The item.
   * @throws {Empty} If there is none.
   * @throws {ShutDown} If there is none and the queue was shut down.
   * @throws {ValueError} If the timeout is negative or NaN.
   */
  get(block?: boolean | BlockOptions, timeout?: number | null): T;
  /**
   * Removes the next item: `get(false)`.
   *
   * @returns The item.
   * @throws {Empty} If there is none.
   * @throws {ShutDown} If there is none and the queue was shut down.
   */
  get_nowait(): T;
  /**
   * Counts the items.
   *
   * @returns How many there are.
   */
  qsize(): number;
  /**
   * Tells whether there is no item.
   *
   * @returns Whether the next `get` would raise {@linkcode Empty}.
   */
  empty(): boolean;
  /**
   * Tells whether there is no room.
   *
   * @returns Whether the next `put` would raise {@linkcode Full}.
   */
  full(): boolean;
  /**
   * Says that the work on an item that was removed is done.
   *
   * @throws {ValueError} If it is called more often than there were items.
   */
  task_done(): void;
  /**
   * Returns once {@linkcode Queue.task_done} was called for every item that was put in.
   *
   * @throws {RuntimeError} If it was not: there is one thread, so the wait would not end.
   */
  join(): void;
  /**
   * Refuses items from now on; those inside can still be removed, unless `immediate`.
   *
   * @param immediate Whether to drop the items inside. Or {@linkcode ShutDownOptions}.
   */
  shutdown(immediate?: boolean | ShutDownOptions): void;
}

/** Makes a {@linkcode Queue}, with `new` or without. */
export interface QueueConstructor {
  /** Makes a queue for `maxsize` items; 0 or less for no limit. */
  new <T>(maxsize?: number | QueueOptions): Queue<T>;
  /** Makes a queue for `maxsize` items; 0 or less for no limit. */
  <T>(maxsize?: number | QueueOptions): Queue<T>;
  /** What `instanceof` looks at. */
  readonly prototype: Queue<unknown>;
}

const MAXSIZE = ["maxsize"];
const BLOCK = ["block", "timeout"];
const IMMEDIATE = ["immediate"];

/**
 * Checks `block` and `timeout`, by position or by keyword.
 *
 * @param caller The method, for messages.
 * @param block Whether Python would wait, or the keywords.
 * @param timeout For how long it would.
 * @param waits Whether it would at all: it looks at the time-out only then.
 * @throws {TypeError} If the time-out is neither a number nor null.
 * @throws {ValueError} If it is negative or NaN.
 */
export function check_block(
  caller: string,
  block: unknown,
  timeout: unknown,
  waits = true,
): void {
  if (typeof block === "object" || typeof timeout === "object") {
    [block, timeout] = keywords(caller, [block, timeout], BLOCK);
  }
  if (!waits || !(block === undefined || block)) return;
  if (timeout === null || timeout === undefined) return;
  if (typeof timeout !== "number") {
    throw new TypeError("'timeout' must be a number or null");
  }
  if (!(timeout >= 0)) {
    throw new ValueError("'timeout' must be a non-negative number");
  }
}

/** The class behind {@linkcode Queue}, for the queues that differ from it in their store. */
export class QueueBase<T> implements Queue<T> {
  maxsize: number;
  #unfinished = 0;
  #is_shutdown = false;
  readonly #store: Store<T>;

  constructor(given?: number | QueueOptions) {
    const [maxsize = 0] = keywords(new.target.name, [given], MAXSIZE);
    if (typeof maxsize !== "number") {
      throw new TypeError("'maxsize' must be a number");
    }
    this.maxsize = maxsize;
    this.#store = this.make_store();
  }

  protected make_store(): Store<T> {
    return new Fifo();
  }

  get unfinished_tasks(): number {
    return this.#unfinished;
  }

  get is_shutdown(): boolean {
    return this.#is_shutdown;
  }

  put(
    item: T,
    block?: boolean | BlockOptions,
    timeout?: number | null,
  ): void {
    if (this.#is_shutdown) throw new ShutDown("queue is shut down");
    check_block("put", block, timeout, this.maxsize > 0);
    if (this.full()) throw new Full("queue is full");
    this.#store.put(item);
    this.#unfinished++;
  }

  put_nowait(item: T): void {
    this.put(item, false);
  }

  get(block?: boolean | BlockOptions, timeout?: number | null): T {
    const is_empty = this.#store.size === 0;
    if (is_empty && this.#is_shutdown) throw new ShutDown("queue is shut down");
    check_block("get", block, timeout);
    if (is_empty) throw new Empty("queue is empty");
    return this.#store.get();
  }

  get_nowait(): T {
    return this.get(false);
  }

  qsize(): number {
    return this.#store.size;
  }

  empty(): boolean {
    return this.#store.size === 0;
  }

  full(): boolean {
    return this.maxsize > 0 && this.#store.size >= this.maxsize;
  }

  task_done(): void {
    if (this.#unfinished === 0) {
      throw new ValueError("task_done() called too many times");
    }
    this.#unfinished--;
  }

  join(): void {
    if (this.#unfinished === 0) return;
    throw new RuntimeError(
      `join() would wait for ever: task_done() is still due for ${this.#unfinished}`,
    );
  }

  shutdown(given?: boolean | ShutDownOptions): void {
    const [immediate = false] = keywords("shutdown", [given], IMMEDIATE);
    this.#is_shutdown = true;
    if (!immediate) return;
    this.#unfinished = Math.max(0, this.#unfinished - this.#store.size);
    this.#store.clear();
  }
}

/**
 * First in, first out: Python's `queue.Queue`.
 *
 * Every operation takes the same time, however many items there are.
 *
 * @example
 * ```ts
 * import { queue } from "@iomux/py";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const messages = queue.Queue<string>(2);
 * messages.put("first");
 * messages.put("second");
 * assertThrows(() => messages.put("third"), queue.Full);
 *
 * assertEquals(messages.get(), "first");
 * assertEquals(messages.qsize(), 1);
 * ```
 */
export const Queue: QueueConstructor = callable("Queue", QueueBase);
