/** What a queue keeps its items in: the order in which they leave is its whole character. */
export interface Store<T> {
  /** How many items are there. */
  readonly size: number;
  /** Adds an item; when it throws, nothing has changed. */
  put(item: T): void;
  /** Removes the next of at least one item; when it throws, nothing has changed. */
  get(): T;
  /** Removes all items. */
  clear(): void;
}

// Big enough to make the links cheap, small enough that what is consumed soon goes.
const CHUNK_LENGTH = 1024;

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
    if (this.#tail.items.length === CHUNK_LENGTH) {
      this.#tail = this.#tail.next = { items: [], next: null };
    }
    this.#tail.items.push(item);
    this.#size++;
  }

  get(): T {
    if (this.#start === CHUNK_LENGTH) {
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
      if (!less_than(item, items[parent])) break;
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
      if (right < end && !less_than(items[child], items[right])) child = right;
      path.push(child);
    }
    let depth = path.length - 1;
    while (depth > 0 && less_than(last, items[path[depth]!])) depth--;

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

type Numeric = number | bigint | boolean;
type Sequence = readonly unknown[] | Uint8Array;

/**
 * Python's `a < b` for what a queue may have to order.
 *
 * Booleans count as numbers, NaN is below nothing, strings go by code point, arrays go element by
 * element as tuples do, and `Uint8Array` as bytes do.
 *
 * @throws {TypeError} If Python has no order between the two.
 */
function less_than(a: unknown, b: unknown): boolean {
  if (is_numeric(a) && is_numeric(b)) return a < b;
  if (typeof a === "string" && typeof b === "string") {
    return string_less_than(a, b);
  }
  if (is_sequence(a) && is_sequence(b) && is_array(a) === is_array(b)) {
    const end = Math.min(a.length, b.length);
    for (let i = 0; i < end; i++) {
      if (!equal(a[i], b[i])) return less_than(a[i], b[i]);
    }
    return a.length < b.length;
  }
  throw new TypeError(
    `'<' not supported between instances of '${kind(a)}' and '${kind(b)}'`,
  );
}

// Python's `==`: by value where there is one, otherwise by identity.
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  // 1, 1n and true are equal there; no other loose equality is.
  if (is_numeric(a) && is_numeric(b)) return a == b;
  if (is_sequence(a) && is_sequence(b) && is_array(a) === is_array(b)) {
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!equal(a[i], b[i])) return false;
    return true;
  }
  return (a ?? null) === (b ?? null);
}

function string_less_than(a: string, b: string): boolean {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === end) return a.length < b.length;
  // The strings may part inside a surrogate pair: then they part where it begins.
  const before = at > 0 ? at - 1 : 0;
  const [x, y] = [a.codePointAt(before)!, b.codePointAt(before)!];
  return x === y ? a.codePointAt(at)! < b.codePointAt(at)! : x < y;
}

function is_numeric(value: unknown): value is Numeric {
  return typeof value === "number" || typeof value === "bigint" ||
    typeof value === "boolean";
}

function is_sequence(value: unknown): value is Sequence {
  return Array.isArray(value) || value instanceof Uint8Array;
}

function is_array(value: Sequence): boolean {
  return Array.isArray(value);
}

function kind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object"
    ? value.constructor?.name || "object"
    : typeof value;
}
