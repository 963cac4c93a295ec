import { callable } from "../callable.ts";
import type { FileDescriptorLike } from "../fileno.ts";
import type { WaitOptions } from "../pending.ts";
import { EPOLLIN } from "../select/constants.ts";
import { closed, type Epoll, epoll } from "../select/epoll.ts";
import type { Selector } from "./base.ts";
import type { SelectorKey } from "./key.ts";
import { Poller } from "./poller.ts";
import { check_timeout, select_async } from "./wait.ts";

/** What {@linkcode EpollSelectorConstructor} makes: Python's `selectors.EpollSelector`. */
export interface EpollSelector<
  File extends FileDescriptorLike = FileDescriptorLike,
  Data = unknown,
> extends Selector<File, Data> {
  /**
   * The epoll descriptor, itself pollable: readable when something registered is ready.
   *
   * @returns The descriptor.
   * @throws {ValueError} After `close()`.
   */
  fileno(): number;
}

/** Makes an {@linkcode EpollSelector}, with `new` or without. */
export interface EpollSelectorConstructor {
  /** Makes a selector that watches nothing yet. */
  new <
    File extends FileDescriptorLike = FileDescriptorLike,
    Data = unknown,
  >(): EpollSelector<File, Data>;
  /** Makes a selector that watches nothing yet. */
  <
    File extends FileDescriptorLike = FileDescriptorLike,
    Data = unknown,
  >(): EpollSelector<File, Data>;
  /** What `instanceof` looks at. */
  readonly prototype: EpollSelector;
}

class EpollBacked<File extends FileDescriptorLike, Data>
  extends Poller<File, Data, Epoll>
  implements EpollSelector<File, Data> {
  constructor() {
    super(epoll());
  }

  fileno(): number {
    return this.object.fileno();
  }

  override select(
    timeout?: number | null,
  ): Array<[key: SelectorKey<File, Data>, events: number]> {
    const limit = check_timeout(timeout);
    // epoll_wait(2) wants room for one event, though nothing may be registered.
    return this.ready(this.object.poll(limit, this.keys.size || 1));
  }

  override selectAsync(
    timeout?: number | null,
    options?: WaitOptions,
  ): Promise<Array<[key: SelectorKey<File, Data>, events: number]>> {
    // Itself readable once it has events, whatever is registered by then.
    const watched = [[this.object.fileno(), EPOLLIN]] as const;
    return select_async(this, watched, timeout, options, closed);
  }

  override close(): void {
    this.object.close();
    super.close();
  }
}

/**
 * A selector on epoll(7): Python's `selectors.EpollSelector`.
 *
 * A call costs what is ready, however many are registered; a time-out counts in
 * milliseconds. The kernel is asked at once: `register()` fails for a closed descriptor
 * (EBADF) and for a regular file (EPERM). One that is closed while registered is never
 * ready. The selector has a descriptor of its own: close it.
 *
 * @throws {OSError} EMFILE, if no descriptor is free.
 *
 * @example
 * ```ts
 * import { select, selectors, socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using sel = selectors.EpollSelector();
 * const [a, b] = socket.socketpair();
 * const key = sel.register(a, selectors.EVENT_READ | selectors.EVENT_WRITE);
 * assertEquals(select.select([sel], [], [])[0], [sel]);
 * assertEquals(sel.select(), [[key, selectors.EVENT_WRITE]]);
 * a.close();
 * b.close();
 * ```
 */
export const EpollSelector: EpollSelectorConstructor = callable(
  "EpollSelector",
  EpollBacked,
);

/** The default selector as a type. */
export type DefaultSelector<
  File extends FileDescriptorLike = FileDescriptorLike,
  Data = unknown,
> = EpollSelector<File, Data>;

/**
 * The best selector that there is: Python's `selectors.DefaultSelector`. On Linux it is
 * {@linkcode EpollSelector}.
 *
 * @throws {OSError} EMFILE, if no descriptor is free.
 *
 * @example
 * ```ts
 * import { selectors, socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using sel = selectors.DefaultSelector();
 * using server = socket.socket();
 * server.bind(["127.0.0.1", 0]);
 * server.listen();
 * const key = sel.register(server, selectors.EVENT_READ);
 * using client = socket.socket();
 * client.connect(server.getsockname() as [string, number]);
 * assertEquals(sel.select(5), [[key, selectors.EVENT_READ]]);
 * ```
 */
export const DefaultSelector: EpollSelectorConstructor = EpollSelector;
