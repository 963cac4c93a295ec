import { type FileDescriptorLike, fileno, shown } from "../arguments.ts";
import { callable } from "../callable.ts";
import { ValueError } from "../exceptions.ts";

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
export class Key<File extends FileDescriptorLike, Data>
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
export function repr(file: unknown): string {
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
export function lookup(
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
export class SelectorMapping<
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
