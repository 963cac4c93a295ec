/**
 * `struct msghdr` of recvmsg(2) and the `struct iovec` it points to, as they lie in
 * memory on a 64-bit Linux: as 64-bit words, whose upper halves are padding where the
 * field is an `int` or a `socklen_t`.
 *
 * @module
 */

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

/** Writes one `struct iovec` of an array. */
export function iovec_set(
  iov: BigUint64Array,
  index: number,
  part: Memory,
): void {
  iov[IOVEC_WORDS * index] = part.address;
  iov[IOVEC_WORDS * index + 1] = BigInt(part.length);
}
