/**
 * Memory that libc and JavaScript share: views that stay in place, C strings, the bytes at an
 * address, and the buffers that bytes are received into.
 *
 * @module
 */

import { ENOMEM } from "./errno.ts";
import { libc } from "./libc.ts";
import { OSError } from "./os_error.ts";

const typed_array = Object.getPrototypeOf(Uint8Array.prototype);

/** Turns a built-in getter into a function, safe from later changes to the prototype. */
function captured<Result>(name: string): (view: ArrayBufferView) => Result {
  const { get } = Object.getOwnPropertyDescriptor(typed_array, name)!;
  return Function.prototype.call.bind(get!);
}

/** The real length of a view in bytes: 0 once its buffer is detached. */
export const length_of: (view: ArrayBufferView) => number = captured(
  "byteLength",
);
/** Where a view begins in its buffer. */
export const offset_of: (view: ArrayBufferView) => number = captured(
  "byteOffset",
);
/** A view's buffer. */
export const buffer_of: (view: ArrayBufferView) => ArrayBuffer = captured(
  "buffer",
);

/** The typed arrays whose address a call may take. */
type Words = Int32Array | Uint32Array | BigUint64Array | Uint8Array;

/**
 * Memory that calls take by address: allocated by libc, never freed.
 *
 * The address stays valid when the view's buffer is transferred, and when a worker is terminated
 * while a call still waits.
 */
export class Pinned<View extends Words> {
  readonly #kind: new (buffer: ArrayBuffer) => View;
  readonly #size: number;
  #view: View | undefined;
  #address = 0n;

  /**
   * Reserves zeroed memory, which is allocated on first use.
   *
   * @param kind The class of the view.
   * @param length The number of the view's elements.
   */
  constructor(
    kind: (new (buffer: ArrayBuffer) => View) & { BYTES_PER_ELEMENT: number },
    length: number,
  ) {
    this.#kind = kind;
    this.#size = length * kind.BYTES_PER_ELEMENT;
  }

  /** The memory. */
  get view(): View {
    return this.#view ?? this.#allocate();
  }

  /** The address. */
  get address(): bigint {
    if (this.#view === undefined) this.#allocate();
    return this.#address;
  }

  #allocate(): View {
    const pointer = libc.calloc(1n, BigInt(this.#size));
    if (pointer === null) {
      throw new OSError(ENOMEM, "Cannot allocate memory", {
        syscall: "calloc",
      });
    }
    this.#address = Deno.UnsafePointer.value(pointer);
    return this.#view = new this.#kind(
      Deno.UnsafePointerView.getArrayBuffer(pointer, this.#size),
    );
  }
}

/** Returns the address of a view's first byte. */
export function address_of(view: Uint8Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(view));
}

/** Returns a DataView of a struct, to read and write fields by offset. */
export function view_of(struct: Uint8Array): DataView {
  return new DataView(struct.buffer, struct.byteOffset, struct.byteLength);
}

/** Returns a C string: UTF-8 with its NUL. */
export function c_string(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text + "\0");
}

/** Returns the bytes before a NUL; all of them if there is none. */
export function until_nul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

/** Returns the text of a C string in a buffer. */
export function c_text(buffer: Uint8Array): string {
  return new TextDecoder().decode(until_nul(buffer));
}

/** Returns the text of the C string at an address. */
export function text_at(address: bigint): string {
  return text_of(Deno.UnsafePointer.create(address));
}

/** Returns the text of a C string that a call returned. */
export function text_of(pointer: Deno.PointerValue): string {
  return Deno.UnsafePointerView.getCString(pointer as Deno.PointerObject);
}

/** Returns a copy of the bytes at an address. */
export function bytes_at(
  address: bigint,
  size: number,
): Uint8Array<ArrayBuffer> {
  const pointer = Deno.UnsafePointer.create(address) as Deno.PointerObject;
  const bytes = new Uint8Array(size);
  new Deno.UnsafePointerView(pointer).copyInto(bytes);
  return bytes;
}

// Received bytes. A buffer of its own costs a result of 64 bytes 0.9 us in Deno, so short results
// are cut from a shared slab, as in Node's Buffer.

const SLAB_SIZE = 8192;
// The longest result from the slab: longer ones would waste its end.
const MOST_SHARED = 512;
// The largest bufsize for the shared buffer.
const LANDING_SIZE = 0x40000;

/** The most bytes that the kernel moves in one call: MAX_RW_COUNT of read(2). */
const MAX_RW_COUNT = 0x7ffff000;

/** The shared buffer for most results, each of which is copied out at once. */
export const landing: Pinned<Uint8Array<ArrayBuffer>> = new Pinned(
  Uint8Array<ArrayBuffer>,
  LANDING_SIZE,
);
let slab = new ArrayBuffer(SLAB_SIZE);
let used = 0;
// Both as 32-bit words: to copy byte by byte takes 0.8 ns a byte, most of the cost of a copy.
let slab_words = new Int32Array(slab);
let landing_words: Int32Array | undefined;

/**
 * Returns whether {@linkcode landing} fits a result.
 *
 * @param bufsize Bytes, not negative.
 * @param clean Whether it must be zeroed: with MSG_TRUNC the kernel counts bytes that it does not
 * write, which would leak an earlier result.
 */
export function may_land(bufsize: number, clean: boolean): boolean {
  return bufsize <= LANDING_SIZE && !clean;
}

/**
 * Returns a buffer to receive into, valid until the next call.
 *
 * @param bufsize Bytes, not negative.
 * @param clean As {@linkcode may_land} takes it.
 * @returns At least `bufsize` bytes, but no more than one call can receive.
 */
export function landing_for(
  bufsize: number,
  clean: boolean,
): Uint8Array<ArrayBuffer> {
  return may_land(bufsize, clean)
    ? landing.view
    : new Uint8Array(Math.min(bufsize, MAX_RW_COUNT));
}

/**
 * Copies received bytes out of the buffer.
 *
 * @param buffer From {@linkcode landing_for}.
 * @param length The number of bytes.
 */
export function taken(
  buffer: Uint8Array<ArrayBuffer>,
  length: number,
): Uint8Array<ArrayBuffer> {
  if (length > MOST_SHARED || length === 0 || buffer !== landing.view) {
    return copy(buffer, length);
  }
  if (used + length > SLAB_SIZE) renew();
  let bytes;
  try {
    // Half the price of subarray(), which looks up the species constructor.
    bytes = new Uint8Array(slab, used, length);
  } catch {
    // A caller transferred it.
    renew();
    bytes = new Uint8Array(slab, 0, length);
  }
  landing_words ??= new Int32Array(buffer_of(buffer));
  const start = used >> 2, words = (length + 3) >> 2;
  for (let i = 0; i < words; i++) slab_words[start + i] = landing_words[i]!;
  used += words << 2;
  return bytes;
}

/**
 * Copies bytes as {@linkcode taken} does, into a buffer of their own.
 *
 * V8 does not fill its memory with zeros first, as slice() has it do: 3 us of 17 for 64 KiB.
 */
export function copy(
  bytes: Uint8Array<ArrayBuffer>,
  length: number,
): Uint8Array<ArrayBuffer> {
  const part = new Uint8Array(buffer_of(bytes), offset_of(bytes), length);
  return new Uint8Array(part);
}

function renew(): void {
  slab = new ArrayBuffer(SLAB_SIZE);
  slab_words = new Int32Array(slab);
  used = 0;
}

/**
 * Returns a result with a buffer of its own, for callers that pass the buffer on.
 *
 * @param result From {@linkcode taken}.
 */
export function unshared(
  result: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const { length } = result;
  return length > MOST_SHARED ? result : copy(result, length);
}
