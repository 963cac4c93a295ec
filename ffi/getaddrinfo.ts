/**
 * getaddrinfo(3): walks libc's linked list and frees it.
 *
 * @module
 */

import { errno, libc } from "./libc.ts";
import { bytes_at, c_string, text_at, text_of, view_of } from "./memory.ts";

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
  const view = view_of(bytes);
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

/** One address that getaddrinfo(3) found. */
export interface ResolvedAddress {
  /** AF_INET, AF_INET6. */
  family: number;
  /** SOCK_STREAM, SOCK_DGRAM, SOCK_RAW. */
  socktype: number;
  /** IPPROTO_TCP, IPPROTO_UDP. */
  protocol: number;
  /** The canonical name, of the first result under AI_CANONNAME; else empty. */
  canonname: string;
  /** The `struct sockaddr`. */
  sockaddr: Uint8Array<ArrayBuffer>;
}

/** What getaddrinfo(3) returned. */
export interface Resolution {
  /** 0, or one of `EAI_*`. */
  error: number;
  /** The errno behind EAI_SYSTEM. */
  errno: number;
  /** None, if there is an error. */
  addresses: ResolvedAddress[];
}

/**
 * Resolves a name with libc's own resolver.
 *
 * @param node The host's name or number, `null` for the wildcard or loopback.
 * @param service The port's name or number, `null` for none.
 */
export function getaddrinfo(
  node: string | null,
  service: string | null,
  family: number,
  socktype: number,
  protocol: number,
  flags: number,
): Resolution {
  const head = new BigUint64Array(1);
  const error = libc.getaddrinfo(
    node === null ? null : c_string(node),
    service === null ? null : c_string(service),
    addrinfo_hints(flags, family, socktype, protocol),
    head,
  );
  if (error !== 0) return { error, errno: errno(), addresses: [] };
  return addresses_at(head[0]!);
}

/** What an `EAI_*` number means, in libc's words: gai_strerror(3). */
export function gai_strerror(error: number): string {
  return text_of(libc.gai_strerror(error));
}

/** Copies libc's linked list, and frees it. */
export function addresses_at(head: bigint): Resolution {
  const addresses: ResolvedAddress[] = [];
  try {
    for (let at = head; at !== 0n;) {
      const info = addrinfo_get(bytes_at(at, ADDRINFO_SIZE));
      addresses.push({
        family: info.family,
        socktype: info.socktype,
        protocol: info.protocol,
        canonname: info.canonname === 0n ? "" : text_at(info.canonname),
        sockaddr: bytes_at(info.addr, info.addrlen),
      });
      at = info.next;
    }
  } finally {
    libc.freeaddrinfo(Deno.UnsafePointer.create(head));
  }
  return { error: 0, errno: 0, addresses };
}
