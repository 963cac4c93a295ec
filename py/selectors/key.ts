import { callable } from "../callable.ts";
import type { FileDescriptorLike } from "../fileno.ts";

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
  /** Makes a key of its four fields. */
  new <File extends FileDescriptorLike, Data>(
    fileobj: File,
    fd: number,
    events: number,
    data: Data,
  ): SelectorKey<File, Data>;
  /** Makes a key of its four fields. */
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
