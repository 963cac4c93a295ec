import type { Store } from "./store.ts";

// Big enough to make the links cheap, small enough that what is consumed soon goes.
const chunkLength = 1024;

interface Chunk<T> {
  readonly items: (T | undefined)[];
  next: Chunk<T> | null;
}

/** First in, first out: a chain of short arrays, so no operation ever moves the other items. */
export class Fifo<T> implements Store<T> {
  #head: Chunk<T> = { items: [], next: null };
  #tail = this.#head;
  #start = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  put(item: T): void {
    if (this.#tail.items.length === chunkLength) {
      this.#tail = this.#tail.next = { items: [], next: null };
    }
    this.#tail.items.push(item);
    this.#size++;
  }

  get(): T {
    if (this.#start === chunkLength) {
      this.#head = this.#head.next!;
      this.#start = 0;
    }
    const { items } = this.#head;
    const item = items[this.#start] as T;
    // A consumed item is the caller's alone.
    items[this.#start++] = undefined;
    this.#size--;
    return item;
  }

  clear(): void {
    this.#head = this.#tail = { items: [], next: null };
    this.#start = this.#size = 0;
  }
}
