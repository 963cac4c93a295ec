/**
 * Reads the memory that a call was given, as a buffer or as an address.
 *
 * @module
 */

import { c_text, text_at } from "./memory.ts";

// Reused: a result of peek() is valid until the next peek().
let copy = new BigUint64Array(64);

/**
 * Reads memory of a call that this thread has just made, or is about to make.
 *
 * @param memory A buffer, the address of one, or NULL (`null`, `0n`).
 * @param length The number of bytes to read; at most the length of a buffer.
 * @returns The bytes, aligned for words; valid until the next call. Empty for NULL.
 */
export function peek(memory: unknown, length: number): Uint8Array<ArrayBuffer> {
  if (copy.byteLength < length) {
    copy = new BigUint64Array(Math.ceil(length / 8));
  }
  if (typeof memory === "bigint" && memory !== 0n) {
    const into = new Uint8Array(copy.buffer, 0, length);
    const pointer = Deno.UnsafePointer.create(memory);
    if (length > 0) Deno.UnsafePointerView.copyInto(pointer!, into);
    return into;
  }
  if (!ArrayBuffer.isView(memory)) return new Uint8Array(0);
  const { buffer, byteOffset, byteLength } = memory;
  const bytes = new Uint8Array(
    buffer,
    byteOffset,
    Math.min(length, byteLength),
  );
  const into = new Uint8Array(copy.buffer, 0, bytes.length);
  into.set(bytes);
  return into;
}

// Views by length: making a view costs more than copying the bytes.
const beginnings: Uint8Array<ArrayBuffer>[] = [];
const codes: number[] = [];

/**
 * Reads a few bytes as {@linkcode peek} does, into a string with one character for each byte: a
 * fifth of the price of a Uint8Array.
 */
export function peek_latin1(memory: unknown, length: number): string {
  let bytes: Uint8Array;
  if (memory instanceof Uint8Array) bytes = memory;
  else if (typeof memory === "bigint" && memory !== 0n && length > 0) {
    bytes = beginnings[length] ??= new Uint8Array(length);
    const pointer = Deno.UnsafePointer.create(memory);
    Deno.UnsafePointerView.copyInto(pointer!, bytes as Uint8Array<ArrayBuffer>);
  } else bytes = peek(memory, length);
  codes.length = Math.min(length, bytes.length);
  for (let i = 0; i < codes.length; i++) codes[i] = bytes[i]!;
  return String.fromCharCode.apply(null, codes);
}

/** Reads memory as {@linkcode peek} does, as 32-bit words. */
export function peek_words(
  memory: unknown,
  words: number,
): Int32Array<ArrayBuffer> {
  const { buffer, length } = peek(memory, 4 * words);
  return new Int32Array(buffer, 0, length >> 2);
}

/** Reads a C string, from a buffer at most `most` bytes; empty for NULL. */
export function peek_string(memory: unknown, most: number): string {
  // Only the NUL marks its end.
  if (typeof memory === "bigint") return memory === 0n ? "" : text_at(memory);
  return c_text(peek(memory, most));
}
