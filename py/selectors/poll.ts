import { callable } from "../callable.ts";
import type { FileDescriptorLike } from "../fileno.ts";
import { Poll } from "../select/poll.ts";
import type { Selector } from "./base.ts";
import type { SelectorKey } from "./key.ts";
import { Poller } from "./poller.ts";
import { check_timeout } from "./wait.ts";

/** What {@linkcode PollSelectorConstructor} makes: Python's `selectors.PollSelector`. */
export type PollSelector<
  File extends FileDescriptorLike = FileDescriptorLike,
  Data = unknown,
> = Selector<File, Data>;

/** Makes a {@linkcode PollSelector}, with `new` or without. */
export interface PollSelectorConstructor {
  /** Makes a selector that watches nothing yet. */
  new <
    File extends FileDescriptorLike = FileDescriptorLike,
    Data = unknown,
  >(): PollSelector<File, Data>;
  /** Makes a selector that watches nothing yet. */
  <
    File extends FileDescriptorLike = FileDescriptorLike,
    Data = unknown,
  >(): PollSelector<File, Data>;
  /** What `instanceof` looks at. */
  readonly prototype: PollSelector;
}

class PollBacked<File extends FileDescriptorLike, Data>
  extends Poller<File, Data, Poll> {
  constructor() {
    super(new Poll());
  }

  override select(
    timeout?: number | null,
  ): Array<[key: SelectorKey<File, Data>, events: number]> {
    const limit = check_timeout(timeout);
    return this.ready(this.object.poll(limit === null ? null : limit * 1000));
  }
}

/**
 * A selector on poll(2): Python's `selectors.PollSelector`.
 *
 * A call costs what is registered; a time-out counts in milliseconds. The kernel is asked
 * in `select()` alone: there a closed descriptor is ready.
 *
 * @example
 * ```ts
 * import { selectors, socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using sel = selectors.PollSelector();
 * const [a, b] = socket.socketpair();
 * const key = sel.register(a, selectors.EVENT_READ | selectors.EVENT_WRITE);
 * assertEquals(sel.select(), [[key, selectors.EVENT_WRITE]]);
 * a.close();
 * b.close();
 * ```
 */
export const PollSelector: PollSelectorConstructor = callable(
  "PollSelector",
  PollBacked,
);
