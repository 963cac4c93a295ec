/**
 * Python's `selectors` module: wait until file objects are ready, with data attached to
 * each.
 *
 * - {@linkcode BaseSelector}: the methods of every selector.
 * - {@linkcode SelectSelector}: on select(2).
 * - {@linkcode PollSelector}: on poll(2).
 * - {@linkcode EpollSelector}: on epoll(7). The cost grows with ready file objects, not with
 *   watched ones.
 * - {@linkcode DefaultSelector}: the best of them, `EpollSelector`.
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
  AnyCall,
  type Attempt,
  type Call,
  EpollCall,
  found,
  pending,
  type WaitOptions,
} from "./pending.ts";
import { repr } from "./repr.ts";
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

/** Data can be read, or a connection accepted. */
export const EVENT_READ: number = 1;
/** Writing will not block. */
export const EVENT_WRITE: number = 2;

/**
 * A registration, which ties a file object to its descriptor, events and data: Python's
 * `selectors.SelectorKey` as a type. It is immutable; `modify()` makes a new one.
 */
export interface SelectorKey<
  File extends FileDescriptorLike = FileDescriptorLike,
  Data = unknown,
> {
  /** The file object, as it was registered. */
  readonly fileobj: File;
  /** Its descriptor at that time. */
  readonly fd: number;
  /** The events to wait for: EVENT_READ, EVENT_WRITE, or both by `|`. */
  readonly events: number;
  /** The attached data; `null` without any. */
  readonly data: Data;
  /** Iterates over the four fields in this order, as over Python's named tuple. */
  [Symbol.iterator](): Iterator<File | number | Data>;
  /** Shows the four fields, as Python's `repr` does. */
  toString(): string;
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
  /** The prototype, for `instanceof`. */
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

  toString(): string {
    const { fileobj, fd, events, data } = this;
    return `SelectorKey(fileobj=${repr(fileobj)}, fd=${fd}, ` +
      `events=${events}, data=${repr(data)})`;
  }
}

/**
 * A registration, as `register()`, `select()` and `get_key()` return it: Python's
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

/** Formats a file object for an error message. */
function described(file: unknown): string {
  if (typeof file !== "object" || file === null) return shown(file);
  const plain = file.toString === Object.prototype.toString;
  return plain || typeof file.toString !== "function"
    ? shown(file)
    : String(file);
}

/**
 * Returns the descriptor of a file object, even of one that was closed while registered.
 *
 * @throws {ValueError} If it has no descriptor and is not registered.
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
    // A closed file object: its key still has the descriptor.
    for (const key of keys.values()) if (key.fileobj === file) return key.fd;
    const kind = Number.isInteger(file) ? "descriptor" : "object";
    throw new ValueError(
      `Invalid file ${kind}: ${described(file)}: ${error.message}`,
      { cause: error },
    );
  }
}

/**
 * The result of `get_map()`: a live, read-only view of a selector's keys by descriptor.
 *
 * Look keys up by file object or by descriptor.
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

  /** The number of registered file objects. */
  get size(): number {
    return this.#keys.size;
  }

  /**
   * Returns the key of a file object.
   *
   * @param fileobj The file object, or its descriptor.
   * @returns Its key; `undefined` if it is not registered.
   * @throws {ValueError} If it has no descriptor and is not registered.
   */
  get(fileobj: File | number): SelectorKey<File, Data> | undefined {
    return this.#keys.get(lookup(this.#keys, fileobj));
  }

  /**
   * Returns whether a file object is registered.
   *
   * @param fileobj The file object, or its descriptor.
   * @returns Whether it is registered.
   * @throws {ValueError} If it has no descriptor and is not registered.
   */
  has(fileobj: File | number): boolean {
    return this.#keys.has(lookup(this.#keys, fileobj));
  }

  /** Iterates over the descriptors, in the order of registration. */
  keys(): MapIterator<number> {
    return this.#keys.keys();
  }

  /** Iterates over the keys, in the order of registration. */
  values(): MapIterator<SelectorKey<File, Data>> {
    return this.#keys.values();
  }

  /**
   * Iterates over descriptors and keys: Python's `items()`.
   *
   * @returns Pairs, in the order of registration.
   */
  entries(): MapIterator<[fd: number, key: SelectorKey<File, Data>]> {
    return this.#keys.entries();
  }

  /**
   * Iterates as {@linkcode SelectorMapping.entries}, like a `Map`; Python iterates over the
   * descriptors.
   *
   * @returns Pairs, in the order of registration.
   */
  [Symbol.iterator](): MapIterator<[fd: number, key: SelectorKey<File, Data>]> {
    return this.#keys.entries();
  }
}

export type { SelectorMapping };

/**
 * The last argument of `register()` and `modify()`: the data, or Python's keyword as
 * `{ data }`. Without it the data is `null`, if `Data` allows that.
 *
 * A plain object is always the keyword, so plain objects are attached by it:
 * `{ data: { port: 80 } }`. Objects of a class, arrays and functions are data.
 */
export type DataArgument<Data> = null extends Data
  ? [data?: PlainData<Data> | { readonly data?: Data | undefined } | undefined]
  : [data: PlainData<Data> | { readonly data: Data }];

/**
 * Data that can be given by position: all types but plain objects such as
 * `{ port: number }`. A plain object behind an interface is refused at run time.
 */
export type PlainData<Data> = Data extends Readonly<Record<string, unknown>>
  ? never
  : Data;

/** Keywords of {@linkcode BaseSelector.select}. */
export interface SelectorOptions {
  /** Fractional seconds; `null`, the default, waits for ever. */
  readonly timeout?: number | null | undefined;
}

const TIMEOUT = ["timeout"];

/**
 * The base class of all selectors: Python's `selectors.BaseSelector`.
 *
 * A selector watches file objects, each for reading, writing or both, with data attached: a
 * client's state, or a function to call. A file object is a descriptor, or an object with
 * `fileno()`. Unregister it before you close it: the kernel gives its descriptor to the next
 * file that is opened.
 *
 * `File` and `Data` are the types of the file objects and of the data.
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
  readonly #waits = new Set<{ wake(): void }>();

  /**
   * Called by subclasses.
   *
   * @throws {TypeError} If the class is this one, which is abstract.
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
   * @param data The data of the key; `null` by default. Give a plain object by keyword:
   * `{ data: { port: 80 } }`.
   * @returns Its key.
   * @throws {TypeError} If `data` is a plain object with another key than `data`.
   * @throws {ValueError} If `events` is 0 or has other bits, or `fileobj` has no descriptor.
   * @throws {KeyError} If the descriptor is already registered.
   * @throws {OSError} If the kernel refuses it: EBADF for a closed descriptor. Only
   * {@linkcode EpollSelector} asks the kernel here.
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
   * A file object that was closed meanwhile is found by the object itself.
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
   * Changes the events and the data of a file object.
   *
   * If the kernel refuses the events, the file object is unregistered.
   *
   * @param fileobj The file object, or its descriptor.
   * @param events EVENT_READ, EVENT_WRITE, or both by `|`.
   * @param data The new data, as for `register`; `null` by default.
   * @returns Its new key; the same key if nothing changed.
   * @throws {TypeError} If `data` is a plain object with another key than `data`.
   * @throws {ValueError} If `events` is 0 or has other bits, or `fileobj` has no descriptor.
   * @throws {KeyError} If it is not registered.
   * @throws {OSError} If the kernel refuses the change, as for `register`.
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
   * @param timeout Fractional seconds, rounded up to the resolution of the system call.
   * Absent or `null` waits for ever, 0 or less does not wait. Or {@linkcode SelectorOptions}.
   * @returns `[key, events]` for each ready file object: EVENT_READ, EVENT_WRITE, or both, of
   * the registered events. An error or a hang-up counts as all of them; the next call on the
   * file object reports it. Empty when the time-out expires.
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
   * Waits as {@linkcode BaseSelector.select} does, without blocking the event loop.
   *
   * A registration made during the wait takes effect at once with epoll, else from the next
   * wait.
   *
   * @param limit `timeout` as for `select`; `signal` ends the wait.
   * @returns The ready file objects, as `select`.
   * @throws As `select`; the signal's reason once it aborts; `ValueError` if the selector is
   * closed; `OSError` EBADF if a registered socket is closed meanwhile, except with epoll.
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
    const watched = () => {
      const keys = this.get_map()?.values() ?? [];
      return Array.from(
        keys,
        ({ fd, events }) => [fd, eventmask(events)] as const,
      );
    };
    return select_async(
      this,
      limit,
      (timeout, attempt) =>
        new AnyCall(timeout, [], watched, attempt, this.#waits),
    );
  }

  /**
   * Unregisters all file objects without closing them, and closes the selector's own
   * descriptor if it has one. A pending `selectAsync()` rejects.
   *
   * Call it once the selector is no longer needed, or declare the selector with `using`.
   */
  close(): void {
    for (const wait of this.#waits) wait.wake();
  }

  /** Closes the selector at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Returns the key of a file object.
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
      throw new KeyError(`${described(fileobj)} is not registered`);
    }
    return key;
  }

  /**
   * Returns the keys of all file objects, by descriptor.
   *
   * @returns A live view of the registrations; `null` once the selector is closed.
   */
  abstract get_map(): SelectorMapping<File, Data> | null;
}

/** A {@linkcode BaseSelector} that implements all methods, as every selector here does. */
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
 * Makes a selector, with `new` or without: the type of {@linkcode SelectSelector},
 * {@linkcode PollSelector} and {@linkcode EpollSelector}.
 *
 * `Extra` is the type of further methods of its selectors.
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
  /** The prototype, for `instanceof`. */
  readonly prototype: Selector & Extra;
}

/** Translates events for poll(2) and epoll(7): EPOLLIN is POLLIN, EPOLLOUT is POLLOUT. */
function eventmask(events: number): number {
  return (events & EVENT_READ ? EPOLLIN : 0) |
    (events & EVENT_WRITE ? EPOLLOUT : 0);
}

/**
 * Checks the time-out of `select()`, by position or by keyword. Every negative number is 0.
 *
 * @returns Seconds, 0 or more; `null` to wait for ever.
 */
function check_timeout(timeout: unknown): number | null {
  if (typeof timeout === "object") {
    [timeout] = keywords("select", [timeout], TIMEOUT);
  }
  return typeof timeout === "number" && timeout < 0 ? 0 : seconds(timeout);
}

/**
 * Returns the data to attach, given by position or by keyword; `null` by default.
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
          "to attach a plain object, write { data: ... }",
      );
    }
    data = Object.hasOwn(given, "data") ? given.data : null;
  }
  return data === undefined ? null as Data : data as Data;
}

/** Waits for descriptors until `select(0)` finds a ready one. */
function select_async<T>(
  selector: { get_map(): unknown; select(timeout: number): T[] },
  limit: readonly unknown[],
  make: (timeout: number, attempt: Attempt<T[]>) => Call<T[]>,
): Promise<T[]> {
  return pending(() => {
    const [timeout] = keywords("selectAsync", limit, TIMEOUT, ["signal"]);
    const seconds = check_timeout(timeout);
    return make(seconds === null ? -1 : seconds * 1000, () => {
      if (selector.get_map() === null) {
        throw new ValueError("I/O operation on closed selector");
      }
      return found(selector.select(0));
    });
  }, options_of(limit));
}

/** Keeps the keys; a subclass watches the descriptors. */
abstract class Registry<
  File extends FileDescriptorLike = FileDescriptorLike,
  Data = unknown,
> extends BaseSelector<File, Data> {
  /** The keys by descriptor. */
  protected readonly keys = new Map<number, SelectorKey<File, Data>>();
  #map: SelectorMapping<File, Data> | null = new SelectorMapping(this.keys);

  /** Starts to watch a new descriptor. */
  protected abstract watch(fd: number, events: number): void;
  /** Changes the events of a descriptor. */
  protected abstract change(fd: number, events: number): void;
  /** Stops watching a descriptor, which may be closed. */
  protected abstract forget(fd: number): void;

  override register(
    fileobj: File,
    events: number,
    ...[data]: DataArgument<Data>
  ): SelectorKey<File, Data> {
    const mask = check_events(events);
    const value = attached<Data>("register", data);
    const fd = lookup(this.keys, fileobj);
    if (this.keys.has(fd)) {
      throw new KeyError(
        `${described(fileobj)} (FD ${fd}) is already registered`,
      );
    }
    this.watch(fd, mask);
    const key = new Key(fileobj, fd, mask, value);
    this.keys.set(fd, key);
    return key;
  }

  override unregister(fileobj: File | number): SelectorKey<File, Data> {
    const key = this.#key(fileobj);
    this.keys.delete(key.fd);
    try {
      this.forget(key.fd);
    } catch (error) {
      // The kernel unregistered it when it was closed.
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
    const mask = check_events(events);
    const value = attached<Data>("modify", data);
    if (mask === key.events && value === key.data) return key;
    if (mask !== key.events) {
      try {
        this.change(key.fd, mask);
      } catch (error) {
        this.keys.delete(key.fd);
        throw error;
      }
    }
    const changed = new Key(key.fileobj, key.fd, mask, value);
    this.keys.set(key.fd, changed);
    return changed;
  }

  override close(): void {
    this.keys.clear();
    this.#map = null;
    super.close();
  }

  override get_map(): SelectorMapping<File, Data> | null {
    return this.#map;
  }

  #key(fileobj: File | number): SelectorKey<File, Data> {
    const key = this.keys.get(lookup(this.keys, fileobj));
    if (key === undefined) {
      throw new KeyError(`${described(fileobj)} is not registered`);
    }
    return key;
  }
}

/** Checks events, and returns them as a number: Python takes a boolean, too. */
function check_events(events: unknown): number {
  const mask = whole(events, "events");
  // A comparison: bit operators would truncate a larger number to 32 bits.
  if (mask < EVENT_READ || mask > (EVENT_READ | EVENT_WRITE)) {
    throw new ValueError(`Invalid events: ${mask}`);
  }
  return mask;
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
 * The cost grows with the highest descriptor. Time-outs have a resolution of microseconds.
 * Only `select()` asks the kernel: it fails for a closed descriptor (EBADF), and reports a
 * socket's error as EVENT_READ and EVENT_WRITE, a hang-up as EVENT_READ.
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

/** The common methods of poll and epoll objects. */
interface Pollable {
  register(fd: number, eventmask: number): void;
  modify(fd: number, eventmask: number): void;
  unregister(fd: number): void;
}

/** A selector on a poll or epoll object. */
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

  /** Replaces descriptors by keys, and their events by EVENT_READ and EVENT_WRITE. */
  protected ready(
    found: ReadonlyArray<[fd: number, event: number]>,
  ): Array<[key: SelectorKey<File, Data>, events: number]> {
    const ready: Array<[SelectorKey<File, Data>, number]> = [];
    for (const [fd, event] of found) {
      const key = this.keys.get(fd);
      // Closed without unregister(): epoll reports it while a duplicate is open.
      if (key === undefined) continue;
      // Errors and hang-ups wake readers and writers.
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
 * The cost grows with the registered descriptors. Time-outs have a resolution of
 * milliseconds. Only `select()` asks the kernel: it reports a closed descriptor as ready.
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
 * Python's `selectors.EpollSelector` as a type. Its `fileno()` returns the epoll descriptor,
 * which is readable while a registered file object is ready.
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
    // epoll_wait(2) needs room for one event, even with nothing registered.
    return this.ready(this.object.poll(limit, this.keys.size || 1));
  }

  override selectAsync(
    ...limit: Keywords<[timeout: number | null], SelectorOptions & WaitOptions>
  ): Promise<Array<[key: SelectorKey<File, Data>, events: number]>> {
    // The epoll descriptor is readable while it has events, of later registrations too.
    return select_async(this, limit, (timeout, attempt) => {
      const { object } = this;
      return new EpollCall(object.fileno(), object, timeout, attempt);
    });
  }

  override close(): void {
    this.object.close();
    super.close();
  }
}

/**
 * A selector on epoll(7): Python's `selectors.EpollSelector`.
 *
 * The cost grows with ready descriptors, not with registered ones. Time-outs have a
 * resolution of milliseconds. `register()` asks the kernel: it fails for a closed descriptor
 * (EBADF) and for a regular file (EPERM). A descriptor closed while registered is never
 * ready. The selector has a descriptor of its own: close it.
 *
 * @throws {OSError} EMFILE if no descriptor is free.
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
 * The best selector of the system: Python's `selectors.DefaultSelector`. On Linux it is
 * {@linkcode EpollSelector}.
 *
 * @throws {OSError} EMFILE if no descriptor is free.
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
