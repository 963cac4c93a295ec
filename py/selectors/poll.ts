import { callable } from "../callable.ts";
import type { FileDescriptorLike, HasFileno, Keywords } from "../arguments.ts";
import type { WaitOptions } from "../pending.ts";
import { EPOLLIN, POLLIN, POLLOUT } from "../select/constants.ts";
import { closed, type Epoll, epoll } from "../select/epoll.ts";
import { Poll } from "../select/poll.ts";
import {
  check_timeout,
  eventmask,
  select_async,
  type Selector,
  type SelectorConstructor,
  type SelectorOptions,
} from "./base.ts";
import { EVENT_READ, EVENT_WRITE, type SelectorKey } from "./key.ts";
import { Registry } from "./registry.ts";

/** What poll and epoll objects have in common; POLLIN is EPOLLIN, POLLOUT is EPOLLOUT. */
interface Pollable {
  register(fd: number, eventmask: number): void;
  modify(fd: number, eventmask: number): void;
  unregister(fd: number): void;
}

/** A selector on an object that is told of each descriptor once. */
abstract class Poller<
  File extends FileDescriptorLike,
  Data,
  Object extends Pollable,
> extends Registry<File, Data> {
  /** The poll or epoll object. */
  protected readonly object: Object;

  constructor(object: Object) {
    super();
    this.object = object;
  }

  protected override watch(fd: number, events: number): void {
    this.object.register(fd, eventmask(events));
  }

  protected override change(fd: number, events: number): void {
    this.object.modify(fd, eventmask(events));
  }

  protected override forget(fd: number): void {
    this.object.unregister(fd);
  }

  /** What the object found, with keys in the place of descriptors. */
  protected ready(
    found: ReadonlyArray<[fd: number, event: number]>,
  ): Array<[key: SelectorKey<File, Data>, events: number]> {
    const ready: Array<[SelectorKey<File, Data>, number]> = [];
    for (const [fd, event] of found) {
      const key = this.keys.get(fd);
      // A duplicate keeps a descriptor in an epoll object that forgot to unregister it.
      if (key === undefined) continue;
      // Errors and hang-ups are for readers and writers alike.
      let events = 0;
      if (event & ~POLLOUT) events |= EVENT_READ;
      if (event & ~POLLIN) events |= EVENT_WRITE;
      ready.push([key, events & key.events]);
    }
    return ready;
  }
}

/** Python's `selectors.PollSelector` as a type. */
export type PollSelector<
  File extends FileDescriptorLike = FileDescriptorLike,
  Data = unknown,
> = Selector<File, Data>;

class PollBacked<File extends FileDescriptorLike, Data>
  extends Poller<File, Data, Poll> {
  constructor() {
    super(new Poll());
  }

  override select(
    timeout?: number | null | SelectorOptions,
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
export const PollSelector: SelectorConstructor = callable(
  "PollSelector",
  PollBacked,
);

/**
 * Python's `selectors.EpollSelector` as a type. Its `fileno()` is the epoll descriptor,
 * itself pollable: readable when something registered is ready.
 */
export type EpollSelector<
  File extends FileDescriptorLike = FileDescriptorLike,
  Data = unknown,
> = Selector<File, Data> & HasFileno;

class EpollBacked<File extends FileDescriptorLike, Data>
  extends Poller<File, Data, Epoll>
  implements HasFileno {
  constructor() {
    super(epoll());
  }

  fileno(): number {
    return this.object.fileno();
  }

  override select(
    timeout?: number | null | SelectorOptions,
  ): Array<[key: SelectorKey<File, Data>, events: number]> {
    const limit = check_timeout(timeout);
    // epoll_wait(2) wants room for one event, though nothing may be registered.
    return this.ready(this.object.poll(limit, this.keys.size || 1));
  }

  override selectAsync(
    ...limit: Keywords<[timeout: number | null], SelectorOptions & WaitOptions>
  ): Promise<Array<[key: SelectorKey<File, Data>, events: number]>> {
    // Itself readable once it has events, whatever is registered by then.
    const watched = [[this.object.fileno(), EPOLLIN]] as const;
    return select_async(this, watched, limit, closed);
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
export const EpollSelector: SelectorConstructor<HasFileno> = callable(
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
 * client.connect(server.getsockname());
 * assertEquals(sel.select(5), [[key, selectors.EVENT_READ]]);
 * ```
 */
export const DefaultSelector: SelectorConstructor<HasFileno> = EpollSelector;
