import { lessThan } from "./less_than.ts";
import type { Store } from "./store.ts";

/**
 * Lowest first: a binary heap.
 *
 * Items that are equal leave in the order in which CPython's heapq would give them.
 */
export class Heap<T> implements Store<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  // Both compare first and move then: a comparison that throws changes nothing.

  put(item: T): void {
    const items = this.#items;
    const ancestors: number[] = [];
    let at = items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!lessThan(item, items[parent])) break;
      ancestors.push(parent);
      at = parent;
    }
    at = items.length;
    for (const parent of ancestors) {
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  get(): T {
    const items = this.#items;
    const end = items.length - 1;
    const last = items[end]!;
    if (end === 0) {
      items.length = 0;
      return last;
    }
    // Down to a leaf along the lower children, then up to where the last item fits:
    // it came from a leaf and mostly belongs near one, so this compares least.
    const path = [0];
    for (let child = 1; child < end; child = 2 * child + 1) {
      const right = child + 1;
      if (right < end && !lessThan(items[child], items[right])) child = right;
      path.push(child);
    }
    let depth = path.length - 1;
    while (depth > 0 && lessThan(last, items[path[depth]!])) depth--;

    const first = items[0]!;
    for (let i = 0; i < depth; i++) items[path[i]!] = items[path[i + 1]!]!;
    items[path[depth]!] = last;
    items.length = end;
    return first;
  }

  clear(): void {
    this.#items.length = 0;
  }
}
