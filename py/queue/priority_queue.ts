import { callable } from "../callable.ts";
import {
  type BlockOptions,
  type Queue,
  QueueBase,
  type QueueOptions,
} from "./queue.ts";
import { Heap, type Store } from "./store.ts";

/** What a {@linkcode PriorityQueue} can order: each kind with its own, and numbers with booleans. */
export type Orderable =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | readonly unknown[];

/** What {@linkcode PriorityQueueConstructor} makes: Python's `queue.PriorityQueue` as a type. */
export interface PriorityQueue<T extends Orderable> extends Queue<T> {
  /**
   * Adds an item.
   *
   * @param item The item.
   * @param block Whether Python would wait for room; here no call waits. Or
   * {@linkcode BlockOptions}.
   * @param timeout For how many seconds it would.
   * @throws {TypeError} If Python has no order between this item and one inside; it stays outside.
   * @throws {Full} If there is no room.
   * @throws {ShutDown} If the queue was shut down.
   * @throws {ValueError} If the timeout of a queue with a limit is negative or NaN.
   */
  put(item: T, block?: boolean | BlockOptions, timeout?: number | null): void;
  /**
   * Removes the lowest item.
   *
   * @param block Whether Python would wait for an item; here no call waits. Or
   * {@linkcode BlockOptions}.
   * @param timeout For how many seconds it would.
   * @returns The item.
   * @throws {TypeError} If Python has no order between two items inside; all of them stay.
   * @throws {Empty} If there is none.
   * @throws {ShutDown} If there is none and the queue was shut down.
   * @throws {ValueError} If the timeout is negative or NaN.
   */
  get(block?: boolean | BlockOptions, timeout?: number | null): T;
}

/** Makes a {@linkcode PriorityQueue}, with `new` or without. */
export interface PriorityQueueConstructor {
  /** Makes a queue for `maxsize` items; 0 or less for no limit. */
  new <T extends Orderable>(maxsize?: number | QueueOptions): PriorityQueue<T>;
  /** Makes a queue for `maxsize` items; 0 or less for no limit. */
  <T extends Orderable>(maxsize?: number | QueueOptions): PriorityQueue<T>;
  /** What `instanceof` looks at. */
  readonly prototype: PriorityQueue<Orderable>;
}

class Priority<T> extends QueueBase<T> {
  protected override make_store(): Store<T> {
    return new Heap();
  }
}

/**
 * Lowest first: Python's `queue.PriorityQueue`.
 *
 * Items are ordered as Python's `<` does: numbers, strings by code point, and arrays element by
 * element, as tuples. The typical item is `[priority, data]`; where two may have one priority, put
 * a running number between, so that their data is never compared. Each operation takes a time that
 * grows with the logarithm of the number of items.
 *
 * @example
 * ```ts
 * import { queue } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const jobs = queue.PriorityQueue<[priority: number, name: string]>();
 * jobs.put([2, "sweep"]);
 * jobs.put([1, "answer"]);
 *
 * assertEquals(jobs.get(), [1, "answer"]);
 * ```
 */
export const PriorityQueue: PriorityQueueConstructor = callable(
  "PriorityQueue",
  Priority,
);
