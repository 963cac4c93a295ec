/**
 * A table by descriptor.
 *
 * @module
 */

/**
 * A table with a row for each descriptor: an array, since the kernel gives out the lowest
 * free number. A look-up costs a third less than in a `Map`.
 */
export class Table<Row extends object> {
  readonly #rows: Array<Row | undefined> = [];
  #size = 0;

  /** The number of rows. */
  get size(): number {
    return this.#size;
  }

  /** Returns the row of a descriptor; `undefined` for -1, which a closed socket has. */
  get(fd: number): Row | undefined {
    return fd < 0 ? undefined : this.#rows[fd];
  }

  /** Sets the row of a descriptor. */
  set(fd: number, row: Row): void {
    if (this.get(fd) === undefined) this.#size++;
    this.#rows[fd] = row;
  }

  /** Removes the row of a descriptor; returns whether there was one. */
  delete(fd: number): boolean {
    if (this.get(fd) === undefined) return false;
    this.#rows[fd] = undefined;
    this.#size--;
    return true;
  }

  /** Iterates over the rows; the caller may delete rows meanwhile. */
  *[Symbol.iterator](): Generator<Row> {
    for (const row of this.#rows) if (row !== undefined) yield row;
  }
}
