import {
  type FileDescriptorLike,
  is_plain,
  type Keywords,
  keywords,
  options_of,
  seconds,
} from "../arguments.ts";
import { KeyError, RuntimeError } from "../exceptions.ts";
import {
  bad_descriptor,
  FOREIGN,
  NOT_YET,
  pending,
  type WaitOptions,
} from "../pending.ts";
import { EPOLLIN, EPOLLOUT } from "../select/constants.ts";
import {
  EVENT_READ,
  EVENT_WRITE,
  repr,
  type SelectorKey,
  type SelectorMapping,
} from "./key.ts";

/**
 * The last argument of `register()` and `modify()`: the data, or Python's keyword as
 * `{ data }`. It may be left out, for `null`, where `Data` allows that.
 *
 * A plain object is always the keyword, so data that are one go by it:
 * `{ data: { port: 80 } }`. Objects of a class, arrays and functions are data.
 */
export type DataArgument<Data> = null extends Data
  ? [data?: PlainData<Data> | { readonly data?: Data | undefined } | undefined]
  : [data: PlainData<Data> | { readonly data: Data }];

/**
 * Data that go by position: all but types like `{ port: number }`, of which the values are
 * plain objects. An interface may stand for a class, and is found at run time.
 */
export type PlainData<Data> = Data extends Readonly<Record<string, unknown>>
  ? never
  : Data;

/** What a selector takes by keyword when it waits. */
export interface SelectorOptions {
  /** Seconds, fractional; `null`, the default, for ever. */
  readonly timeout?: number | null | undefined;
}

const TIMEOUT = ["timeout"];

/**
 * What all selectors have in common: Python's `selectors.BaseSelector`.
 *
 * A selector watches file objects, each for reading, writing or both, with any data
 * attached: what a server knows of a client, a function to call. File objects are
 * descriptors, or objects with `fileno()`. Unregister one before you close it: the kernel
 * gives its descriptor to the next that is opened.
 *
 * `File` and `Data` are the types of what is registered and attached.
 *
 * @example
 * ```ts
 * import { selectors, socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * type Handler = (sock: socket.Socket, mask: number) => void;
 * using sel: selectors.BaseSelector<socket.Socket, Handler> = selectors.DefaultSelector();
 * const [a, b] = socket.socketpair();
 * let heard = "";
 * sel.register(b, selectors.EVENT_READ, (sock) => {
 *   heard += new TextDecoder().decode(sock.recv(1024));
 * });
 * a.send(new TextEncoder().encode("hello"));
 * for (const [key, mask] of sel.select(5)) key.data(key.fileobj, mask);
 * assertEquals(heard, "hello");
 * a.close();
 * b.close();
 * ```
 */
export abstract class BaseSelector<
  File extends FileDescriptorLike = FileDescriptorLike,
  Data = unknown,
> implements Disposable {
  /**
   * For classes that extend this one.
   *
   * @throws {TypeError} If it is called for this class itself.
   */
  constructor() {
    if (new.target === BaseSelector) {
      throw new TypeError(
        "BaseSelector is abstract: make a DefaultSelector, or extend it",
      );
    }
  }

  /**
   * Starts to watch a file object.
   *
   * @param fileobj A descriptor, or an object with `fileno()`.
   * @param events EVENT_READ, EVENT_WRITE, or both by `|`.
   * @param data Anything, to find again in the key; `null` by default. A plain object goes
   * by keyword: `{ data: { port: 80 } }`.
   * @returns Its key.
   * @throws {TypeError} If `data` is a plain object with another key than `data`.
   * @throws {ValueError} If `events` are others or none, or `fileobj` has no descriptor.
   * @throws {KeyError} If the file object, or another of its descriptor, is registered.
   * @throws {OSError} If the kernel is asked and refuses: EBADF of a closed descriptor.
   *
   * @example
   * ```ts
   * import { KeyError, selectors, socket } from "@iomux/py";
   * import { assertEquals, assertThrows } from "@std/assert";
   *
   * using sel = selectors.DefaultSelector();
   * using sock = socket.socket();
   * const key = sel.register(sock, selectors.EVENT_READ, { data: { port: 80 } });
   * assertEquals(key.data, { port: 80 });
   * assertThrows(() => sel.register(sock.fileno(), selectors.EVENT_READ), KeyError);
   * ```
   */
  abstract register(
    fileobj: File,
    events: number,
    ...data: DataArgument<Data>
  ): SelectorKey<File, Data>;

  /**
   * Stops watching a file object.
   *
   * One that was closed in the meantime is found, too, by the object itself.
   *
   * @param fileobj The file object, or its descriptor.
   * @returns The key that it had.
   * @throws {KeyError} If it is not registered.
   * @throws {ValueError} If it has no descriptor.
   *
   * @example
   * ```ts
   * import { selectors, socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using sel = selectors.DefaultSelector();
   * const sock = socket.socket();
   * const key = sel.register(sock, selectors.EVENT_READ);
   * sock.close();
   * assertEquals(sel.unregister(sock), key);
   * ```
   */
  abstract unregister(fileobj: File | number): SelectorKey<File, Data>;

  /**
   * Changes what a file object is watched for, and its data.
   *
   * If the kernel refuses the events, the file object is no longer registered.
   *
   * @param fileobj The file object, or its descriptor.
   * @param events EVENT_READ, EVENT_WRITE, or both by `|`.
   * @param data The data from now on: `null` if it is left out. Or `{ data }`, as in
   * `register`.
   * @returns Its new key; the same one if nothing changed.
   * @throws {TypeError} If `data` is a plain object with another key than `data`.
   * @throws {ValueError} If `events` are others or none, or `fileobj` has no descriptor.
   * @throws {KeyError} If it is not registered.
   * @throws {OSError} If the kernel is asked and refuses: EBADF of a closed descriptor.
   *
   * @example
   * ```ts
   * import { selectors, socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using sel = selectors.DefaultSelector<socket.Socket, string>();
   * const [a, b] = socket.socketpair();
   * sel.register(a, selectors.EVENT_READ, "waits");
   * const key = sel.modify(a, selectors.EVENT_WRITE, "answers");
   * assertEquals(sel.select(0), [[key, selectors.EVENT_WRITE]]);
   * a.close();
   * b.close();
   * ```
   */
  modify(
    fileobj: File,
    events: number,
    ...data: DataArgument<Data>
  ): SelectorKey<File, Data> {
    this.unregister(fileobj);
    return this.register(fileobj, events, ...data);
  }

  /**
   * Waits until file objects are ready.
   *
   * @param timeout Seconds, fractional, rounded up to what the system call counts in.
   * Absent or `null` waits for ever, 0 or less not at all. Or {@linkcode SelectorOptions}.
   * @returns `[key, events]` for each that is ready: EVENT_READ, EVENT_WRITE, or both, of
   * those asked for. An error or a hang-up counts as each: the next call on the file
   * object says which. Empty when the time was up.
   * @throws {TypeError} If the time-out is no number.
   * @throws {ValueError} If it is NaN.
   * @throws {OverflowError} If it is too large for the system call.
   *
   * @example
   * ```ts
   * import { selectors, socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using sel = selectors.DefaultSelector();
   * const [a, b] = socket.socketpair();
   * const key = sel.register(b, selectors.EVENT_READ);
   * assertEquals(sel.select(0.01), []);
   * a.close();
   * assertEquals(sel.select(), [[key, selectors.EVENT_READ]]);
   * b.close();
   * ```
   */
  abstract select(
    timeout?: number | null | SelectorOptions,
  ): Array<[key: SelectorKey<File, Data>, events: number]>;

  /**
   * Waits as {@linkcode BaseSelector.select} does, without stopping the event loop.
   *
   * What is registered meanwhile counts from the next wait on; with epoll, at once.
   *
   * @param limit `timeout` as `select` takes it; and `signal`, to end the wait.
   * @returns What `select` returns.
   * @throws As `select`; the signal's reason once it aborts; an error if the selector, or
   * a socket that it waits for, is closed meanwhile.
   *
   * @example
   * ```ts
   * import { selectors, socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using sel = selectors.DefaultSelector();
   * const [a, b] = socket.socketpair();
   * const key = sel.register(b, selectors.EVENT_READ);
   * setTimeout(() => a.send(new Uint8Array([1])), 10);
   * assertEquals(await sel.selectAsync(5), [[key, selectors.EVENT_READ]]);
   * a.close();
   * b.close();
   * ```
   */
  selectAsync(
    ...limit: Keywords<[timeout: number | null], SelectorOptions & WaitOptions>
  ): Promise<Array<[key: SelectorKey<File, Data>, events: number]>> {
    const keys = this.get_map()?.values() ?? [];
    return select_async(
      this,
      Array.from(keys, ({ fd, events }) => [fd, eventmask(events)]),
      limit,
      bad_descriptor,
    );
  }

  /**
   * Forgets all file objects and closes what the selector itself has open, not them.
   *
   * To be called once it is no longer needed, by `using` for one; not to be used after.
   */
  close(): void {}

  /** Closes the selector at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * The key of a file object.
   *
   * @param fileobj The file object, or its descriptor.
   * @returns Its key.
   * @throws {KeyError} If it is not registered.
   * @throws {ValueError} If it has no descriptor.
   * @throws {RuntimeError} If the selector is closed.
   *
   * @example
   * ```ts
   * import { KeyError, selectors, socket } from "@iomux/py";
   * import { assertEquals, assertThrows } from "@std/assert";
   *
   * using sel = selectors.DefaultSelector();
   * using sock = socket.socket();
   * assertThrows(() => sel.get_key(sock), KeyError, "is not registered");
   * const key = sel.register(sock, selectors.EVENT_READ);
   * assertEquals(sel.get_key(sock.fileno()), key);
   * ```
   */
  get_key(fileobj: File | number): SelectorKey<File, Data> {
    const map = this.get_map();
    if (map === null) throw new RuntimeError("Selector is closed");
    const key = map.get(fileobj);
    if (key === undefined) {
      throw new KeyError(`${repr(fileobj)} is not registered`);
    }
    return key;
  }

  /**
   * The keys of all file objects, by descriptor.
   *
   * @returns A view that shows what is registered at any time; `null` once the selector is
   * closed.
   */
  abstract get_map(): SelectorMapping<File, Data> | null;
}

/** A {@linkcode BaseSelector} with nothing left abstract: what the selectors here are. */
export interface Selector<
  File extends FileDescriptorLike = FileDescriptorLike,
  Data = unknown,
> extends BaseSelector<File, Data> {
  /** See {@linkcode BaseSelector.register}. */
  register(
    fileobj: File,
    events: number,
    ...data: DataArgument<Data>
  ): SelectorKey<File, Data>;
  /** See {@linkcode BaseSelector.unregister}. */
  unregister(fileobj: File | number): SelectorKey<File, Data>;
  /** See {@linkcode BaseSelector.select}. */
  select(
    timeout?: number | null | SelectorOptions,
  ): Array<[key: SelectorKey<File, Data>, events: number]>;
  /** See {@linkcode BaseSelector.get_map}. */
  get_map(): SelectorMapping<File, Data> | null;
}

/**
 * Makes a selector, with `new` or without: what {@linkcode SelectSelector},
 * {@linkcode PollSelector} and {@linkcode EpollSelector} are.
 *
 * `Extra` is what its selectors have besides the methods of a {@linkcode Selector}.
 */
export interface SelectorConstructor<Extra = unknown> {
  /** Makes a selector that watches nothing yet. */
  new <
    File extends FileDescriptorLike = FileDescriptorLike,
    Data = unknown,
  >(): Selector<File, Data> & Extra;
  /** Makes a selector that watches nothing yet. */
  <
    File extends FileDescriptorLike = FileDescriptorLike,
    Data = unknown,
  >(): Selector<File, Data> & Extra;
  /** What `instanceof` looks at. */
  readonly prototype: Selector & Extra;
}

/** EPOLLIN and EPOLLOUT, the same as POLLIN and POLLOUT, for EVENT_READ and EVENT_WRITE. */
export function eventmask(events: number): number {
  return (events & EVENT_READ ? EPOLLIN : 0) |
    (events & EVENT_WRITE ? EPOLLOUT : 0);
}

/**
 * Checks the time-out of `select()`, by position or by keyword; a negative one is 0,
 * however large.
 *
 * @returns Seconds that are not negative, `null` for ever.
 */
export function check_timeout(timeout: unknown): number | null {
  if (typeof timeout === "object") {
    [timeout] = keywords("select", [timeout], TIMEOUT);
  }
  return typeof timeout === "number" && timeout < 0 ? 0 : seconds(timeout);
}

/**
 * What `register()` and `modify()` attach: `null` if nothing is given.
 *
 * @throws {TypeError} If it is a plain object with another key than `data`.
 */
export function attached<Data>(
  caller: string,
  given: DataArgument<Data>[0],
): Data {
  let data: unknown = given;
  if (is_plain(given)) {
    for (const name of Object.keys(given)) {
      if (name === "data") continue;
      throw new TypeError(
        `${caller}() got an unexpected keyword argument '${name}': ` +
          "to attach a plain object, write { data: … }",
      );
    }
    data = Object.hasOwn(given, "data") ? given.data : null;
  }
  return data === undefined ? null as Data : data as Data;
}

/** Waits for descriptors until `select(0)` finds something. */
export function select_async<File extends FileDescriptorLike, Data>(
  selector: BaseSelector<File, Data>,
  watched: ReadonlyArray<readonly [fd: number, eventmask: number]>,
  limit: readonly unknown[],
  closed: () => Error,
): Promise<Array<[key: SelectorKey<File, Data>, events: number]>> {
  return pending(() => {
    const [timeout] = keywords("selectAsync", limit, TIMEOUT, ["signal"]);
    const seconds = check_timeout(timeout);
    return {
      ...FOREIGN,
      timeout: seconds === null ? -1 : seconds * 1000,
      attempt: () => {
        const ready = selector.select(0);
        return ready.length > 0 ? ready : NOT_YET;
      },
      watched: () => watched,
      timed_out: () => [],
      closed,
    };
  }, options_of(limit));
}
