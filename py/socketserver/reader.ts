import { int } from "../arguments.ts";
import { ValueError } from "../exceptions.ts";
import type { WaitOptions } from "../pending.ts";
import type { Socket } from "../socket/socket.ts";

const NEWLINE = 10;

// As many bytes as Python's io module buffers.
const DEFAULT_BUFFER_SIZE = 8192;

// As many bytes as a long read asks for at once.
const MOST_AT_ONCE = 65536;

/** What a read wants next: so many bytes at most. */
type Wanted = number;

/** A read, step by step: it is given what came, nothing at the end. */
type Reading = Generator<Wanted, Uint8Array<ArrayBuffer>, Uint8Array>;

/**
 * What a handler reads its request from, `rfile`: bytes, up to where the client has ended.
 *
 * Each call that waits has a twin that does not stop the event loop, for handlers whose
 * `handle()` is `async`.
 *
 * @example
 * ```ts
 * import * as socketserver from "@iomux/py/socketserver";
 *
 * class Greeter extends socketserver.StreamRequestHandler {
 *   override handle() {
 *     const name = new TextDecoder().decode(this.rfile.readline()).trim();
 *     this.wfile.write(new TextEncoder().encode(`Hello, ${name}\n`));
 *   }
 * }
 * using _server = socketserver.TCPServer(["localhost", 0], Greeter);
 * ```
 */
export class Reader {
  readonly #source: Socket | null;
  readonly #bufsize: number;
  #buffer: Uint8Array<ArrayBuffer>;
  #start = 0;
  #end: number;
  #closed = false;

  /**
   * Reads from a socket, which stays the caller's to close, or from bytes.
   *
   * @param source The socket or the bytes.
   * @param bufsize How many bytes to ask for at once; -1 for 8192, 0 for no more than what
   * is read.
   */
  constructor(source: Socket | Uint8Array, bufsize = -1) {
    const size = int(bufsize, "bufsize", -1);
    const given = source instanceof Uint8Array ? source.slice() : null;
    this.#source = given === null ? source as Socket : null;
    this.#bufsize = size === -1 ? DEFAULT_BUFFER_SIZE : size;
    this.#buffer = given ?? new Uint8Array(this.#bufsize);
    this.#end = given?.length ?? 0;
  }

  /** Whether it is closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Ends the reading; the socket stays open. */
  close(): void {
    this.#closed = true;
  }

  /**
   * The descriptor that it reads from, which may have nothing while bytes are buffered.
   *
   * @returns The socket's descriptor; -1 of a datagram.
   */
  fileno(): number {
    return this.#source?.fileno() ?? -1;
  }

  /**
   * Reads bytes.
   *
   * @param size How many; -1 for all up to the end.
   * @returns So many, fewer at the end, and with an `rbufsize` of 0 what comes at once.
   * @throws {TimeoutError} If the socket has a time-out: what came is there for the next call.
   * @throws {ConnectionResetError} If the client has left without reading.
   * @throws {ValueError} If it is closed.
   */
  read(size = -1): Uint8Array<ArrayBuffer> {
    return this.#now(this.#read(int(size, "size")));
  }

  /**
   * Reads bytes as {@linkcode read} does, without stopping the event loop.
   *
   * @param size How many; -1 for all up to the end.
   * @param options `signal`, to end the wait: what came is there for the next call.
   * @returns What `read` returns.
   * @throws As `read`; the signal's reason once it aborts.
   */
  readAsync(
    size = -1,
    options?: WaitOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#later(this.#read(int(size, "size")), options);
  }

  /**
   * Reads a line, with its `\n`.
   *
   * @param size The most bytes; -1 for the line however long it is.
   * @returns The line; at the end what is left, then nothing.
   * @throws As {@linkcode read}.
   */
  readline(size = -1): Uint8Array<ArrayBuffer> {
    return this.#now(this.#readline(int(size, "size")));
  }

  /**
   * Reads a line as {@linkcode readline} does, without stopping the event loop.
   *
   * @param size The most bytes; -1 for the line however long it is.
   * @param options `signal`, to end the wait: what came is there for the next call.
   * @returns What `readline` returns.
   * @throws As `readline`; the signal's reason once it aborts.
   */
  readlineAsync(
    size = -1,
    options?: WaitOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#later(this.#readline(int(size, "size")), options);
  }

  /** The lines up to the end, each with its `\n`. */
  *[Symbol.iterator](): Generator<Uint8Array<ArrayBuffer>, void, unknown> {
    for (let line; (line = this.readline()).length > 0;) yield line;
  }

  /** The lines up to the end, without stopping the event loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<
    Uint8Array<ArrayBuffer>,
    void,
    unknown
  > {
    for (let line; (line = await this.readlineAsync()).length > 0;) yield line;
  }

  *#read(size: number): Reading {
    const most = size < 0 ? Infinity : size;
    while (this.#end - this.#start < most) {
      const left = most - (this.#end - this.#start);
      const some = yield* this.#fill(Math.min(left, MOST_AT_ONCE));
      if (some === 0 || (this.#bufsize === 0 && size >= 0)) break;
    }
    return this.#take(Math.min(most, this.#end - this.#start));
  }

  *#readline(size: number): Reading {
    const most = size < 0 ? Infinity : size;
    for (let seen = 0; seen < most;) {
      const from = this.#start + seen;
      const at = this.#buffer.subarray(0, this.#end).indexOf(NEWLINE, from);
      if (at >= 0) return this.#take(Math.min(most, at + 1 - this.#start));
      seen = this.#end - this.#start;
      if (seen >= most || (yield* this.#fill(1)) === 0) break;
    }
    return this.#take(Math.min(most, this.#end - this.#start));
  }

  /** Asks for bytes, at least so many if nothing is to be read ahead; how many came. */
  *#fill(size: Wanted): Generator<Wanted, number, Uint8Array> {
    const bytes = yield this.#bufsize === 0
      ? size
      : Math.max(size, this.#bufsize);
    if (this.#end + bytes.length > this.#buffer.length) {
      const kept = this.#buffer.subarray(this.#start, this.#end);
      const size = kept.length + bytes.length;
      // Doubled, so that a long line is not copied once for each part of it.
      if (size > this.#buffer.length) this.#buffer = new Uint8Array(2 * size);
      this.#buffer.set(kept);
      this.#start = 0;
      this.#end = kept.length;
    }
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
    return bytes.length;
  }

  #take(size: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#buffer.slice(this.#start, this.#start + size);
    this.#start += size;
    return bytes;
  }

  #now(reading: Reading): Uint8Array<ArrayBuffer> {
    this.#check();
    let step = reading.next();
    while (!step.done) {
      step = reading.next(this.#source?.recv(step.value) ?? NOTHING);
    }
    return step.value;
  }

  async #later(
    reading: Reading,
    options: WaitOptions | undefined,
  ): Promise<Uint8Array<ArrayBuffer>> {
    this.#check();
    let step = reading.next();
    while (!step.done) {
      const bytes = this.#source?.recvAsync(step.value, 0, options);
      step = reading.next(await bytes ?? NOTHING);
    }
    return step.value;
  }

  #check(): void {
    if (this.#closed) throw new ValueError("I/O operation on closed file.");
  }
}

const NOTHING = new Uint8Array();
