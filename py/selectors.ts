/**
 * Python's `selectors` module: wait until file objects are ready, with data attached to
 * each.
 *
 * - {@linkcode SelectSelector}: on select(2).
 * - {@linkcode PollSelector}: on poll(2).
 * - {@linkcode EpollSelector}: on epoll(7). A call costs what is ready, not what is watched.
 * - {@linkcode DefaultSelector}: the last.
 *
 * @example An echo server
 * ```ts
 * import * as selectors from "@iomux/py/selectors";
 * import * as socket from "@iomux/py/socket";
 * import { assertEquals } from "@std/assert";
 *
 * using sel = selectors.DefaultSelector<socket.Socket, (sock: socket.Socket) => void>();
 *
 * function accept(server: socket.Socket): void {
 *   const [conn] = server.accept();
 *   conn.setblocking(false);
 *   sel.register(conn, selectors.EVENT_READ, read);
 * }
 *
 * function read(conn: socket.Socket): void {
 *   const data = conn.recv(1000);
 *   if (data.length > 0) {
 *     conn.send(data);
 *   } else {
 *     sel.unregister(conn);
 *     conn.close();
 *   }
 * }
 *
 * using server = socket.socket();
 * server.bind(["127.0.0.1", 0]);
 * server.listen(100);
 * server.setblocking(false);
 * sel.register(server, selectors.EVENT_READ, accept);
 *
 * const client = socket.socket();
 * client.connect(server.getsockname());
 * client.send(new TextEncoder().encode("hello"));
 * for (let round = 0; round < 2; round++) {
 *   for (const [key] of sel.select(5)) key.data(key.fileobj);
 * }
 * assertEquals(new TextDecoder().decode(client.recv(1000)), "hello");
 * client.close();
 * for (const [key] of sel.select(5)) key.data(key.fileobj);
 * assertEquals(sel.get_map()?.size, 1);
 * ```
 *
 * @module
 */

import {
  callable,
  type FileDescriptorLike,
  fileno,
  type HasFileno,
  is_plain,
  type Keywords,
  keywords,
  options_of,
  seconds,
  shown,
  whole,
} from "./arguments.ts";
import { KeyError, OSError, RuntimeError, ValueError } from "./exceptions.ts";
import {
  bad_descriptor,
  FOREIGN,
  NOT_YET,
  pending,
  type WaitOptions,
} from "./pending.ts";
import {
  type Epoll,
  epoll,
  EPOLLIN,
  EPOLLOUT,
  Poll,
  POLLIN,
  POLLOUT,
  select,
} from "./select.ts";

export type { FileDescriptorLike, HasFileno, Keywords } from "./arguments.ts";
export type { WaitOptions } from "./pending.ts";

/** There is data to read, or a connection to accept. */
export const EVENT_READ = 1;
/** Writing will not block. */
export const EVENT_WRITE = 2;

/**
 * What ties a file object to its descriptor, events and data: Python's
 * `selectors.SelectorKey` as a type. It does not change; `modify()` makes another.
 */
export interface SelectorKey<
  File extends FileDescriptorLike = FileDescriptorLike,
  Data = unknown,
> {
  /** The file object, as it was registered. */
  readonly fileobj: File;
  /** Its descriptor, as it was then. */
  readonly fd: number;
  /** What is waited for: EVENT_READ, EVENT_WRITE, or both by `|`. */
  readonly events: number;
  /** What was attached; `null` if nothing was. */
  readonly data: Data;
  /** The four in this order, to take them apart as Python does a named tuple. */
  [Symbol.iterator](): Iterator<File | number | Data>;
}

/** Makes a {@linkcode SelectorKey}, with `new` or without. */
export interface SelectorKeyConstructor {
  /** Makes a key of its fields: `fileobj`, `fd`, `events`, `data`. */
  new <File extends FileDescriptorLike, Data>(
    fileobj: File,
    fd: number,
    events: number,
    data: Data,
  ): SelectorKey<File, Data>;
  /** Makes a key of its fields: `fileobj`, `fd`, `events`, `data`. */
  <File extends FileDescriptorLike, Data>(
    fileobj: File,
    fd: number,
    events: number,
    data: Data,
  ): SelectorKey<File, Data>;
  /** What `instanceof` looks at. */
  readonly prototype: SelectorKey;
}

/** The class behind {@linkcode SelectorKey}. */
class Key<File extends FileDescriptorLike, Data>
  implements SelectorKey<File, Data> {
  readonly fileobj: File;
  readonly fd: number;
  readonly events: number;
  readonly data: Data;

  constructor(fileobj: File, fd: number, events: number, data: Data) {
    this.fileobj = fileobj;
    this.fd = fd;
    this.events = events;
    this.data = data;
    Object.freeze(this);
  }

  *[Symbol.iterator](): Iterator<File | number | Data> {
    yield this.fileobj;
    yield this.fd;
    yield this.events;
    yield this.data;
  }
}

/**
 * What `register()` returns, and `select()` for what is ready: Python's
 * `selectors.SelectorKey`.
 *
 * @example
 * ```ts
 * import { selectors, socket } from "@iomux/py";
 * import { assertEquals, assertInstanceOf } from "@std/assert";
 *
 * using sel = selectors.DefaultSelector<socket.Socket, string>();
 * using sock = socket.socket();
 * const key = sel.register(sock, selectors.EVENT_READ, "first");
 * assertInstanceOf(key, selectors.SelectorKey);
 * const [fileobj, fd, events, data] = key;
 * assertEquals(fileobj, sock);
 * assertEquals([fd, events, data], [sock.fileno(), selectors.EVENT_READ, "first"]);
 * ```
 */
export const SelectorKey: SelectorKeyConstructor = callable("SelectorKey", Key);

/** A file object as an error message shows it. */
function repr(file: unknown): string {
  if (typeof file !== "object" || file === null) return shown(file);
  const plain = file.toString === Object.prototype.toString;
  return plain || typeof file.toString !== "function"
    ? shown(file)
    : String(file);
}

/**
 * The descriptor under which a file object is or would be registered.
 *
 * @throws {ValueError} If it has none, and is not one that was closed while registered.
 */
function lookup(
  keys: ReadonlyMap<number, SelectorKey>,
  file: unknown,
): number {
  try {
    return fileno(file);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof ValueError)) {
      throw error;
    }
    // Closed by now: its key still knows the descriptor that it had.
    for (const key of keys.values()) if (key.fileobj === file) return key.fd;
    const kind = Number.isInteger(file) ? "descriptor" : "object";
    throw new ValueError(`Invalid file ${kind}: ${repr(file)}`, {
      cause: error,
    });
  }
}

/**
 * What `get_map()` returns: a view of a selector's keys by descriptor.
 *
 * It cannot be written to, and it goes on showing what is registered as that changes.
 * Where a key is asked for, the file object serves as well as its descriptor.
 *
 * @example
 * ```ts
 * import { selectors, socket } from "@iomux/py";
 * import { assert, assertEquals } from "@std/assert";
 *
 * using sel = selectors.DefaultSelector();
 * using sock = socket.socket();
 * const map = sel.get_map();
 * assert(map !== null);
 * assertEquals(map.size, 0);
 * const key = sel.register(sock, selectors.EVENT_READ);
 * assertEquals(map.get(sock), key);
 * assertEquals([...map], [[sock.fileno(), key]]);
 * ```
 */
class SelectorMapping<
  File extends FileDescriptorLike = FileDescriptorLike,
  Data = unknown,
> {
  readonly #keys: ReadonlyMap<number, SelectorKey<File, Data>>;

  /** Makes a view of the keys of a selector. */
  constructor(keys: ReadonlyMap<number, SelectorKey<File, Data>>) {
    this.#keys = keys;
  }

  /** How many file objects are registered. */
  get size(): number {
    return this.#keys.size;
  }

  /**
   * The key of a file object.
   *
   * @param fileobj The file object, or its descriptor.
   * @returns Its key, `undefined` if it is not registered.
   * @throws {ValueError} If it is neither, such as a closed socket that is not registered.
   */
  get(fileobj: File | number): SelectorKey<File, Data> | undefined {
    return this.#keys.get(lookup(this.#keys, fileobj));
  }

  /**
   * Whether a file object is registered.
   *
   * @param fileobj The file object, or its descriptor.
   * @returns Whether it is.
   * @throws {ValueError} If it is neither, such as a closed socket that is not registered.
   */
  has(fileobj: File | number): boolean {
    return this.#keys.has(lookup(this.#keys, fileobj));
  }

  /** The descriptors, in the order of registration. */
  keys(): MapIterator<number> {
    return this.#keys.keys();
  }

  /** The keys, in the order of registration. */
  values(): MapIterator<SelectorKey<File, Data>> {
    return this.#keys.values();
  }

  /**
   * Descriptors and keys: Python's `items()`.
   *
   * @returns Them as pairs, in the order of registration.
   */
  entries(): MapIterator<[fd: number, key: SelectorKey<File, Data>]> {
    return this.#keys.entries();
  }

  /**
   * As {@linkcode SelectorMapping.entries}: a `Map`'s way, where Python has the descriptors.
   *
   * @returns Descriptors and keys, in the order of registration.
   */
  [Symbol.iterator](): MapIterator<[fd: number, key: SelectorKey<File, Data>]> {
    return this.#keys.entries();
  }
}

export type { SelectorMapping };

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
   * @throws {TypeError} If the time-out is not a number.
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
function eventmask(events: number): number {
  return (events & EVENT_READ ? EPOLLIN : 0) |
    (events & EVENT_WRITE ? EPOLLOUT : 0);
}

/**
 * Checks the time-out of `select()`, by position or by keyword; a negative one is 0,
 * however large.
 *
 * @returns Seconds that are not negative, `null` for ever.
 */
function check_timeout(timeout: unknown): number | null {
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
function attached<Data>(
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
function select_async<File extends FileDescriptorLike, Data>(
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

/** A selector that keeps the keys, and leaves the watching to the class that extends it. */
abstract class Registry<
  File extends FileDescriptorLike = FileDescriptorLike,
  Data = unknown,
> extends BaseSelector<File, Data> {
  /** The keys of all that is registered, by descriptor. */
  protected readonly keys = new Map<number, SelectorKey<File, Data>>();
  #map: SelectorMapping<File, Data> | null = new SelectorMapping(this.keys);

  /** Starts to watch a descriptor that is not watched yet. */
  protected abstract watch(fd: number, events: number): void;
  /** Changes what a descriptor is watched for. */
  protected abstract change(fd: number, events: number): void;
  /** Stops watching a descriptor, perhaps one that is closed by now. */
  protected abstract forget(fd: number): void;

  override register(
    fileobj: File,
    events: number,
    ...[data]: DataArgument<Data>
  ): SelectorKey<File, Data> {
    check_events(events);
    const value = attached<Data>("register", data);
    const fd = lookup(this.keys, fileobj);
    if (this.keys.has(fd)) {
      throw new KeyError(`${repr(fileobj)} (FD ${fd}) is already registered`);
    }
    this.watch(fd, events);
    const key = new Key(fileobj, fd, events, value);
    this.keys.set(fd, key);
    return key;
  }

  override unregister(fileobj: File | number): SelectorKey<File, Data> {
    const key = this.#key(fileobj);
    this.keys.delete(key.fd);
    try {
      this.forget(key.fd);
    } catch (error) {
      // The kernel forgot it when it was closed.
      if (!(error instanceof OSError)) throw error;
    }
    return key;
  }

  override modify(
    fileobj: File,
    events: number,
    ...[data]: DataArgument<Data>
  ): SelectorKey<File, Data> {
    const key = this.#key(fileobj);
    check_events(events);
    const value = attached<Data>("modify", data);
    if (events === key.events && value === key.data) return key;
    if (events !== key.events) {
      try {
        this.change(key.fd, events);
      } catch (error) {
        this.keys.delete(key.fd);
        throw error;
      }
    }
    const changed = new Key(key.fileobj, key.fd, events, value);
    this.keys.set(key.fd, changed);
    return changed;
  }

  override close(): void {
    this.keys.clear();
    this.#map = null;
  }

  override get_map(): SelectorMapping<File, Data> | null {
    return this.#map;
  }

  #key(fileobj: File | number): SelectorKey<File, Data> {
    const key = this.keys.get(lookup(this.keys, fileobj));
    if (key === undefined) {
      throw new KeyError(`${repr(fileobj)} is not registered`);
    }
    return key;
  }
}

function check_events(events: unknown): void {
  const mask = whole(events, "events");
  // Compared, as | and & would cut a larger number to 32 bits.
  if (mask < EVENT_READ || mask > (EVENT_READ | EVENT_WRITE)) {
    throw new ValueError(`Invalid events: ${mask}`);
  }
}

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

/** What an epoll object that is closed fails with. */
function closed(): ValueError {
  return new ValueError("I/O operation on closed epoll object");
}

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
