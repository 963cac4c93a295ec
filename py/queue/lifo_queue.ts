import { callable } from "../callable.ts";
import { type Queue, QueueBase, type QueueOptions } from "./queue.ts";
import type { Store } from "./store.ts";

/** What {@linkcode LifoQueueConstructor} makes: Python's `queue.LifoQueue` as a type. */
export interface LifoQueue<T> extends Queue<T> {}

/** Makes a {@linkcode LifoQueue}, with `new` or without. */
export interface LifoQueueConstructor {
  /** Makes a queue for `maxsize` items; 0 or less for no limit. */
  new <T>(maxsize?: number | QueueOptions): LifoQueue<T>;
  /** Makes a queue for `maxsize` items; 0 or less for no limit. */
  <T>(maxsize?: number | QueueOptions): LifoQueue<T>;
  /** What `instanceof` looks at. */
  readonly prototype: LifoQueue<unknown>;
}

class Stack<T> implements Store<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  put(item: T): void {
    this.#items.push(item);
  }

  get(): T {
    return this.#items.pop() as T;
  }

  clear(): void {
    this.#items.length = 0;
  }
}

class Lifo<T> extends QueueBase<T> {
  protected override make_store(): Store<T> {
    return new Stack();
  }
}

/**
 * Last in, first out: Python's `queue.LifoQueue`.
 *
 * Every operation takes the same time, however many items there are.
 *
 * @example
 * ```ts
 * import { queue } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const plates = queue.LifoQueue<string>();
 * plates.put("first");
 * plates.put("second");
 *
 * assertEquals(plates.get(), "second");
 * ```
 */
export const LifoQueue: LifoQueueConstructor = callable("LifoQueue", Lifo);
