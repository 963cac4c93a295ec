/**
 * `struct addrinfo` of getaddrinfo(3), as it lies in memory on a 64-bit Linux.
 *
 * @module
 */

/** Bytes in a `struct addrinfo`. */
export const ADDRINFO_SIZE = 48;

/** The fields of a `struct addrinfo`; pointers are addresses, 0 for NULL. */
export interface Addrinfo {
  /** `ai_family`. */
  family: number;
  /** `ai_socktype`. */
  socktype: number;
  /** `ai_protocol`. */
  protocol: number;
  /** `ai_addrlen`: bytes at `addr`. */
  addrlen: number;
  /** `ai_addr`. */
  addr: bigint;
  /** `ai_canonname`. */
  canonname: bigint;
  /** `ai_next`. */
  next: bigint;
}

/** Makes the `hints` of getaddrinfo(3). */
export function addrinfo_hints(
  flags: number,
  family: number,
  socktype: number,
  protocol: number,
): Uint8Array<ArrayBuffer> {
  const hints = new Int32Array(ADDRINFO_SIZE / 4);
  hints.set([flags, family, socktype, protocol]);
  return new Uint8Array(hints.buffer);
}

/** Reads a `struct addrinfo`. */
export function addrinfo_get(bytes: Uint8Array): Addrinfo {
  const view = new DataView(bytes.buffer, bytes.byteOffset, ADDRINFO_SIZE);
  return {
    family: view.getInt32(4, true),
    socktype: view.getInt32(8, true),
    protocol: view.getInt32(12, true),
    addrlen: view.getUint32(16, true),
    addr: view.getBigUint64(24, true),
    canonname: view.getBigUint64(32, true),
    next: view.getBigUint64(40, true),
  };
}
