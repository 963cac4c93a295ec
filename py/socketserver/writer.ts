import { bytes, type BytesLike, int, length_of } from "../arguments.ts";
import { ValueError } from "../exceptions.ts";
import type { WaitOptions } from "../pending.ts";
import type { Socket } from "../socket/socket.ts";

// As many bytes as Python's io module buffers.
const DEFAULT_BUFFER_SIZE = 8192;

/**
 * What a handler writes its answer to, `wfile`: bytes.
 *
 * With a `wbufsize` of 0, the default, each write is sent at once and whole. Each call that
 * waits has a twin that does not stop the event loop, for handlers whose `handle()` is
 * `async`: with another `wbufsize`, such a handler ends with `flushAsync()`.
 *
 * @example
 * ```ts
 * import * as socketserver from "@iomux/py/socketserver";
 *
 * class Counter extends socketserver.StreamRequestHandler {
 *   override wbufsize = -1;
 *   override handle() {
 *     for (let i = 0; i < 1000; i++) {
 *       this.wfile.write(new TextEncoder().encode(`${i}\n`));
 *     }
 *   }
 * }
 * using _server = socketserver.TCPServer(["localhost", 0], Counter);
 * ```
 */
export class Writer {
  readonly #target: Socket | null;
  readonly #bufsize: number;
  #parts: Uint8Array[] = [];
  #size = 0;
  #closed = false;

  /**
   * Writes to a socket, which stays the caller's to close, or to memory.
   *
   * @param target The socket; `null` for memory.
   * @param bufsize How many bytes to keep before they are sent; -1 for 8192, 0 for none.
   */
  constructor(target: Socket | null, bufsize = 0) {
    const size = int(bufsize, "bufsize", -1);
    this.#target = target;
    this.#bufsize = target === null
      ? Infinity
      : size === -1
      ? DEFAULT_BUFFER_SIZE
      : size;
  }

  /** Whether it is closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Ends the writing, after a `flush()`; the socket stays open. */
  close(): void {
    if (this.#closed) return;
    try {
      this.flush();
    } finally {
      this.#closed = true;
    }
  }

  /**
   * The descriptor that it writes to.
   *
   * @returns The socket's descriptor; -1 of a datagram.
   */
  fileno(): number {
    return this.#target?.fileno() ?? -1;
  }

  /**
   * Writes bytes, all of them.
   *
   * @param data The bytes.
   * @returns How many they are.
   * @throws {TypeError} If they are no bytes; for a string it says to encode it.
   * @throws {TimeoutError} If the socket has a time-out.
   * @throws {BrokenPipeError} If the client has left: `ConnectionResetError`, too.
   * @throws {ValueError} If it is closed.
   */
  write(data: BytesLike): number {
    const size = this.#add(data);
    if (this.#size > this.#bufsize) this.flush();
    return size;
  }

  /**
   * Writes bytes as {@linkcode write} does, without stopping the event loop.
   *
   * @param data The bytes; not to be changed until they are written.
   * @param options `signal`, to end the wait: part of the bytes may have gone then.
   * @returns How many they are.
   * @throws As `write`; the signal's reason once it aborts.
   */
  async writeAsync(data: BytesLike, options?: WaitOptions): Promise<number> {
    const size = this.#add(data);
    if (this.#size > this.#bufsize) await this.flushAsync(options);
    return size;
  }

  /**
   * Sends what is kept.
   *
   * @throws As {@linkcode write}.
   */
  flush(): void {
    this.#check();
    if (this.#target !== null && this.#size > 0) {
      this.#target.sendall(this.#taken());
    }
  }

  /**
   * Sends what is kept as {@linkcode flush} does, without stopping the event loop.
   *
   * @param options `signal`, to end the wait: part of the bytes may have gone then.
   * @throws As `flush`; the signal's reason once it aborts.
   */
  async flushAsync(options?: WaitOptions): Promise<void> {
    this.#check();
    if (this.#target !== null && this.#size > 0) {
      await this.#target.sendallAsync(this.#taken(), 0, options);
    }
  }

  /**
   * The bytes that were written and not sent: all of a datagram's answer.
   *
   * @returns A copy.
   */
  getvalue(): Uint8Array<ArrayBuffer> {
    return joined(this.#parts, this.#size);
  }

  #add(data: BytesLike): number {
    this.#check();
    const view = bytes(data, "data");
    const size = length_of(view);
    // A copy of what stays: the caller may write over its own.
    this.#parts.push(this.#size + size > this.#bufsize ? view : view.slice());
    this.#size += size;
    return size;
  }

  #taken(): Uint8Array {
    const [first, ...more] = this.#parts;
    const all = more.length === 0 ? first! : joined(this.#parts, this.#size);
    this.#parts = [];
    this.#size = 0;
    return all;
  }

  #check(): void {
    if (this.#closed) throw new ValueError("I/O operation on closed file.");
  }
}

function joined(
  parts: readonly Uint8Array[],
  size: number,
): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
