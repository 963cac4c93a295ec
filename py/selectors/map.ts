import { shown } from "../arguments.ts";
import { ValueError } from "../exceptions.ts";
import { type FileDescriptorLike, fileno } from "../fileno.ts";
import type { SelectorKey } from "./key.ts";

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

  /** Descriptors and keys, in the order of registration: Python's `items()`. */
  entries(): MapIterator<[fd: number, key: SelectorKey<File, Data>]> {
    return this.#keys.entries();
  }

  /** As {@linkcode SelectorMapping.entries}: a `Map`'s way, where Python has the descriptors. */
  [Symbol.iterator](): MapIterator<[fd: number, key: SelectorKey<File, Data>]> {
    return this.#keys.entries();
  }
}
