/**
 * Python's `queue` module, without threads.
 *
 * - {@linkcode Queue}: first in, first out.
 * - {@linkcode LifoQueue}: last in, first out.
 * - {@linkcode PriorityQueue}: lowest first.
 * - {@linkcode SimpleQueue}: first in, first out, without a limit.
 *
 * No call waits, since no other thread could fill or empty the queue. A call that would block
 * in Python throws {@linkcode Empty} or {@linkcode Full} at once; `join()` throws
 * `RuntimeError` while tasks are unfinished.
 *
 * @example A queue of messages per client
 * ```ts
 * import { queue } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const messages = queue.Queue<string>();
 * messages.put("first");
 * messages.put("second");
 *
 * const sent: string[] = [];
 * try {
 *   while (true) sent.push(messages.get_nowait());
 * } catch (error) {
 *   if (!(error instanceof queue.Empty)) throw error;
 * }
 * assertEquals(sent, ["first", "second"]);
 * ```
 *
 * @module
 */

import { callable, keywords, shown } from "./arguments.ts";
import { RuntimeError, ValueError } from "./exceptions.ts";

/** Keywords of a queue's constructor. */
export interface QueueOptions {
  /** The most items; 0, the default, or less for no limit. */
  readonly maxsize?: number | undefined;
}

/** Keywords of `put()` and `get()`. */
export interface BlockOptions {
  /** Whether to wait in Python: `true` by default. Here no call waits. */
  readonly block?: boolean | undefined;
  /** How long to wait in Python, in seconds; `null`, the default, for ever. */
  readonly timeout?: number | null | undefined;
}

/** Keywords of `shutdown()`. */
export interface ShutDownOptions {
  /** Whether to drop the queued items: `false` by default. */
  readonly immediate?: boolean | undefined;
}

/** Python's `queue.Queue` as a type. */
export interface Queue<T> {
  /** The most items; 0 or less for no limit. It can be changed at any time. */
  maxsize: number;
  /** The number of items whose {@linkcode Queue.task_done} is still due. */
  readonly unfinished_tasks: number;
  /** Whether {@linkcode Queue.shutdown} was called. */
  readonly is_shutdown: boolean;
  /**
   * Adds an item.
   *
   * @param item The item.
   * @param block Whether to wait for room in Python; here no call waits. Or
   * {@linkcode BlockOptions}.
   * @param timeout How long to wait in Python, in seconds.
   * @throws {Full} If the queue is full.
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
   * @throws {Full} If the queue is full.
   * @throws {ShutDown} If the queue was shut down.
   */
  put_nowait(item: T): void;
  /**
   * Removes the next item.
   *
   * @param block Whether to wait for an item in Python; here no call waits. Or
   * {@linkcode BlockOptions}.
   * @param timeout How long to wait in Python, in seconds.
   * @returns The item.
   * @throws {Empty} If the queue is empty.
   * @throws {ShutDown} If the queue is empty and was shut down.
   * @throws {ValueError} If the timeout is negative or NaN.
   */
  get(block?: boolean | BlockOptions, timeout?: number | null): T;
  /**
   * Removes the next item: `get(false)`.
   *
   * @returns The item.
   * @throws {Empty} If the queue is empty.
   * @throws {ShutDown} If the queue is empty and was shut down.
   */
  get_nowait(): T;
  /**
   * Counts the items.
   *
   * @returns The number of items.
   */
  qsize(): number;
  /**
   * Returns whether the queue is empty.
   *
   * @returns Whether the next `get` would throw {@linkcode Empty}.
   */
  empty(): boolean;
  /**
   * Returns whether the queue is full.
   *
   * @returns Whether the next `put` would throw {@linkcode Full}.
   */
  full(): boolean;
  /**
   * Marks the work on a removed item as done.
   *
   * @throws {ValueError} If it is called more often than items were added.
   */
  task_done(): void;
  /**
   * Checks that {@linkcode Queue.task_done} was called for every item.
   *
   * @throws {RuntimeError} If it was not: with one thread, Python's wait would never end.
   */
  join(): void;
  /**
   * Refuses further items. Queued items can still be removed, unless `immediate` is set.
   *
   * @param immediate Whether to drop the queued items. Or {@linkcode ShutDownOptions}.
   */
  shutdown(immediate?: boolean | ShutDownOptions): void;
}

/** Makes a {@linkcode Queue}, with `new` or without. */
export interface QueueConstructor {
  /** Makes a queue of at most `maxsize` items; 0, the default, or less for no limit. */
  new <T>(maxsize?: number | QueueOptions): Queue<T>;
  /** Makes a queue of at most `maxsize` items; 0, the default, or less for no limit. */
  <T>(maxsize?: number | QueueOptions): Queue<T>;
  /** The prototype, for `instanceof`. */
  readonly prototype: Queue<unknown>;
}

const MAXSIZE = ["maxsize"];
const BLOCK = ["block", "timeout"];
const IMMEDIATE = ["immediate"];

/**
 * Checks `block` and `timeout`, by position or by keyword.
 *
 * @param caller The method, for messages.
 * @param block Whether to wait, or the keywords.
 * @param timeout How long to wait, in seconds.
 * @param waits Whether the call can wait at all: Python checks the time-out only then.
 * @throws {TypeError} If the time-out is neither a number nor null.
 * @throws {ValueError} If it is negative or NaN.
 */
function check_block(
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
    throw new TypeError(
      `'timeout' must be a number or null, not ${shown(timeout)}`,
    );
  }
  if (!(timeout >= 0)) {
    throw new ValueError(
      `'timeout' must be a non-negative number, not ${timeout}`,
    );
  }
}

/** The class behind {@linkcode Queue}; the other queues override its store. */
class QueueBase<T> implements Queue<T> {
  maxsize: number;
  #unfinished = 0;
  #is_shutdown = false;
  #store: Store<T>;

  constructor(given?: number | QueueOptions) {
    const [maxsize = 0] = keywords(new.target.name, [given], MAXSIZE);
    if (typeof maxsize !== "number") {
      throw new TypeError(`'maxsize' must be a number, not ${shown(maxsize)}`);
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
    this.#store = this.make_store();
  }
}

/**
 * First in, first out: Python's `queue.Queue`.
 *
 * Every operation takes constant time.
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

/** Python's `queue.LifoQueue` as a type. */
export type LifoQueue<T> = Queue<T>;

class Lifo<T> extends QueueBase<T> {
  protected override make_store(): Store<T> {
    return new Stack();
  }
}

/**
 * Last in, first out: Python's `queue.LifoQueue`.
 *
 * Every operation takes constant time.
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
export const LifoQueue: QueueConstructor = callable("LifoQueue", Lifo);

/** An item of a {@linkcode PriorityQueue}. Numbers and booleans compare with each other. */
export type Orderable =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | readonly unknown[];

/** Python's `queue.PriorityQueue` as a type. */
export type PriorityQueue<T extends Orderable> = Queue<T>;

/** Makes a {@linkcode PriorityQueue}, with `new` or without. */
export interface PriorityQueueConstructor {
  /** Makes a queue of at most `maxsize` items; 0, the default, or less for no limit. */
  new <T extends Orderable>(maxsize?: number | QueueOptions): PriorityQueue<T>;
  /** Makes a queue of at most `maxsize` items; 0, the default, or less for no limit. */
  <T extends Orderable>(maxsize?: number | QueueOptions): PriorityQueue<T>;
  /** The prototype, for `instanceof`. */
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
 * Items are ordered as by Python's `<`: numbers by value, strings by code point, and arrays
 * element by element, as tuples. The typical item is `[priority, data]`. If two items may have
 * the same priority, put a serial number in between, so that their data is never compared:
 * `put()` and `get()` throw a `TypeError` for items that Python cannot compare, and change
 * nothing. Every operation takes logarithmic time.
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

/** Python's `queue.SimpleQueue` as a type: it is never full, nor shut down. */
export type SimpleQueue<T> = Pick<
  Queue<T>,
  "put" | "put_nowait" | "get" | "get_nowait" | "qsize" | "empty"
>;

/** Makes a {@linkcode SimpleQueue}, with `new` or without. */
export interface SimpleQueueConstructor {
  /** Makes a queue without a limit. */
  new <T>(): SimpleQueue<T>;
  /** Makes a queue without a limit. */
  <T>(): SimpleQueue<T>;
  /** The prototype, for `instanceof`. */
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
 * Every operation takes constant time.
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

/**
 * The error of a `get()` from an empty queue: Python's `queue.Empty`.
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
 * The error of a `put()` into a full queue: Python's `queue.Full`.
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
 * The error of a queue that was shut down: Python's `queue.ShutDown`.
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

/** The container of a queue's items, which defines their order. */
interface Store<T> {
  /** The number of items. */
  readonly size: number;
  /** Adds an item; if it throws, nothing has changed. */
  put(item: T): void;
  /** Removes the next item of a non-empty store; if it throws, nothing has changed. */
  get(): T;
}

// Long enough to make the links cheap, short enough to free removed items soon.
const CHUNK_LENGTH = 1024;

interface Chunk<T> {
  readonly items: (T | undefined)[];
  next: Chunk<T> | null;
}

/** First in, first out: a chain of short arrays, so that no operation moves other items. */
class Fifo<T> implements Store<T> {
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
    // Do not keep a removed item alive.
    items[this.#start++] = undefined;
    this.#size--;
    return item;
  }
}

/** Last in, first out. */
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
}

/**
 * Lowest first: a binary heap.
 *
 * Equal items leave in the same order as from CPython's heapq.
 */
class Heap<T> implements Store<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  // put() and get() compare before they move: a comparison that throws changes nothing.

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
    // Follows the lower children down to a leaf, then climbs to where the last item fits.
    // It was a leaf and mostly belongs near one, so this takes the fewest comparisons.
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
}

type Numeric = number | bigint | boolean;
type Sequence = readonly unknown[] | Uint8Array;

/**
 * Compares two items as Python's `a < b`.
 *
 * Booleans count as numbers, NaN is not below any number, strings compare by code point, arrays
 * compare as tuples, and `Uint8Array`s as bytes.
 *
 * @throws {TypeError} If Python cannot compare the two.
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

/** Compares two items as Python's `==`: by value if they have one, else by identity. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  // In Python 1, 1n and true are equal; no other loose equality holds.
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
  // If they differ inside a surrogate pair, compare the whole code points.
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
