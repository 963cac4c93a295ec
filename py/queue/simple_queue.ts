import { callable } from "../callable.ts";
import { type BlockOptions, check_block, Empty } from "./queue.ts";
import { Fifo } from "./store.ts";

/** What {@linkcode SimpleQueueConstructor} makes: Python's `queue.SimpleQueue` as a type. */
export interface SimpleQueue<T> {
  /**
   * Adds an item.
   *
   * @param item The item.
   * @param block Ignored, as in Python: there is always room.
   * @param timeout Ignored, in seconds.
   */
  put(item: T, block?: boolean | BlockOptions, timeout?: number | null): void;
  /**
   * Adds an item.
   *
   * @param item The item.
   */
  put_nowait(item: T): void;
  /**
   * Removes the oldest item.
   *
   * @param block Whether Python would wait for an item; here no call waits. Or
   * {@linkcode BlockOptions}.
   * @param timeout For how many seconds it would.
   * @returns The item.
   * @throws {Empty} If there is none.
   * @throws {ValueError} If the timeout is negative or NaN.
   */
  get(block?: boolean | BlockOptions, timeout?: number | null): T;
  /**
   * Removes the oldest item: `get(false)`.
   *
   * @returns The item.
   * @throws {Empty} If there is none.
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
}

/** Makes a {@linkcode SimpleQueue}, with `new` or without. */
export interface SimpleQueueConstructor {
  /** Makes a queue without a limit. */
  new <T>(): SimpleQueue<T>;
  /** Makes a queue without a limit. */
  <T>(): SimpleQueue<T>;
  /** What `instanceof` looks at. */
  readonly prototype: SimpleQueue<unknown>;
}

class Simple<T> implements SimpleQueue<T> {
  readonly #store = new Fifo<T>();

  put(
    item: T,
    _block?: boolean | BlockOptions,
    _timeout?: number | null,
  ): void {
    this.#store.put(item);
  }

  put_nowait(item: T): void {
    this.put(item);
  }

  get(block?: boolean | BlockOptions, timeout?: number | null): T {
    check_block("get", block, timeout);
    if (this.#store.size === 0) throw new Empty("queue is empty");
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
}

/**
 * First in, first out, without a limit: Python's `queue.SimpleQueue`.
 *
 * Every operation takes the same time, however many items there are.
 *
 * @example
 * ```ts
 * import { queue } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const names = queue.SimpleQueue<string>();
 * names.put("Ada");
 *
 * assertEquals(names.get(), "Ada");
 * assertEquals(names.empty(), true);
 * ```
 */
export const SimpleQueue: SimpleQueueConstructor = callable(
  "SimpleQueue",
  Simple,
);
