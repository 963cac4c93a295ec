/**
 * `struct msghdr` of recvmsg(2), the `struct iovec` and the `struct cmsghdr` it points to,
 * as they lie in memory on a 64-bit Linux. The first two are read as 64-bit words, whose
 * upper halves are padding where the field is an `int` or a `socklen_t`; the third is
 * `size_t cmsg_len; int cmsg_level; int cmsg_type`, then data padded to 8 bytes: cmsg(3).
 *
 * @module
 */

import { address_of, length_of, Pinned, view_of } from "./memory.ts";

/** 64-bit words in a `struct msghdr`. */
export const MSGHDR_WORDS = 7;
/** 64-bit words in a `struct iovec`. */
export const IOVEC_WORDS = 2;

/** A piece of memory: where it is, 0 for NULL, and its bytes. */
export interface Memory {
  /** The address. */
  readonly address: bigint;
  /** How many bytes, or how many `struct iovec`. */
  readonly length: number;
}

/**
 * Writes a `struct msghdr`, with no flags returned yet.
 *
 * @param msghdr Its words.
 * @param name Where the address is or goes.
 * @param iov The array of `struct iovec`; its length counts them.
 * @param control Where the ancillary messages are or go.
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

/** `msg_namelen`: the bytes of the address. */
export function msghdr_namelen(msghdr: BigUint64Array): number {
  return Number(msghdr[1]! & 0xffffffffn);
}

/** `msg_controllen`: the bytes of the ancillary messages. */
export function msghdr_controllen(msghdr: BigUint64Array): number {
  return Number(msghdr[5]!);
}

/** `msg_flags`: what the kernel says of the message. */
export function msghdr_flags(msghdr: BigUint64Array): number {
  return Number(msghdr[6]! & 0xffffffffn);
}

/** `msg_iov`: where the array of `struct iovec` is, and how many it has. */
export function msghdr_iov(msghdr: BigUint64Array): Memory {
  return { address: msghdr[2]!, length: Number(msghdr[3]!) };
}

/** The fields of one `struct iovec` of an array. */
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

/** A length with its padding: `CMSG_ALIGN`. Not by bits, which would end at 2^31. */
function aligned(length: number): number {
  return Math.ceil(length / 8) * 8;
}

/** What `cmsg_len` says of so many bytes of data: the head and the data, not the padding. */
export function cmsg_len(length: number): number {
  return CMSGHDR_SIZE + length;
}

/** How many bytes a message with so many bytes of data takes, with its padding. */
export function cmsg_space(length: number): number {
  return CMSGHDR_SIZE + aligned(length);
}

/** Writes messages one behind the other, the padding zero. */
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
 * @param control What the kernel filled in.
 * @param controllen How many bytes of it.
 * @returns The messages, their data copied; of one that was cut off, what is there.
 */
export function cmsgs_read(control: Uint8Array, controllen: number): Cmsg[] {
  const view = view_of(control);
  const end = Math.min(controllen, control.length);
  const messages: Cmsg[] = [];
  for (let at = 0; at + CMSGHDR_SIZE <= end;) {
    const length = Number(view.getBigUint64(at, true));
    // Not even its own head: nothing behind it can be found.
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

// UIO_MAXIOV: with more parts the kernel says EMSGSIZE before it looks at any.
const MOST_PARTS = 1024;

const NOWHERE: Memory = { address: 0n, length: 0 };

// One call at a time: both are written anew for each.
const msghdr = new Pinned(BigUint64Array<ArrayBuffer>, MSGHDR_WORDS);
const iov = new Pinned(BigUint64Array<ArrayBuffer>, IOVEC_WORDS * MOST_PARTS);

// Memory that is only pointed at is garbage to the engine: this keeps it.
const pointed_at: { now: unknown } = { now: null };

/**
 * Calls sendmsg(2) or recvmsg(2) with pointers to buffers.
 *
 * @param name The address, or room for one; `null` for none.
 * @param parts The data, or room for it.
 * @param control The ancillary messages, or room for them; `null` for none.
 * @param call Makes the call, in as many attempts as it takes. No code but ours may run
 * meanwhile: it could detach what is pointed at. `reset` writes the msghdr anew.
 * @returns What the call returned.
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
 * Where a view's bytes are: nowhere, if its buffer was detached or shrunk below it.
 *
 * @param view A view that we made: what it says of its length is true.
 */
function memory_of(view: Uint8Array<ArrayBuffer>): Memory {
  const length = length_of(view);
  if (length === 0) return NOWHERE;
  return { address: address_of(view), length };
}
