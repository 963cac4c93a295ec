/**
 * Where received bytes go.
 *
 * A fresh `Uint8Array` costs 1 us in Deno, a tenth of a request; so short results are
 * cut from a slab that they share, as Node's Buffer does, and long ones get their own.
 *
 * @module
 */

import { Pinned } from "../ffi/memory.ts";

const SLAB_SIZE = 8192;
// Longer results would leave too much of a slab behind when it runs out.
const MOST_SHARED = 512;
// A larger bufsize gets a buffer of its own.
const LANDING_SIZE = 0x40000;

/** The kernel moves no more at a time: MAX_RW_COUNT of read(2). */
const MAX_RW_COUNT = 0x7ffff000;

/** Where most results land, each for as long as it takes to copy them. */
export const landing: Pinned<Uint8Array<ArrayBuffer>> = new Pinned(
  new Uint8Array(LANDING_SIZE),
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
  if (length > MOST_SHARED || length === 0) return buffer.slice(0, length);
  // A slab that somebody transferred has no bytes left.
  if (used + length > slab.byteLength) {
    slab = new ArrayBuffer(SLAB_SIZE);
    used = 0;
  }
  // Half the price of subarray(), which looks for a subclass.
  const bytes = new Uint8Array(slab, used, length);
  used += length;
  for (let i = 0; i < length; i++) bytes[i] = buffer[i]!;
  return bytes;
}
