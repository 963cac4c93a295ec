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
