import { callable } from "../callable.ts";
import type { FileDescriptorLike } from "../arguments.ts";
import { select } from "../select/select.ts";
import {
  check_timeout,
  type Selector,
  type SelectorConstructor,
  type SelectorOptions,
} from "./base.ts";
import { EVENT_READ, EVENT_WRITE, type SelectorKey } from "./key.ts";
import { Registry } from "./registry.ts";

/** Python's `selectors.SelectSelector` as a type. */
export type SelectSelector<
  File extends FileDescriptorLike = FileDescriptorLike,
  Data = unknown,
> = Selector<File, Data>;

class SelectBacked<File extends FileDescriptorLike, Data>
  extends Registry<File, Data> {
  readonly #readers = new Set<number>();
  readonly #writers = new Set<number>();

  protected override watch(fd: number, events: number): void {
    if (events & EVENT_READ) this.#readers.add(fd);
    if (events & EVENT_WRITE) this.#writers.add(fd);
  }

  protected override change(fd: number, events: number): void {
    this.forget(fd);
    this.watch(fd, events);
  }

  protected override forget(fd: number): void {
    this.#readers.delete(fd);
    this.#writers.delete(fd);
  }

  override select(
    timeout?: number | null | SelectorOptions,
  ): Array<[key: SelectorKey<File, Data>, events: number]> {
    const limit = check_timeout(timeout);
    const [r, w] = select(this.#readers, this.#writers, [], limit);
    const found = new Map<number, number>();
    for (const fd of r) found.set(fd, EVENT_READ);
    for (const fd of w) found.set(fd, (found.get(fd) ?? 0) | EVENT_WRITE);
    const ready: Array<[SelectorKey<File, Data>, number]> = [];
    for (const [fd, events] of found) {
      const key = this.keys.get(fd);
      if (key !== undefined) ready.push([key, events]);
    }
    return ready;
  }
}

/**
 * A selector on select(2): Python's `selectors.SelectSelector`.
 *
 * A call costs what the highest descriptor is; a time-out counts in microseconds. The
 * kernel is asked in `select()` alone: a closed descriptor is an error there (EBADF), and
 * an error on a socket is EVENT_READ and EVENT_WRITE, a hang-up EVENT_READ.
 *
 * @example
 * ```ts
 * import { selectors, socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using sel = selectors.SelectSelector();
 * const [a, b] = socket.socketpair();
 * const key = sel.register(a, selectors.EVENT_READ | selectors.EVENT_WRITE);
 * assertEquals(sel.select(), [[key, selectors.EVENT_WRITE]]);
 * a.close();
 * b.close();
 * ```
 */
export const SelectSelector: SelectorConstructor = callable(
  "SelectSelector",
  SelectBacked,
);
