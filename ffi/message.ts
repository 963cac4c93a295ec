/**
 * Points a `struct msghdr` at buffers for the length of a call.
 *
 * @module
 */

import {
  iovec_set,
  IOVEC_WORDS,
  type Memory,
  msghdr_set,
  MSGHDR_WORDS,
} from "./msghdr.ts";

// UIO_MAXIOV: with more parts the kernel says EMSGSIZE before it looks at any.
const MOST_PARTS = 1024;

const NOWHERE: Memory = { address: 0n, length: 0 };

// One call at a time: both are written anew for each. Made by the first.
let msghdr: BigUint64Array<ArrayBuffer>;
let iov: BigUint64Array<ArrayBuffer>;
let iov_address = 0n;

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
  if (iov_address === 0n) {
    msghdr = new BigUint64Array(MSGHDR_WORDS);
    iov = new BigUint64Array(IOVEC_WORDS * MOST_PARTS);
    iov_address = memory_of(iov).address;
  }
  pointed_at.now = [name, parts, control];
  try {
    const count = Math.min(parts.length, MOST_PARTS);
    for (let i = 0; i < count; i++) iovec_set(iov, i, memory_of(parts[i]!));
    const where = name === null ? NOWHERE : memory_of(name);
    const vector = { address: iov_address, length: parts.length };
    const ancillary = control === null ? NOWHERE : memory_of(control);
    const reset = () => msghdr_set(msghdr, where, vector, ancillary);
    reset();
    return call(msghdr, reset);
  } finally {
    pointed_at.now = null;
  }
}

/**
 * Where a view's bytes are: nowhere, if its buffer was detached or shrunk below it.
 *
 * @param view A view that we made: what it says of its length is true.
 */
function memory_of(
  view: Uint8Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>,
): Memory {
  const length = view.byteLength;
  if (length === 0) return NOWHERE;
  const pointer = Deno.UnsafePointer.of(view);
  return { address: Deno.UnsafePointer.value(pointer), length };
}
