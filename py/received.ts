/**
 * Where received bytes go.
 *
 * Memory of its own costs a result of 64 bytes 0.9 us in Deno, half as much again as a send()
 * and a recv() of them. So short results are cut from a slab that they share, as Node's Buffer
 * does, and long ones get their own.
 *
 * @module
 */

import { Pinned, slice } from "../ffi/memory.ts";

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
