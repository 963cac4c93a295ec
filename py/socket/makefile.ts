import { copy } from "../../ffi/memory.ts";
import {
  bytes,
  type BytesLike,
  int,
  joined,
  length_of,
  shown,
} from "../arguments.ts";
import { RuntimeError, ValueError } from "../exceptions.ts";
import { check_signal, type WaitOptions } from "../pending.ts";
import {
  Decoder,
  encode,
  type Newline,
  text_form,
  type TextForm,
  type TextOptions,
} from "./codec.ts";

const NEWLINE = 10;

// The buffer size of Python's io module.
const DEFAULT_BUFFER_SIZE = 8192;

// The most bytes that a long read asks for at once.
const MOST_AT_ONCE = 65536;

/** The source of a file: a socket. */
export interface Source {
  /** Returns the descriptor. */
  fileno(): number;
  /**
   * Receives bytes.
   *
   * @param bufsize The most bytes.
   * @returns The bytes; none at the end.
   */
  recv(bufsize: number): Uint8Array<ArrayBuffer>;
  /**
   * Receives bytes without stopping the event loop.
   *
   * @param bufsize The most bytes.
   * @param flags 0.
   * @param options `signal`, to end the wait.
   * @returns The bytes, in a buffer of their own; none at the end.
   */
  recvAsync(
    bufsize: number,
    flags?: number,
    options?: WaitOptions,
  ): Promise<Uint8Array<ArrayBuffer>>;
}

/** The target of a file: a socket. */
export interface Target {
  /** Returns the descriptor. */
  fileno(): number;
  /**
   * Sends all bytes.
   *
   * @param data The bytes.
   */
  sendall(data: BytesLike): void;
  /**
   * Sends all bytes without stopping the event loop.
   *
   * @param data The bytes.
   * @param flags 0.
   * @param options `signal`, to end the wait.
   */
  sendallAsync(
    data: BytesLike,
    flags?: number,
    options?: WaitOptions,
  ): Promise<void>;
}

/**
 * A read in steps: each yields the number of bytes that it wants, and receives some, or none at
 * the end.
 */
type Reading<Result> = Generator<number, Result, Uint8Array>;

const NOTHING = new Uint8Array();

/** The received bytes, or their text, that are not yet read. */
interface Received<Data> {
  /** The length, as the indices below count it. */
  readonly length: number;
  /** Adds bytes; none mark the end. */
  add(bytes: Uint8Array): void;
  /** Returns the index after a number of bytes or characters; -1 if there are fewer. */
  end_of(count: number): number;
  /** Returns the index after the first line end from an index on; -1 if there is none. */
  line_end(from: number): number;
  /** Removes what precedes an index, and returns it. */
  take(end: number): Data;
}

/**
 * Reads as from a file, until the peer closes: what {@linkcode Reader} and
 * {@linkcode TextReader} share.
 *
 * Each call that waits has a twin that does not stop the event loop. Twins read in turn; beside
 * a pending one, the other calls throw.
 *
 * @typeParam Data What it reads: bytes, or text.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * a.sendall(new TextEncoder().encode("one\ntwo\nrest"));
 * a.close();
 * using file = b.makefile();
 * assertEquals(file.readline(), "one\n");
 * assertEquals(await file.readlineAsync(), "two\n");
 * assertEquals(file.read(), "rest");
 * b.close();
 * ```
 */
export abstract class BaseReader<Data extends { readonly length: number }>
  implements Disposable {
  readonly #source: Source | null;
  readonly #bufsize: number;
  readonly #received: Received<Data>;
  #closed = false;
  // Whether a twin reads, and the starts of those behind it.
  #reading = false;
  readonly #behind = new Set<() => void>();

  /**
   * Reads from a socket, which the caller closes.
   *
   * @param source The socket; `null` to read only what is received.
   * @param bufsize The bytes to request at once; 0 to read nothing ahead.
   * @param received What is received already.
   */
  protected constructor(
    source: Source | null,
    bufsize: number,
    received: Received<Data>,
  ) {
    this.#source = source;
    this.#bufsize = bufsize;
    this.#received = received;
  }

  /** Whether the file is closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Ends the reading; the socket stays open. */
  close(): void {
    this.#closed = true;
  }

  /** As {@linkcode close}, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Returns the descriptor to read from. It may not be readable while bytes are buffered.
   *
   * @returns The socket's descriptor; -1 for a datagram.
   */
  fileno(): number {
    return this.#source?.fileno() ?? -1;
  }

  /**
   * Reads bytes or text.
   *
   * @param size The number of bytes, or of characters (code points); -1 for all up to the end.
   * @returns The data; less than `size` at the end, or if `bufsize` is 0.
   * @throws {TimeoutError} If the socket has a time-out: the bytes received stay for the next call.
   * @throws {ConnectionResetError} If the peer has reset the connection.
   * @throws {ValueError} If the file is closed, or bytes do not fit the encoding.
   * @throws {RuntimeError} If a twin is pending.
   */
  read(size = -1): Data {
    return this.#now(this.#read(size));
  }

  /**
   * Reads as {@linkcode read} does, without stopping the event loop.
   *
   * @param size The number of bytes, or of characters; -1 for all up to the end.
   * @param options `signal`, to end the wait: the bytes received stay for the next call.
   * @returns The result, as from `read`.
   * @throws As `read`; the signal's reason once it aborts.
   */
  readAsync(size = -1, options?: WaitOptions): Promise<Data> {
    return this.#later(this.#read(size), options);
  }

  /**
   * Reads a line, including its end.
   *
   * @param size The most bytes or characters; -1 for no limit.
   * @returns The line; at the end the rest, then nothing.
   * @throws As {@linkcode read}.
   */
  readline(size = -1): Data {
    return this.#now(this.#readline(size));
  }

  /**
   * Reads a line as {@linkcode readline} does, without stopping the event loop.
   *
   * @param size The most bytes or characters; -1 for no limit.
   * @param options `signal`, to end the wait: the bytes received stay for the next call.
   * @returns The result, as from `readline`.
   * @throws As `readline`; the signal's reason once it aborts.
   */
  readlineAsync(size = -1, options?: WaitOptions): Promise<Data> {
    return this.#later(this.#readline(size), options);
  }

  /**
   * Reads lines up to the end.
   *
   * @param hint Stop once the lines have more bytes or characters than this; 0 or less for all
   * lines.
   * @returns The lines, including their ends.
   * @throws As {@linkcode read}.
   */
  readlines(hint = -1): Data[] {
    return this.#now(this.#readlines(hint));
  }

  /**
   * Reads lines as {@linkcode readlines} does, without stopping the event loop.
   *
   * @param hint Stop once the lines have more bytes or characters than this; 0 or less for all
   * lines.
   * @param options `signal`, to end the wait: the lines read before are lost.
   * @returns The result, as from `readlines`.
   * @throws As `readlines`; the signal's reason once it aborts.
   */
  readlinesAsync(hint = -1, options?: WaitOptions): Promise<Data[]> {
    return this.#later(this.#readlines(hint), options);
  }

  /** Yields the remaining lines, including their ends. */
  *[Symbol.iterator](): Generator<Data, void, unknown> {
    for (let line; (line = this.readline()).length > 0;) yield line;
  }

  /** Yields the remaining lines without stopping the event loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Data, void, unknown> {
    for (let line; (line = await this.readlineAsync()).length > 0;) yield line;
  }

  *#read(size: number): Reading<Data> {
    const count = int(size, "size"), received = this.#received;
    check_open(this);
    for (;;) {
      const end = count < 0 ? -1 : received.end_of(count);
      if (end !== -1) return received.take(end);
      const left = count < 0 ? Infinity : count - received.length;
      const more = yield* this.#fill(Math.min(left, MOST_AT_ONCE));
      if (!more || (this.#bufsize === 0 && count >= 0)) {
        return received.take(received.length);
      }
    }
  }

  *#readline(size: number): Reading<Data> {
    const count = int(size, "size"), received = this.#received;
    check_open(this);
    for (let seen = 0;;) {
      const most = count < 0 ? -1 : received.end_of(count);
      const end = received.line_end(seen);
      if (most !== -1 && (end === -1 || most < end)) return received.take(most);
      if (end !== -1) return received.take(end);
      // The last character may be half of a line end.
      seen = Math.max(0, received.length - 1);
      if (!(yield* this.#fill(1))) return received.take(received.length);
    }
  }

  *#readlines(hint: number): Reading<Data[]> {
    const most = int(hint, "hint"), lines: Data[] = [];
    for (let size = 0; most <= 0 || size <= most;) {
      const line = yield* this.#readline(-1);
      if (line.length === 0) break;
      lines.push(line);
      size += typeof line === "string" ? characters(line) : line.length;
    }
    return lines;
  }

  /** Requests bytes; returns whether there were any. */
  *#fill(size: number): Reading<boolean> {
    const unbuffered = this.#bufsize === 0;
    const bytes = yield unbuffered ? size : Math.max(size, this.#bufsize);
    this.#received.add(bytes);
    return bytes.length > 0;
  }

  #now<Result>(reading: Reading<Result>): Result {
    // It would take bytes that the twin has looked at.
    if (this.#reading) {
      throw new RuntimeError("Cannot read beside a pending twin: await it");
    }
    let step = reading.next();
    while (!step.done) {
      step = reading.next(this.#source?.recv(step.value) ?? NOTHING);
    }
    return step.value;
  }

  async #later<Result>(
    reading: Reading<Result>,
    options: WaitOptions | undefined,
  ): Promise<Result> {
    // In turn: what one receives may hold what the next is to read.
    if (this.#reading) await this.#turn(options);
    this.#reading = true;
    try {
      let step = reading.next();
      while (!step.done) {
        const bytes = this.#source?.recvAsync(step.value, 0, options);
        step = reading.next(await bytes ?? NOTHING);
      }
      return step.value;
    } finally {
      const [start] = this.#behind;
      if (start === undefined) this.#reading = false;
      else start();
    }
  }

  /** Waits until the twins before it have ended. */
  #turn(options: WaitOptions | undefined): Promise<void> {
    const signal = check_signal(options);
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const start = () => {
        this.#behind.delete(start);
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const abort = () => {
        this.#behind.delete(start);
        reject(signal!.reason);
      };
      signal?.addEventListener("abort", abort);
      this.#behind.add(start);
    });
  }
}

function check_open(file: { readonly closed: boolean }): void {
  if (file.closed) throw new ValueError("I/O operation on closed file.");
}

/** Checks the size of a buffer. */
function size_of(bufsize: number): number {
  const size = int(bufsize, "bufsize", -1);
  return size === -1 ? DEFAULT_BUFFER_SIZE : size;
}

/** Received bytes. */
class Bytes implements Received<Uint8Array<ArrayBuffer>> {
  #buffer = new Uint8Array();
  #start = 0;
  #end = 0;

  constructor(bytes: Uint8Array = NOTHING) {
    this.add(bytes);
  }

  get length(): number {
    return this.#end - this.#start;
  }

  add(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) {
      const kept = this.#buffer.subarray(this.#start, this.#end);
      const size = kept.length + bytes.length;
      // Double it: otherwise a long line is copied again for each part.
      if (size > this.#buffer.length) this.#buffer = new Uint8Array(2 * size);
      this.#buffer.set(kept);
      this.#start = 0;
      this.#end = kept.length;
    }
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  end_of(count: number): number {
    return count <= this.length ? count : -1;
  }

  line_end(from: number): number {
    const held = this.#buffer.subarray(this.#start, this.#end);
    const at = held.indexOf(NEWLINE, from);
    return at === -1 ? -1 : at + 1;
  }

  take(end: number): Uint8Array<ArrayBuffer> {
    const start = this.#start;
    this.#start += end;
    return this.#buffer.slice(start, this.#start);
  }
}

/**
 * Reads bytes as from a file, until the peer closes: the result of `makefile("rb")`, and the
 * `rfile` of a `socketserver` handler.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * a.sendall(new Uint8Array([1, 2, 10, 3]));
 * a.close();
 * using file = b.makefile("rb");
 * assertEquals([...file], [new Uint8Array([1, 2, 10]), new Uint8Array([3])]);
 * b.close();
 * ```
 */
export class Reader extends BaseReader<Uint8Array<ArrayBuffer>> {
  /**
   * Reads from a socket, which the caller closes, or from bytes.
   *
   * @param source The socket or the bytes.
   * @param bufsize The bytes to request at once; -1 for 8192, 0 to read nothing ahead.
   */
  constructor(source: Source | Uint8Array, bufsize = -1) {
    const given = source instanceof Uint8Array;
    const received = new Bytes(given ? source : NOTHING);
    super(given ? null : source, size_of(bufsize), received);
  }
}

/** Written bytes that are not yet sent. */
class Written {
  #parts: Uint8Array[] = [];
  size = 0;

  add(part: Uint8Array, size: number): void {
    this.#parts.push(part);
    this.size += size;
  }

  /** Returns all bytes, in a copy. */
  joined(): Uint8Array<ArrayBuffer> {
    return joined(this.#parts);
  }

  /** Removes all bytes, and returns them. */
  take(): Uint8Array {
    const all = this.#parts.length === 1 ? this.#parts[0]! : this.joined();
    this.#parts = [];
    this.size = 0;
    return all;
  }
}

/** Checks what is written; returns its bytes, and its size as `write` counts it. */
type Encode<Data> = (
  data: Data,
) => [bytes: Uint8Array<ArrayBuffer>, size: number];

/**
 * Writes as to a file: what {@linkcode Writer} and {@linkcode TextWriter} share.
 *
 * Each call that waits has a twin that does not stop the event loop; send a buffer by
 * `flushAsync()` then.
 *
 * @typeParam Data What it writes: bytes, or text.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * const file = a.makefile("w");
 * file.writelines(["one\n", "two\n"]);
 * await file.flushAsync();
 * assertEquals(b.recv(64), new TextEncoder().encode("one\ntwo\n"));
 * a.close();
 * b.close();
 * ```
 */
export abstract class BaseWriter<Data> implements Disposable {
  readonly #target: Target | null;
  readonly #bufsize: number;
  readonly #encode: Encode<Data>;
  readonly #written: Written;
  #closed = false;

  /**
   * Writes to a socket, which the caller closes.
   *
   * @param target The socket; `null` for memory.
   * @param bufsize The bytes to buffer.
   * @param encode Returns the bytes of the data, and its size.
   * @param written The buffer.
   */
  protected constructor(
    target: Target | null,
    bufsize: number,
    encode: Encode<Data>,
    written: Written = new Written(),
  ) {
    this.#target = target;
    this.#bufsize = bufsize;
    this.#encode = encode;
    this.#written = written;
  }

  /** Whether the file is closed. */
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

  /** As {@linkcode close}, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Returns the descriptor to write to.
   *
   * @returns The socket's descriptor; -1 for a datagram.
   */
  fileno(): number {
    return this.#target?.fileno() ?? -1;
  }

  /**
   * Writes all of the data.
   *
   * @param data The bytes, or the text.
   * @returns The number of bytes, or of characters (code points).
   * @throws {TypeError} If it is of another type; a string for bytes must be encoded.
   * @throws {TimeoutError} If the socket has a time-out.
   * @throws {BrokenPipeError} If the peer has closed; or `ConnectionResetError`.
   * @throws {ValueError} If the file is closed, or the text does not fit the encoding.
   */
  write(data: Data): number {
    const size = this.#add(data);
    if (this.#written.size > this.#bufsize) this.flush();
    return size;
  }

  /**
   * Writes as {@linkcode write} does, without stopping the event loop.
   *
   * @param data The bytes, not to be changed until they are written, or the text.
   * @param options `signal`, to end the wait: part of the data may have been sent then.
   * @returns The result, as from `write`.
   * @throws As `write`; the signal's reason once it aborts.
   */
  async writeAsync(data: Data, options?: WaitOptions): Promise<number> {
    const size = this.#add(data);
    if (this.#written.size > this.#bufsize) await this.flushAsync(options);
    return size;
  }

  /**
   * Writes several buffers or texts, one after another.
   *
   * @param lines The buffers or the texts.
   * @throws As {@linkcode write}.
   */
  writelines(lines: Iterable<Data>): void {
    for (const line of lines) this.write(line);
  }

  /**
   * Writes as {@linkcode writelines} does, without stopping the event loop.
   *
   * @param lines The buffers or the texts; not to be changed until they are written.
   * @param options `signal`, to end the wait: part of them may have been sent then.
   * @throws As `writelines`; the signal's reason once it aborts.
   */
  async writelinesAsync(
    lines: Iterable<Data>,
    options?: WaitOptions,
  ): Promise<void> {
    for (const line of lines) await this.writeAsync(line, options);
  }

  /**
   * Sends the buffer.
   *
   * @throws As {@linkcode write}.
   */
  flush(): void {
    check_open(this);
    if (this.#target !== null && this.#written.size > 0) {
      this.#target.sendall(this.#written.take());
    }
  }

  /**
   * Sends the buffer as {@linkcode flush} does, without stopping the event loop.
   *
   * @param options `signal`, to end the wait: part of the data may have been sent then.
   * @throws As `flush`; the signal's reason once it aborts.
   */
  async flushAsync(options?: WaitOptions): Promise<void> {
    check_open(this);
    if (this.#target !== null && this.#written.size > 0) {
      await this.#target.sendallAsync(this.#written.take(), 0, options);
    }
  }

  #add(data: Data): number {
    check_open(this);
    const [view, size] = this.#encode(data), length = length_of(view);
    const stays = this.#written.size + length <= this.#bufsize;
    // Copy bytes that stay: the caller may overwrite its buffer.
    this.#written.add(stays ? copy(view, length) : view, length);
    return size;
  }
}

/**
 * Writes bytes as to a file: the result of `makefile("wb")`, and the `wfile` of a `socketserver`
 * handler.
 *
 * Without a buffer, the default of `wfile`, each write sends all of its bytes at once.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * const file = a.makefile("wb");
 * file.write(new Uint8Array([1, 2]));
 * file.write(new Uint8Array([3]));
 * file.flush();
 * assertEquals(b.recv(64), new Uint8Array([1, 2, 3]));
 * a.close();
 * b.close();
 * ```
 */
export class Writer extends BaseWriter<BytesLike> {
  readonly #written: Written;

  /**
   * Writes to a socket, which the caller closes, or to memory.
   *
   * @param target The socket; `null` for memory.
   * @param bufsize The bytes to buffer; -1 for 8192, 0 for none.
   */
  constructor(target: Target | null, bufsize = 0) {
    const size = size_of(bufsize), written = new Written();
    super(target, target === null ? Infinity : size, (data) => {
      const view = bytes(data, "data");
      return [view, length_of(view)];
    }, written);
    this.#written = written;
  }

  /**
   * Returns the bytes that are written but not sent, such as a datagram's whole answer.
   *
   * @returns A copy.
   */
  getvalue(): Uint8Array<ArrayBuffer> {
    return this.#written.joined();
  }
}

/**
 * Reads and writes as a file: what {@linkcode ReaderWriter} and {@linkcode TextReaderWriter}
 * share.
 *
 * @typeParam Data What it reads: bytes, or text.
 * @typeParam Given What it writes.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * using one = a.makefile("rw"), other = b.makefile("rw");
 * one.write("question\n");
 * one.flush();
 * assertEquals(other.readline(), "question\n");
 * await other.writeAsync("answer\n");
 * await other.flushAsync();
 * assertEquals(await one.readlineAsync(), "answer\n");
 * a.close();
 * b.close();
 * ```
 */
export abstract class BaseReaderWriter<
  Data extends { readonly length: number },
  Given,
> extends BaseReader<Data> {
  readonly #writer: BaseWriter<Given>;

  /**
   * Reads from a socket and writes to it; the caller closes the socket.
   *
   * @param source The socket.
   * @param bufsize The bytes to request at once; 0 to read nothing ahead.
   * @param received What is received already.
   * @param writer Writes to the socket.
   */
  protected constructor(
    source: Source,
    bufsize: number,
    received: Received<Data>,
    writer: BaseWriter<Given>,
  ) {
    super(source, bufsize, received);
    this.#writer = writer;
  }

  /** Ends the reading and, after a `flush()`, the writing; the socket stays open. */
  override close(): void {
    super.close();
    this.#writer.close();
  }

  /**
   * Writes all of the data: see {@linkcode BaseWriter.write}.
   *
   * @param data The bytes, or the text.
   * @returns The number of bytes, or of characters.
   * @throws As there.
   */
  write(data: Given): number {
    return this.#writer.write(data);
  }

  /**
   * Writes all of the data: see {@linkcode BaseWriter.writeAsync}.
   *
   * @param data The bytes, not to be changed until they are written, or the text.
   * @param options `signal`, to end the wait.
   * @returns The number of bytes, or of characters.
   * @throws As there.
   */
  writeAsync(data: Given, options?: WaitOptions): Promise<number> {
    return this.#writer.writeAsync(data, options);
  }

  /**
   * Writes several buffers or texts: see {@linkcode BaseWriter.writelines}.
   *
   * @param lines The buffers or the texts.
   * @throws As there.
   */
  writelines(lines: Iterable<Given>): void {
    this.#writer.writelines(lines);
  }

  /**
   * Writes several buffers or texts: see {@linkcode BaseWriter.writelinesAsync}.
   *
   * @param lines The buffers or the texts; not to be changed until they are written.
   * @param options `signal`, to end the wait.
   * @throws As there.
   */
  writelinesAsync(
    lines: Iterable<Given>,
    options?: WaitOptions,
  ): Promise<void> {
    return this.#writer.writelinesAsync(lines, options);
  }

  /** Sends the buffer: see {@linkcode BaseWriter.flush}. */
  flush(): void {
    this.#writer.flush();
  }

  /**
   * Sends the buffer: see {@linkcode BaseWriter.flushAsync}.
   *
   * @param options `signal`, to end the wait.
   * @throws As there.
   */
  flushAsync(options?: WaitOptions): Promise<void> {
    return this.#writer.flushAsync(options);
  }
}

/**
 * Reads and writes bytes: the result of `makefile("rwb")`.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * const file = b.makefile("rwb", 0);
 * a.sendall(new Uint8Array([1, 2]));
 * file.write(file.read(2));
 * assertEquals(a.recv(64), new Uint8Array([1, 2]));
 * a.close();
 * b.close();
 * ```
 */
export class ReaderWriter
  extends BaseReaderWriter<Uint8Array<ArrayBuffer>, BytesLike> {
  /**
   * Reads from a socket and writes to it; the caller closes the socket.
   *
   * @param socket The socket.
   * @param bufsize The bytes to request at once, and to buffer; -1 for 8192, 0 for none.
   */
  constructor(socket: Source & Target, bufsize = -1) {
    const writer = new Writer(socket, bufsize);
    super(socket, size_of(bufsize), new Bytes(), writer);
  }
}

/** The text of received bytes. */
class Text implements Received<string> {
  readonly #newline: Newline;
  readonly #decoder: Decoder;
  #text = "";
  // Joined once a line ends: for each part, V8 would copy the start of a long line again.
  #more: string[] = [];
  #length = 0;
  // A trailing \r, which may be half of \r\n.
  #held = "";
  // The characters that end_of() has counted, and their length.
  #counted = 0;
  #passed = 0;

  constructor(form: TextForm) {
    this.#newline = form.newline;
    this.#decoder = new Decoder(form);
  }

  get length(): number {
    return this.#length;
  }

  add(bytes: Uint8Array): void {
    let text = this.#held + this.#decoder.decode(bytes);
    this.#held = "";
    if (this.#newline === null || this.#newline === "") {
      if (bytes.length > 0 && text.endsWith("\r")) {
        this.#held = "\r";
        text = text.slice(0, -1);
      }
      if (this.#newline === null) text = text.replace(/\r\n?/g, "\n");
    }
    this.#more.push(text);
    this.#length += text.length;
  }

  end_of(count: number): number {
    if (count < this.#counted) this.#counted = this.#passed = 0;
    for (const char of this.#from(this.#passed)) {
      if (this.#counted === count) break;
      this.#counted++;
      this.#passed += char.length;
    }
    return this.#counted === count ? this.#passed : -1;
  }

  line_end(from: number): number {
    const text = this.#from(from);
    if (this.#newline === "") {
      const end = /\r\n|\r|\n/g;
      return end.test(text) ? from + end.lastIndex : -1;
    }
    const end = this.#newline ?? "\n";
    const at = text.indexOf(end);
    return at === -1 ? -1 : from + at + end.length;
  }

  take(end: number): string {
    const text = this.#from(0);
    this.#text = text.slice(end);
    if (this.#more.length > 0) this.#more = [];
    this.#length -= end;
    this.#counted = this.#passed = 0;
    return text.slice(0, end);
  }

  /** Returns the text from an index on. */
  #from(index: number): string {
    let text = "", start = this.#length, at = this.#more.length;
    if (at === 0) return this.#text.slice(index);
    while (at > 0 && start > index) {
      const part = this.#more[--at]!;
      text = part + text;
      start -= part.length;
    }
    return start > index
      ? this.#text.slice(index) + text
      : text.slice(index - start);
  }
}

/**
 * Reads text as from a file: the result of `makefile()` and `makefile("r")`.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * a.sendall(new TextEncoder().encode("first\r\nsecond"));
 * a.close();
 * using file = b.makefile();
 * assertEquals([...file], ["first\n", "second"]);
 * b.close();
 * ```
 */
export class TextReader extends BaseReader<string> {
  /**
   * Reads from a socket, which the caller closes.
   *
   * @param source The socket.
   * @param bufsize The bytes to request at once; -1 for 8192.
   * @param options The encoding and the line ends.
   */
  constructor(source: Source, bufsize = -1, options: TextOptions = {}) {
    super(source, text_size(bufsize), new Text(text_form(options)));
  }
}

function text_size(bufsize: number): number {
  const size = size_of(bufsize);
  if (size === 0) throw new ValueError("unbuffered streams must be binary");
  return size;
}

/**
 * Writes text as to a file: the result of `makefile("w")`. It is buffered: `flush()` sends the
 * text.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * const file = a.makefile("w");
 * file.write("hello\n");
 * file.flush();
 * assertEquals(new TextDecoder().decode(b.recv(64)), "hello\n");
 * a.close();
 * b.close();
 * ```
 */
export class TextWriter extends BaseWriter<string> {
  /**
   * Writes to a socket, which the caller closes.
   *
   * @param target The socket.
   * @param bufsize The bytes to buffer; -1 for 8192.
   * @param options The encoding, and the line end to write for `\n`.
   */
  constructor(target: Target, bufsize = -1, options: TextOptions = {}) {
    const size = text_size(bufsize), form = text_form(options);
    super(target, size, (text) => [encode(text, form), characters(text)]);
  }
}

/** Counts the code points of a text, as Python does. */
function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/**
 * Reads and writes text: the result of `makefile("rw")`.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * const file = b.makefile("rw");
 * a.sendall(new TextEncoder().encode("hello\n"));
 * file.write(file.readline().toUpperCase());
 * file.flush();
 * assertEquals(new TextDecoder().decode(a.recv(64)), "HELLO\n");
 * a.close();
 * b.close();
 * ```
 */
export class TextReaderWriter extends BaseReaderWriter<string, string> {
  /**
   * Reads from a socket and writes to it; the caller closes the socket.
   *
   * @param socket The socket.
   * @param bufsize The bytes to request at once, and to buffer; -1 for 8192.
   * @param options The encoding and the line ends.
   */
  constructor(
    socket: Source & Target,
    bufsize = -1,
    options: TextOptions = {},
  ) {
    const writer = new TextWriter(socket, bufsize, options);
    super(socket, text_size(bufsize), new Text(text_form(options)), writer);
  }
}

/** The modes of {@linkcode makefile}, and the file that each makes. */
export interface FileModes {
  /** Reads text. */
  r: TextReader;
  /** Writes text. */
  w: TextWriter;
  /** Reads and writes text. */
  rw: TextReaderWriter;
  /** Reads bytes. */
  rb: Reader;
  /** Reads bytes. */
  b: Reader;
  /** Writes bytes. */
  wb: Writer;
  /** Reads and writes bytes. */
  rwb: ReaderWriter;
}

/** The keywords of `Socket.makefile`. */
export interface FileOptions<Mode extends keyof FileModes = keyof FileModes>
  extends TextOptions {
  /** `"r"`, the default, `"w"` or `"rw"`, with `"b"` for bytes. */
  readonly mode?: Mode | undefined;
  /**
   * The bytes to request at once, and to buffer; -1 or `null`, the default, for 8192; 0 for none,
   * in binary modes only.
   */
  readonly buffering?: number | null | undefined;
}

/** Makes the file of a mode: see `Socket.makefile`. */
export function makefile(
  socket: Source & Target,
  mode: unknown,
  buffering: unknown,
  options: TextOptions,
): FileModes[keyof FileModes] {
  if (typeof mode !== "string") {
    throw new TypeError(`mode must be a string, not ${shown(mode)}`);
  }
  if (/[^rwb]/.test(mode)) {
    throw new ValueError(
      `invalid mode ${shown(mode)} (only r, w, rw, b allowed)`,
    );
  }
  const size = buffering === null
    ? -1
    : Math.max(-1, int(buffering, "buffering"));
  const writes = mode.includes("w"), reads = mode.includes("r") || !writes;
  if (mode.includes("b")) {
    if (reads && writes) return new ReaderWriter(socket, size);
    return reads ? new Reader(socket, size) : new Writer(socket, size);
  }
  if (reads && writes) return new TextReaderWriter(socket, size, options);
  return reads
    ? new TextReader(socket, size, options)
    : new TextWriter(socket, size, options);
}
