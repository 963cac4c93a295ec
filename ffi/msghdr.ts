/**
 * `struct msghdr` of recvmsg(2), the `struct iovec` and the `struct cmsghdr` it points to, as
 * 64-bit Linux lays them out. The first two are read as 64-bit words; the upper half is padding
 * where the field is an `int` or a `socklen_t`. The third is
 * `size_t cmsg_len; int cmsg_level; int cmsg_type`, then data padded to 8 bytes: cmsg(3).
 *
 * @module
 */

import { address_of, length_of, Pinned, view_of } from "./memory.ts";

/** 64-bit words in a `struct msghdr`. */
export const MSGHDR_WORDS = 7;
/** 64-bit words in a `struct iovec`. */
export const IOVEC_WORDS = 2;

/** A piece of memory. */
export interface Memory {
  /** The address. */
  readonly address: bigint;
  /** The number of bytes, or of `struct iovec`. */
  readonly length: number;
}

/**
 * Writes a `struct msghdr`, with no flags returned yet.
 *
 * @param msghdr Its words.
 * @param name The address, or the buffer for it.
 * @param iov The array of `struct iovec`; its length counts them.
 * @param control The ancillary messages, or the buffer for them.
 */
export function msghdr_set(
  msghdr: BigUint64Array,
  name: Memory,
  iov: Memory,
  control: Memory,
): void {
  msghdr[0] = name.address;
  msghdr[1] = BigInt(name.length);
  msghdr[2] = iov.address;
  msghdr[3] = BigInt(iov.length);
  msghdr[4] = control.address;
  msghdr[5] = BigInt(control.length);
  msghdr[6] = 0n;
}

/** Returns `msg_namelen`: the bytes of the address. */
export function msghdr_namelen(msghdr: BigUint64Array): number {
  return Number(msghdr[1]! & 0xffffffffn);
}

/** Returns `msg_controllen`: the bytes of the ancillary messages. */
export function msghdr_controllen(msghdr: BigUint64Array): number {
  return Number(msghdr[5]!);
}

/** Returns `msg_flags`: the flags that the kernel returned. */
export function msghdr_flags(msghdr: BigUint64Array): number {
  return Number(msghdr[6]! & 0xffffffffn);
}

/** Returns `msg_iov` and `msg_iovlen`: the array of `struct iovec`. */
export function msghdr_iov(msghdr: BigUint64Array): Memory {
  return { address: msghdr[2]!, length: Number(msghdr[3]!) };
}

/** Returns the fields of one `struct iovec` of an array. */
export function iovec_fields(iov: BigUint64Array, index: number): Memory {
  const word = IOVEC_WORDS * index;
  return { address: iov[word]!, length: Number(iov[word + 1]!) };
}

/** Writes one `struct iovec` of an array. */
export function iovec_set(
  iov: BigUint64Array,
  index: number,
  part: Memory,
): void {
  iov[IOVEC_WORDS * index] = part.address;
  iov[IOVEC_WORDS * index + 1] = BigInt(part.length);
}

/** Bytes in a `struct cmsghdr`. */
export const CMSGHDR_SIZE = 16;

/** An ancillary message. */
export type Cmsg = [
  level: number,
  type: number,
  data: Uint8Array<ArrayBuffer>,
];

/** Rounds a length up to 8: `CMSG_ALIGN`. Bit operations would fail from 2^31 on. */
function aligned(length: number): number {
  return Math.ceil(length / 8) * 8;
}

/**
 * Returns `cmsg_len`: header and data, without the padding.
 */
export function cmsg_len(length: number): number {
  return CMSGHDR_SIZE + length;
}

/** Returns the bytes that a message takes, padding included. */
export function cmsg_space(length: number): number {
  return CMSGHDR_SIZE + aligned(length);
}

/** Writes messages one after another, with zeros as padding. */
export function cmsgs_write(
  messages: readonly Readonly<Cmsg>[],
): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const [, , data] of messages) size += cmsg_space(data.length);
  const control = new Uint8Array(size);
  const view = view_of(control);
  let at = 0;
  for (const [level, type, data] of messages) {
    view.setBigUint64(at, BigInt(cmsg_len(data.length)), true);
    view.setInt32(at + 8, level, true);
    view.setInt32(at + 12, type, true);
    control.set(data, at + CMSGHDR_SIZE);
    at += cmsg_space(data.length);
  }
  return control;
}

/** Makes a `struct af_alg_iv`, the data of ALG_SET_IV: a length, then the vector. */
export function af_alg_iv(vector: Uint8Array): Uint8Array<ArrayBuffer> {
  const struct = new Uint8Array(4 + vector.length);
  view_of(struct).setUint32(0, vector.length, true);
  struct.set(vector, 4);
  return struct;
}

/**
 * Reads messages.
 *
 * @param control The bytes from the kernel.
 * @param controllen The number of bytes.
 * @returns The messages, with copies of their data; the last one may be truncated.
 */
export function cmsgs_read(control: Uint8Array, controllen: number): Cmsg[] {
  const view = view_of(control);
  const end = Math.min(controllen, control.length);
  const messages: Cmsg[] = [];
  for (let at = 0; at + CMSGHDR_SIZE <= end;) {
    const length = Number(view.getBigUint64(at, true));
    // Shorter than its header: the next message cannot be found.
    if (length < CMSGHDR_SIZE) break;
    const data = control.slice(at + CMSGHDR_SIZE, Math.min(at + length, end));
    messages.push([
      view.getInt32(at + 8, true),
      view.getInt32(at + 12, true),
      data as Uint8Array<ArrayBuffer>,
    ]);
    at += aligned(length);
  }
  return messages;
}

// UIO_MAXIOV: with more parts the kernel fails with EMSGSIZE before it reads any.
const MOST_PARTS = 1024;

const NOWHERE: Memory = { address: 0n, length: 0 };

// Reused: calls do not overlap.
const msghdr = new Pinned(BigUint64Array<ArrayBuffer>, MSGHDR_WORDS);
const iov = new Pinned(BigUint64Array<ArrayBuffer>, IOVEC_WORDS * MOST_PARTS);

// The garbage collector does not see addresses: this keeps the buffers alive.
const pointed_at: { now: unknown } = { now: null };

/**
 * Calls sendmsg(2) or recvmsg(2) with pointers to buffers.
 *
 * @param name The address, or the buffer for one; `null` for none.
 * @param parts The data, or the buffers for it.
 * @param control The ancillary messages, or the buffer for them; `null` for none.
 * @param call Makes the call, and repeats it as needed. It must not run caller code, which could
 * detach a buffer. `reset` rewrites the msghdr.
 * @returns The result of the call.
 */
export function with_msghdr(
  name: Uint8Array<ArrayBuffer> | null,
  parts: readonly Uint8Array<ArrayBuffer>[],
  control: Uint8Array<ArrayBuffer> | null,
  call: (msghdr: BigUint64Array<ArrayBuffer>, reset: () => void) => number,
): number {
  pointed_at.now = [name, parts, control];
  try {
    const count = Math.min(parts.length, MOST_PARTS);
    for (let i = 0; i < count; i++) {
      iovec_set(iov.view, i, memory_of(parts[i]!));
    }
    const where = name === null ? NOWHERE : memory_of(name);
    const vector = { address: iov.address, length: parts.length };
    const ancillary = control === null ? NOWHERE : memory_of(control);
    const reset = () => msghdr_set(msghdr.view, where, vector, ancillary);
    reset();
    return call(msghdr.view, reset);
  } finally {
    pointed_at.now = null;
  }
}

/**
 * Returns the memory of a view: none if its buffer was detached or shrunk.
 *
 * @param view A private view, whose length a caller cannot redefine.
 */
function memory_of(view: Uint8Array<ArrayBuffer>): Memory {
  const length = length_of(view);
  if (length === 0) return NOWHERE;
  return { address: address_of(view), length };
}
