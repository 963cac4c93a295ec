import { bare } from "../../ffi/libc.ts";
import { bytes, type BytesLike, int, length_of, shown } from "../arguments.ts";
import { ValueError } from "../exceptions.ts";
import type { WaitOptions } from "../pending.ts";

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
   * @returns The bytes; none at the end.
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

function read_now<Result>(
  source: Source | null,
  reading: Reading<Result>,
): Result {
  let step = reading.next();
  while (!step.done) step = reading.next(source?.recv(step.value) ?? NOTHING);
  return step.value;
}

async function read_later<Result>(
  source: Source | null,
  reading: Reading<Result>,
  options: WaitOptions | undefined,
): Promise<Result> {
  let step = reading.next();
  while (!step.done) {
    const bytes = source?.recvAsync(step.value, 0, options);
    step = reading.next(await bytes ?? NOTHING);
  }
  return step.value;
}

/** Reads lines until one is empty, or their length reaches `hint`. */
function* lines_of<Line extends { readonly length: number }>(
  readline: () => Reading<Line>,
  hint: number,
): Reading<Line[]> {
  const lines: Line[] = [];
  for (let size = 0; hint <= 0 || size < hint;) {
    const line = yield* readline();
    if (line.length === 0) break;
    lines.push(line);
    size += line.length;
  }
  return lines;
}

function closed_file(): ValueError {
  return new ValueError("I/O operation on closed file.");
}

/**
 * Reads bytes as from a file, until the peer closes: the result of `makefile("rb")`, and the
 * `rfile` of a `socketserver` handler.
 *
 * Each call that waits has a twin that does not stop the event loop.
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
export class Reader implements Disposable {
  readonly #source: Source | null;
  readonly #bufsize: number;
  #buffer: Uint8Array<ArrayBuffer>;
  #start = 0;
  #end: number;
  #closed = false;

  /**
   * Reads from a socket, which the caller closes, or from bytes.
   *
   * @param source The socket or the bytes.
   * @param bufsize The bytes to request at once; -1 for 8192, 0 to read nothing ahead.
   */
  constructor(source: Source | Uint8Array, bufsize = -1) {
    const size = int(bufsize, "bufsize", -1);
    const given = source instanceof Uint8Array ? source.slice() : null;
    this.#source = given === null ? source as Source : null;
    this.#bufsize = size === -1 ? DEFAULT_BUFFER_SIZE : size;
    this.#buffer = given ?? new Uint8Array(this.#bufsize);
    this.#end = given?.length ?? 0;
  }

  /** Whether the file is closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Ends the reading; the socket stays open. */
  close(): void {
    this.#closed = true;
  }

  /** Ends the reading at the end of a `using` block; the socket stays open. */
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
   * Reads bytes.
   *
   * @param size The number of bytes; -1 for all up to the end.
   * @returns The bytes; fewer than `size` at the end, or if `bufsize` is 0.
   * @throws {TimeoutError} If the socket has a time-out: the bytes received stay for the next call.
   * @throws {ConnectionResetError} If the peer has reset the connection.
   * @throws {ValueError} If the file is closed.
   */
  read(size = -1): Uint8Array<ArrayBuffer> {
    return this.#now(this.#read(int(size, "size")));
  }

  /**
   * Reads bytes as {@linkcode read} does, without stopping the event loop.
   *
   * @param size The number of bytes; -1 for all up to the end.
   * @param options `signal`, to end the wait: the bytes received stay for the next call.
   * @returns The result, as from `read`.
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
   * @param size The most bytes; -1 for no limit.
   * @returns The line; at the end the rest, then nothing.
   * @throws As {@linkcode read}.
   */
  readline(size = -1): Uint8Array<ArrayBuffer> {
    return this.#now(this.#readline(int(size, "size")));
  }

  /**
   * Reads a line as {@linkcode readline} does, without stopping the event loop.
   *
   * @param size The most bytes; -1 for no limit.
   * @param options `signal`, to end the wait: the bytes received stay for the next call.
   * @returns The result, as from `readline`.
   * @throws As `readline`; the signal's reason once it aborts.
   */
  readlineAsync(
    size = -1,
    options?: WaitOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#later(this.#readline(int(size, "size")), options);
  }

  /**
   * Reads lines up to the end.
   *
   * @param hint Stop after the line that completes this many bytes; 0 or less for all lines.
   * @returns The lines, each with its `\n`.
   * @throws As {@linkcode read}.
   */
  readlines(hint = -1): Array<Uint8Array<ArrayBuffer>> {
    return this.#now(lines_of(() => this.#readline(-1), int(hint, "hint")));
  }

  /**
   * Reads lines as {@linkcode readlines} does, without stopping the event loop.
   *
   * @param hint Stop after the line that completes this many bytes; 0 or less for all lines.
   * @param options `signal`, to end the wait: the lines read before are lost.
   * @returns The result, as from `readlines`.
   * @throws As `readlines`; the signal's reason once it aborts.
   */
  readlinesAsync(
    hint = -1,
    options?: WaitOptions,
  ): Promise<Array<Uint8Array<ArrayBuffer>>> {
    const reading = lines_of(() => this.#readline(-1), int(hint, "hint"));
    return this.#later(reading, options);
  }

  /** Yields the remaining lines, including `\n`. */
  *[Symbol.iterator](): Generator<Uint8Array<ArrayBuffer>, void, unknown> {
    for (let line; (line = this.readline()).length > 0;) yield line;
  }

  /** Yields the remaining lines without stopping the event loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<
    Uint8Array<ArrayBuffer>,
    void,
    unknown
  > {
    for (let line; (line = await this.readlineAsync()).length > 0;) yield line;
  }

  *#read(size: number): Reading<Uint8Array<ArrayBuffer>> {
    const most = size < 0 ? Infinity : size;
    while (this.#end - this.#start < most) {
      const left = most - (this.#end - this.#start);
      const some = yield* this.#fill(Math.min(left, MOST_AT_ONCE));
      if (some === 0 || (this.#bufsize === 0 && size >= 0)) break;
    }
    return this.#take(Math.min(most, this.#end - this.#start));
  }

  *#readline(size: number): Reading<Uint8Array<ArrayBuffer>> {
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

  /** Requests bytes into the buffer; returns how many it received. */
  *#fill(size: number): Reading<number> {
    const bytes = yield this.#bufsize === 0
      ? size
      : Math.max(size, this.#bufsize);
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
    return bytes.length;
  }

  #take(size: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#buffer.slice(this.#start, this.#start + size);
    this.#start += size;
    return bytes;
  }

  #now<Result>(reading: Reading<Result>): Result {
    this.#check();
    return read_now(this.#source, reading);
  }

  async #later<Result>(
    reading: Reading<Result>,
    options: WaitOptions | undefined,
  ): Promise<Result> {
    this.#check();
    return await read_later(this.#source, reading, options);
  }

  #check(): void {
    if (this.#closed) throw closed_file();
  }
}

/**
 * Writes bytes as to a file: the result of `makefile("wb")`, and the `wfile` of a `socketserver`
 * handler.
 *
 * Without a buffer, the default of `wfile`, each write sends all of its bytes at once. Each call
 * that waits has a twin that does not stop the event loop; send a buffer by `flushAsync()` then.
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
export class Writer implements Disposable {
  readonly #target: Target | null;
  readonly #bufsize: number;
  #parts: Uint8Array[] = [];
  #size = 0;
  #closed = false;

  /**
   * Writes to a socket, which the caller closes, or to memory.
   *
   * @param target The socket; `null` for memory.
   * @param bufsize The bytes to buffer; -1 for 8192, 0 for none.
   */
  constructor(target: Target | null, bufsize = 0) {
    const size = int(bufsize, "bufsize", -1);
    this.#target = target;
    this.#bufsize = target === null
      ? Infinity
      : size === -1
      ? DEFAULT_BUFFER_SIZE
      : size;
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
   * Writes all of the bytes.
   *
   * @param data The bytes.
   * @returns The number of bytes.
   * @throws {TypeError} If they are not bytes; for a string it says to encode it.
   * @throws {TimeoutError} If the socket has a time-out.
   * @throws {BrokenPipeError} If the peer has closed; or `ConnectionResetError`.
   * @throws {ValueError} If the file is closed.
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
   * @param options `signal`, to end the wait: part of the bytes may have been sent then.
   * @returns The number of bytes.
   * @throws As `write`; the signal's reason once it aborts.
   */
  async writeAsync(data: BytesLike, options?: WaitOptions): Promise<number> {
    const size = this.#add(data);
    if (this.#size > this.#bufsize) await this.flushAsync(options);
    return size;
  }

  /**
   * Writes several buffers, one after another.
   *
   * @param lines The bytes.
   * @throws As {@linkcode write}.
   */
  writelines(lines: Iterable<BytesLike>): void {
    for (const line of lines) this.write(line);
  }

  /**
   * Sends the buffer.
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
   * Sends the buffer as {@linkcode flush} does, without stopping the event loop.
   *
   * @param options `signal`, to end the wait: part of the bytes may have been sent then.
   * @throws As `flush`; the signal's reason once it aborts.
   */
  async flushAsync(options?: WaitOptions): Promise<void> {
    this.#check();
    if (this.#target !== null && this.#size > 0) {
      await this.#target.sendallAsync(this.#taken(), 0, options);
    }
  }

  /**
   * Returns the bytes that are written but not sent, such as a datagram's whole answer.
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
    // Copy bytes that stay: the caller may overwrite its buffer.
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
    if (this.#closed) throw closed_file();
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
export class ReaderWriter extends Reader {
  readonly #writer: Writer;

  /**
   * Reads from a socket and writes to it; the caller closes the socket.
   *
   * @param socket The socket.
   * @param bufsize The bytes to request at once, and to buffer; -1 for 8192, 0 for none.
   */
  constructor(socket: Source & Target, bufsize = -1) {
    super(socket, bufsize);
    this.#writer = new Writer(socket, bufsize);
  }

  /** Ends the reading and, after a `flush()`, the writing; the socket stays open. */
  override close(): void {
    super.close();
    this.#writer.close();
  }

  /**
   * Writes bytes: see {@linkcode Writer.write}.
   *
   * @param data The bytes.
   * @returns The number of bytes.
   * @throws As there.
   */
  write(data: BytesLike): number {
    return this.#writer.write(data);
  }

  /**
   * Writes bytes: see {@linkcode Writer.writeAsync}.
   *
   * @param data The bytes; not to be changed until they are written.
   * @param options `signal`, to end the wait.
   * @returns The number of bytes.
   * @throws As there.
   */
  writeAsync(data: BytesLike, options?: WaitOptions): Promise<number> {
    return this.#writer.writeAsync(data, options);
  }

  /**
   * Writes several buffers: see {@linkcode Writer.writelines}.
   *
   * @param lines The bytes.
   * @throws As there.
   */
  writelines(lines: Iterable<BytesLike>): void {
    this.#writer.writelines(lines);
  }

  /** Sends the buffer: see {@linkcode Writer.flush}. */
  flush(): void {
    this.#writer.flush();
  }

  /**
   * Sends the buffer: see {@linkcode Writer.flushAsync}.
   *
   * @param options `signal`, to end the wait.
   * @throws As there.
   */
  flushAsync(options?: WaitOptions): Promise<void> {
    return this.#writer.flushAsync(options);
  }
}

/** How to handle text and bytes that an encoding lacks. */
export type CodecErrors = "strict" | "ignore" | "replace";

/** The line ends: see {@linkcode FileOptions.newline}. */
export type Newline = "" | "\n" | "\r" | "\r\n" | null;

/** The encoding of a text file, and its line ends. */
export interface TextOptions {
  /** `"utf-8"`, the default, `"latin-1"` or `"ascii"`. */
  readonly encoding?: string | null | undefined;
  /**
   * For text or bytes that do not fit: `"strict"`, the default, throws, `"ignore"` drops them,
   * `"replace"` puts `�` or `?`.
   */
  readonly errors?: CodecErrors | null | undefined;
  /**
   * `null`, the default, reads `\r`, `\r\n` and `\n` as `\n`; `""` ends lines at each of them,
   * unchanged. Any other value is the only line end, and is written for each `\n`.
   */
  readonly newline?: Newline | undefined;
}

/** A checked {@linkcode TextOptions}. */
interface TextForm {
  /** The highest character; `null` for UTF-8. */
  readonly highest: number | null;
  readonly encoding: string;
  readonly errors: CodecErrors;
  readonly newline: Newline;
}

const HIGHEST: ReadonlyMap<string, number | null> = new Map([
  ["utf8", null],
  ["ascii", 0x7f],
  ["usascii", 0x7f],
  ["latin1", 0xff],
  ["iso88591", 0xff],
]);

/** Checks the encoding, the error handler and the line ends. */
function text_form(given: TextOptions): TextForm {
  const { encoding, errors, newline = null } = bare(given);
  const name = encoding ?? "utf-8";
  if (typeof name !== "string") {
    throw new TypeError(`encoding must be a string, not ${shown(name)}`);
  }
  const highest = HIGHEST.get(name.toLowerCase().replace(/[-_ ]/g, ""));
  if (highest === undefined) throw new ValueError(`unknown encoding: ${name}`);
  const handler = errors ?? "strict";
  if (!["strict", "ignore", "replace"].includes(handler)) {
    throw new ValueError(`unknown error handler name '${handler}'`);
  }
  if (![null, "", "\n", "\r", "\r\n"].includes(newline)) {
    throw new ValueError(`illegal newline value: ${shown(newline)}`);
  }
  return { highest, encoding: name, errors: handler, newline };
}

function undecodable(form: TextForm): ValueError {
  return new ValueError(`'${form.encoding}' codec can't decode these bytes`);
}

/** Decodes a stream in parts, which may split a character. */
class Decoder {
  readonly #form: TextForm;
  readonly #utf8: TextDecoder;

  constructor(form: TextForm) {
    this.#form = form;
    const fatal = form.errors === "strict";
    this.#utf8 = new TextDecoder("utf-8", { fatal, ignoreBOM: true });
  }

  /** Decodes bytes; none mark the end. */
  decode(bytes: Uint8Array): string {
    const { highest, errors } = this.#form;
    if (highest !== null) return this.#decode_bytes(bytes, highest);
    try {
      const text = this.#utf8.decode(bytes, { stream: bytes.length > 0 });
      // This also drops a real U+FFFD, which peers seldom send.
      return errors === "ignore" ? text.replaceAll("\ufffd", "") : text;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw undecodable(this.#form);
    }
  }

  #decode_bytes(bytes: Uint8Array, highest: number): string {
    const { errors } = this.#form;
    let text = "";
    for (const byte of bytes) {
      if (byte <= highest) text += String.fromCharCode(byte);
      else if (errors === "strict") throw undecodable(this.#form);
      else if (errors === "replace") text += "\ufffd";
    }
    return text;
  }
}

function encode(text: string, form: TextForm): Uint8Array<ArrayBuffer> {
  const { highest, errors, encoding } = form;
  const fits = highest === null
    ? text.isWellFormed()
    // By code points: one above U+FFFF counts once.
    : Array.from(text).every((char) => char.codePointAt(0)! <= highest);
  let clean = text;
  if (!fits) {
    if (errors === "strict") {
      throw new ValueError(`'${encoding}' codec can't encode this text`);
    }
    const most = highest ?? 0x10ffff;
    const put = errors === "replace" ? "?" : "";
    clean = Array.from(text, (char) => {
      return char.codePointAt(0)! > most || !char.isWellFormed() ? put : char;
    }).join("");
  }
  if (highest === null) return new TextEncoder().encode(clean);
  return Uint8Array.from(clean, (char) => char.charCodeAt(0));
}

/**
 * Returns the index after the first `count` code points; -1 if there are fewer.
 */
function end_of(text: string, count: number): number {
  let at = 0;
  for (let seen = 0; seen < count; seen++) {
    const point = text.codePointAt(at);
    if (point === undefined) return -1;
    at += point > 0xffff ? 2 : 1;
  }
  return at;
}

/**
 * Reads text as from a file: the result of `makefile()` and `makefile("r")`.
 *
 * Each call that waits has a twin that does not stop the event loop.
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
export class TextReader implements Disposable {
  readonly #source: Source;
  readonly #bufsize: number;
  readonly #form: TextForm;
  readonly #decoder: Decoder;
  #text = "";
  // A trailing \r, which may be half of \r\n.
  #held = "";
  #closed = false;

  /**
   * Reads from a socket, which the caller closes.
   *
   * @param source The socket.
   * @param bufsize The bytes to request at once; -1 for 8192.
   * @param options The encoding and the line ends.
   */
  constructor(source: Source, bufsize = -1, options: TextOptions = {}) {
    const size = text_bufsize(bufsize);
    this.#form = text_form(options);
    this.#source = source;
    this.#bufsize = size;
    this.#decoder = new Decoder(this.#form);
  }

  /** Whether the file is closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Ends the reading; the socket stays open. */
  close(): void {
    this.#closed = true;
  }

  /** Ends the reading at the end of a `using` block; the socket stays open. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Returns the descriptor to read from. It may not be readable while text is buffered.
   *
   * @returns The socket's descriptor.
   */
  fileno(): number {
    return this.#source.fileno();
  }

  /**
   * Reads text.
   *
   * @param size The number of characters; -1 for all up to the end.
   * @returns The text, shorter at the end.
   * @throws {TimeoutError} If the socket has a time-out: the bytes received stay for the next call.
   * @throws {ConnectionResetError} If the peer has reset the connection.
   * @throws {ValueError} If the file is closed, or the encoding lacks the bytes.
   */
  read(size = -1): string {
    return this.#now(this.#read(int(size, "size")));
  }

  /**
   * Reads text as {@linkcode read} does, without stopping the event loop.
   *
   * @param size The number of characters; -1 for all up to the end.
   * @param options `signal`, to end the wait: the bytes received stay for the next call.
   * @returns The result, as from `read`.
   * @throws As `read`; the signal's reason once it aborts.
   */
  readAsync(size = -1, options?: WaitOptions): Promise<string> {
    return this.#later(this.#read(int(size, "size")), options);
  }

  /**
   * Reads a line, including its end.
   *
   * @param size The most characters; -1 for no limit.
   * @returns The line; at the end the rest, then nothing.
   * @throws As {@linkcode read}.
   */
  readline(size = -1): string {
    return this.#now(this.#readline(int(size, "size")));
  }

  /**
   * Reads a line as {@linkcode readline} does, without stopping the event loop.
   *
   * @param size The most characters; -1 for no limit.
   * @param options `signal`, to end the wait: the bytes received stay for the next call.
   * @returns The result, as from `readline`.
   * @throws As `readline`; the signal's reason once it aborts.
   */
  readlineAsync(size = -1, options?: WaitOptions): Promise<string> {
    return this.#later(this.#readline(int(size, "size")), options);
  }

  /**
   * Reads lines up to the end.
   *
   * @param hint Stop after the line that completes this many characters; 0 or less for all.
   * @returns The lines, including their ends.
   * @throws As {@linkcode read}.
   */
  readlines(hint = -1): string[] {
    return this.#now(lines_of(() => this.#readline(-1), int(hint, "hint")));
  }

  /**
   * Reads lines as {@linkcode readlines} does, without stopping the event loop.
   *
   * @param hint Stop after the line that completes this many characters; 0 or less for all.
   * @param options `signal`, to end the wait: the lines read before are lost.
   * @returns The result, as from `readlines`.
   * @throws As `readlines`; the signal's reason once it aborts.
   */
  readlinesAsync(hint = -1, options?: WaitOptions): Promise<string[]> {
    const reading = lines_of(() => this.#readline(-1), int(hint, "hint"));
    return this.#later(reading, options);
  }

  /** Yields the remaining lines, including their ends. */
  *[Symbol.iterator](): Generator<string, void, unknown> {
    for (let line; (line = this.readline()) !== "";) yield line;
  }

  /** Yields the remaining lines without stopping the event loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, unknown> {
    for (let line; (line = await this.readlineAsync()) !== "";) yield line;
  }

  *#read(size: number): Reading<string> {
    for (;;) {
      const end = size < 0 ? -1 : end_of(this.#text, size);
      if (end !== -1) return this.#take(end);
      if (!(yield* this.#fill())) return this.#take(this.#text.length);
    }
  }

  *#readline(size: number): Reading<string> {
    for (let seen = 0;;) {
      const found = this.#line_end(seen);
      const most = size < 0 ? -1 : end_of(this.#text, size);
      if (most !== -1 && (found === -1 || most < found)) {
        return this.#take(most);
      }
      if (found !== -1) return this.#take(found);
      // The last character may be half of a line end.
      seen = Math.max(0, this.#text.length - 1);
      if (!(yield* this.#fill())) return this.#take(this.#text.length);
    }
  }

  /** Returns the index after the first line end from an index on; -1 if there is none. */
  #line_end(from: number): number {
    const { newline } = this.#form;
    if (newline === "") {
      const end = /\r\n|\r|\n/g;
      end.lastIndex = from;
      return end.test(this.#text) ? end.lastIndex : -1;
    }
    const end = newline ?? "\n";
    const at = this.#text.indexOf(end, from);
    return at === -1 ? -1 : at + end.length;
  }

  /** Requests and decodes bytes; returns whether there were any. */
  *#fill(): Reading<boolean> {
    const bytes = yield this.#bufsize;
    let text = this.#held + this.#decoder.decode(bytes);
    this.#held = "";
    const { newline } = this.#form;
    if (newline === null || newline === "") {
      if (bytes.length > 0 && text.endsWith("\r")) {
        this.#held = "\r";
        text = text.slice(0, -1);
      }
      if (newline === null) text = text.replace(/\r\n?/g, "\n");
    }
    this.#text += text;
    return bytes.length > 0;
  }

  #take(end: number): string {
    const text = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    return text;
  }

  #now<Result>(reading: Reading<Result>): Result {
    this.#check();
    return read_now(this.#source, reading);
  }

  async #later<Result>(
    reading: Reading<Result>,
    options: WaitOptions | undefined,
  ): Promise<Result> {
    this.#check();
    return await read_later(this.#source, reading, options);
  }

  #check(): void {
    if (this.#closed) throw closed_file();
  }
}

function text_bufsize(bufsize: number): number {
  const size = int(bufsize, "bufsize", -1);
  if (size === 0) throw new ValueError("unbuffered streams must be binary");
  return size === -1 ? DEFAULT_BUFFER_SIZE : size;
}

/**
 * Writes text as to a file: the result of `makefile("w")`.
 *
 * It is buffered: `flush()` sends the text. Each call that waits has a twin that
 * does not stop the event loop.
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
export class TextWriter implements Disposable {
  readonly #writer: Writer;
  readonly #form: TextForm;

  /**
   * Writes to a socket, which the caller closes.
   *
   * @param target The socket.
   * @param bufsize The bytes to buffer; -1 for 8192.
   * @param options The encoding, and the line end to write for `\n`.
   */
  constructor(target: Target, bufsize = -1, options: TextOptions = {}) {
    this.#writer = new Writer(target, text_bufsize(bufsize));
    this.#form = text_form(options);
  }

  /** Whether the file is closed. */
  get closed(): boolean {
    return this.#writer.closed;
  }

  /** Ends the writing, after a `flush()`; the socket stays open. */
  close(): void {
    this.#writer.close();
  }

  /** As {@linkcode close}, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Returns the descriptor to write to.
   *
   * @returns The socket's descriptor.
   */
  fileno(): number {
    return this.#writer.fileno();
  }

  /**
   * Writes all of a text.
   *
   * @param text The text.
   * @returns The number of characters (code points).
   * @throws {TypeError} If it is not a string.
   * @throws {TimeoutError} If the socket has a time-out.
   * @throws {BrokenPipeError} If the peer has closed; or `ConnectionResetError`.
   * @throws {ValueError} If the file is closed, or the encoding lacks the text.
   */
  write(text: string): number {
    this.#writer.write(this.#encoded(text));
    return characters(text);
  }

  /**
   * Writes text as {@linkcode write} does, without stopping the event loop.
   *
   * @param text The text.
   * @param options `signal`, to end the wait: part of the text may have been sent then.
   * @returns The result, as from `write`.
   * @throws As `write`; the signal's reason once it aborts.
   */
  async writeAsync(text: string, options?: WaitOptions): Promise<number> {
    await this.#writer.writeAsync(this.#encoded(text), options);
    return characters(text);
  }

  /**
   * Writes several texts, one after another.
   *
   * @param lines The texts.
   * @throws As {@linkcode write}.
   */
  writelines(lines: Iterable<string>): void {
    for (const line of lines) this.write(line);
  }

  /**
   * Sends the buffer.
   *
   * @throws As {@linkcode write}.
   */
  flush(): void {
    this.#writer.flush();
  }

  /**
   * Sends the buffer as {@linkcode flush} does, without stopping the event loop.
   *
   * @param options `signal`, to end the wait: part of the text may have been sent then.
   * @throws As `flush`; the signal's reason once it aborts.
   */
  flushAsync(options?: WaitOptions): Promise<void> {
    return this.#writer.flushAsync(options);
  }

  #encoded(text: string): Uint8Array<ArrayBuffer> {
    if (typeof text !== "string") {
      throw new TypeError(
        `write() argument must be a string, not ${shown(text)}`,
      );
    }
    const { newline } = this.#form;
    const ends = newline === "\r" || newline === "\r\n";
    return encode(ends ? text.replaceAll("\n", newline) : text, this.#form);
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
export class TextReaderWriter extends TextReader {
  readonly #writer: TextWriter;

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
    super(socket, bufsize, options);
    this.#writer = new TextWriter(socket, bufsize, options);
  }

  /** Ends the reading and, after a `flush()`, the writing; the socket stays open. */
  override close(): void {
    super.close();
    this.#writer.close();
  }

  /**
   * Writes text: see {@linkcode TextWriter.write}.
   *
   * @param text The text.
   * @returns The number of characters.
   * @throws As there.
   */
  write(text: string): number {
    return this.#writer.write(text);
  }

  /**
   * Writes text: see {@linkcode TextWriter.writeAsync}.
   *
   * @param text The text.
   * @param options `signal`, to end the wait.
   * @returns The number of characters.
   * @throws As there.
   */
  writeAsync(text: string, options?: WaitOptions): Promise<number> {
    return this.#writer.writeAsync(text, options);
  }

  /**
   * Writes several texts: see {@linkcode TextWriter.writelines}.
   *
   * @param lines The texts.
   * @throws As there.
   */
  writelines(lines: Iterable<string>): void {
    this.#writer.writelines(lines);
  }

  /** Sends the buffer: see {@linkcode TextWriter.flush}. */
  flush(): void {
    this.#writer.flush();
  }

  /**
   * Sends the buffer: see {@linkcode TextWriter.flushAsync}.
   *
   * @param options `signal`, to end the wait.
   * @throws As there.
   */
  flushAsync(options?: WaitOptions): Promise<void> {
    return this.#writer.flushAsync(options);
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
