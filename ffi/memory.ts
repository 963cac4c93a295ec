/**
 * Memory that libc and JavaScript share: views that stay in place, C strings, and the bytes
 * at an address.
 *
 * @module
 */

import { libc, open } from "./libc.ts";

/**
 * Memory that calls take by its address, which is looked up once.
 *
 * Private views only: transferring the buffer would leave a dangling address. Whoever keeps
 * this keeps the memory.
 */
export class Pinned<View extends Int32Array | Uint32Array | Uint8Array> {
  /** The memory. */
  readonly view: View;
  #address: bigint | undefined;

  /** Pins a view down. */
  constructor(view: View) {
    this.view = view;
  }

  /** The address. Looked up by the first call, as is the permission that it takes. */
  get address(): bigint {
    return this.#address ??= this.#look_up();
  }

  #look_up(): bigint {
    open();
    return address_of(this.view as Uint8Array<ArrayBuffer>);
  }
}

/**
 * Memory of libc's own, for what the kernel or another thread may still write when a worker
 * is terminated and its heap is gone. It is never freed.
 *
 * @param size Bytes, all 0.
 */
export function allocated(size: number): { address: bigint; view: DataView } {
  const pointer = libc.calloc(1n, BigInt(size)) as Deno.PointerObject;
  const buffer = Deno.UnsafePointerView.getArrayBuffer(pointer, size);
  return {
    address: Deno.UnsafePointer.value(pointer),
    view: new DataView(buffer),
  };
}

/** The address of a view's first byte. */
export function address_of(
  view: Uint8Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>,
): bigint {
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
