/**
 * Memory that libc and JavaScript share: views that stay in place, C strings, the bytes at an
 * address, and the buffers that bytes are received into.
 *
 * @module
 */

import { ENOMEM } from "./errno.ts";
import { libc } from "./libc.ts";
import { OSError } from "./os_error.ts";

/** A method or a getter of the engine's as a function, whatever its prototype has later. */
function captured<This, Result>(
  method: unknown,
): (self: This, ...args: number[]) => Result {
  return Function.prototype.call.bind(method as () => Result);
}

const typed_array = Object.getPrototypeOf(Uint8Array.prototype);
const getter = (name: string) =>
  Object.getOwnPropertyDescriptor(typed_array, name)!.get!;

/** The bytes that a view really has: 0 once its buffer is detached. */
export const length_of: (view: ArrayBufferView) => number = captured(
  getter("byteLength"),
);
/** Where a view begins in its buffer. */
export const offset_of: (view: ArrayBufferView) => number = captured(
  getter("byteOffset"),
);
/** A view's buffer. */
export const buffer_of: (view: ArrayBufferView) => ArrayBuffer = captured(
  getter("buffer"),
);
/** A copy of the bytes up to an index. */
export const slice: (
  bytes: Uint8Array,
  start: number,
  end: number,
) => Uint8Array<ArrayBuffer> = captured(typed_array.slice);

/** A typed array that a call is given the address of. */
type Words = Int32Array | Uint32Array | BigUint64Array | Uint8Array;

/**
 * Memory that calls take by its address: libc's own, and never freed.
 *
 * So the address is good whatever becomes of the view, whose buffer may be transferred, and of
 * this heap, which a worker loses while a call of its own still waits.
 */
export class Pinned<View extends Words> {
  readonly #kind: new (buffer: ArrayBuffer) => View;
  readonly #size: number;
  #view: View | undefined;
  #address = 0n;

  /**
   * Asks for memory, which the first use gets, all zeros.
   *
   * @param kind The class of its view.
   * @param length How many of the view's elements.
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

/** The address of a view's first byte. */
export function address_of(view: Uint8Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(view));
}

/** The fields of a struct, to be read and written by their offsets. */
export function view_of(struct: Uint8Array): DataView {
  return new DataView(struct.buffer, struct.byteOffset, struct.byteLength);
}

/** A C string: UTF-8 with its NUL. */
export function c_string(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text + "\0");
}

/** The text of a C string in a buffer that libc has filled. */
export function c_text(buffer: Uint8Array): string {
  return new TextDecoder().decode(buffer.subarray(0, buffer.indexOf(0)));
}

/** The C string at an address. */
export function text_at(address: bigint): string {
  return text_of(Deno.UnsafePointer.create(address));
}

/** The C string that a call has returned. */
export function text_of(pointer: Deno.PointerValue): string {
  return Deno.UnsafePointerView.getCString(pointer as Deno.PointerObject);
}

/** A copy of the bytes at an address. */
export function bytes_at(
  address: bigint,
  size: number,
): Uint8Array<ArrayBuffer> {
  const pointer = Deno.UnsafePointer.create(address) as Deno.PointerObject;
  const bytes = new Uint8Array(size);
  new Deno.UnsafePointerView(pointer).copyInto(bytes);
  return bytes;
}

const SLAB_SIZE = 8192;
// Longer results would leave too much of a slab behind when it runs out.
const MOST_SHARED = 512;
// A larger bufsize gets a buffer of its own.
const LANDING_SIZE = 0x40000;

/** The kernel moves no more at a time: MAX_RW_COUNT of read(2). */
const MAX_RW_COUNT = 0x7ffff000;

/** Where most results land, each for as long as it takes to copy them. */
export const landing: Pinned<Uint8Array<ArrayBuffer>> = new Pinned(
  Uint8Array<ArrayBuffer>,
  LANDING_SIZE,
);
let slab = new ArrayBuffer(SLAB_SIZE);
let used = 0;

/**
 * Whether a result may land in {@linkcode landing}.
 *
 * @param bufsize Bytes, not negative.
 * @param clean Whether it must be all zeros: with MSG_TRUNC the kernel counts bytes that
 * it does not write, and those must not be an earlier call's.
 */
export function may_land(bufsize: number, clean: boolean): boolean {
  return bufsize <= LANDING_SIZE && !clean;
}

/**
 * A buffer to receive into, until the next call.
 *
 * @param bufsize Bytes, not negative.
 * @param clean As {@linkcode may_land} takes it.
 * @returns One of at least as many, or as many as the kernel moves at a time.
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
 * What was received, to keep.
 *
 * @param buffer From {@linkcode landing_for}.
 * @param length How many bytes of it.
 */
export function taken(
  buffer: Uint8Array<ArrayBuffer>,
  length: number,
): Uint8Array<ArrayBuffer> {
  if (length > MOST_SHARED || length === 0) return slice(buffer, 0, length);
  const bytes = cut(length);
  for (let i = 0; i < length; i++) bytes[i] = buffer[i]!;
  return bytes;
}

/** Cuts a piece from the slab. Its size is not asked: a caller may have redefined it. */
function cut(length: number): Uint8Array<ArrayBuffer> {
  if (used + length > SLAB_SIZE) renew();
  let bytes;
  try {
    // Half the price of subarray(), which looks for a subclass.
    bytes = new Uint8Array(slab, used, length);
  } catch {
    // A caller transferred it.
    renew();
    bytes = new Uint8Array(slab, 0, length);
  }
  used += length;
  return bytes;
}

function renew(): void {
  slab = new ArrayBuffer(SLAB_SIZE);
  used = 0;
}

/**
 * A result that shares its buffer with none: for what takes the whole buffer, or hands it on.
 *
 * @param result From {@linkcode taken}.
 */
export function unshared(
  result: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const { length } = result;
  return length > MOST_SHARED ? result : slice(result, 0, length);
}
