/**
 * Messages with their number in every 8 bytes: bytes of an earlier message are recognized
 * anywhere.
 *
 * @module
 */

import { own_view } from "../../py/arguments.ts";

const TAG = [0xf1, 0xe2, 0xd3, 0xc4];
// As in guard.c: memory of malloc() that nothing has written.
const NEVER_WRITTEN = [0xd7, 0xc6, 0xb5, 0xa4];

/** Fills memory that a call may not write. */
export const MARK = 0x5a;

/** Makes a message: each 8 bytes have the tag, the number, and their position. */
export function message(
  number: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil(length / 8) * 8);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += 8) {
    bytes.set(TAG, at);
    view.setUint32(at + 4, (number << 12) | (at / 8 & 0xfff));
  }
  return bytes.subarray(0, length);
}

/**
 * Checks a received message.
 *
 * @param bytes The received bytes.
 * @param expected The sent bytes.
 */
export function check(bytes: Uint8Array, expected: Uint8Array): void {
  const differs = expected.findIndex((byte, index) => bytes[index] !== byte);
  // Not an Error: calls may throw errors.
  if (differs !== -1 || bytes.length !== expected.length) {
    throw `received ${bytes.length} bytes for ${expected.length}, other ones from ${differs}: ` +
      bytes.subarray(Math.max(differs, 0)).subarray(0, 16).join(" ");
  }
}

/** Checks that memory is still marked. */
export function check_marked(memory: Uint8Array): void {
  const written = memory.findIndex((byte) => byte !== MARK);
  if (written !== -1) throw `wrote outside its range, at ${written}`;
}

function has(bytes: Uint8Array, pattern: readonly number[]): boolean {
  const [first, second, third, fourth] = pattern;
  for (
    let at = bytes.indexOf(first!);
    at !== -1;
    at = bytes.indexOf(first!, at + 1)
  ) {
    if (
      bytes[at + 1] === second && bytes[at + 2] === third &&
      bytes[at + 3] === fourth
    ) return true;
  }
  return false;
}

/**
 * Checks that the result of another call has no bytes of a message, nor of memory that was never
 * written.
 *
 * @param result Any result: bytes, or a list with bytes.
 */
export function check_fresh(result: unknown): void {
  if (Array.isArray(result)) return result.forEach(check_fresh);
  if (!ArrayBuffer.isView(result)) return;
  let bytes;
  try {
    bytes = own_view(result, "result");
  } catch {
    // The caller's buffer, detached or with a wrong length.
    return;
  }
  if (has(bytes, TAG)) throw "has bytes of an earlier message";
  if (has(bytes, NEVER_WRITTEN)) throw "has bytes that were never written";
}
