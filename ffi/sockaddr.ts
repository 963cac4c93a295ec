/**
 * `struct sockaddr` of bind(2), in its forms for AF_INET (ip(7)), AF_INET6 (ipv6(7))
 * and AF_UNIX (unix(7)): pure functions between the fields and the bytes.
 *
 * `sa_family` is in the machine's byte order, ports and flow labels in the network's.
 *
 * @module
 */

import { Pinned, view_of } from "./memory.ts";

/** Bytes in a `struct sockaddr_storage`, which holds any address. */
export const SOCKADDR_STORAGE_SIZE = 128;
/** Bytes in a `struct sockaddr_in`. */
export const SOCKADDR_IN_SIZE = 16;
/** Bytes in a `struct sockaddr_in6`. */
export const SOCKADDR_IN6_SIZE = 28;
/** Bytes of a path that a `struct sockaddr_un` has room for. */
export const SUN_PATH_SIZE = 108;
/** Where `sun_path` begins. */
export const SUN_PATH_OFFSET = 2;

/** Where every call writes an address: it is to be read before the next call. */
export const addr: Pinned<Uint8Array<ArrayBuffer>> = new Pinned(
  Uint8Array<ArrayBuffer>,
  SOCKADDR_STORAGE_SIZE,
);
/** How long that is: the room before a call, the address's own length after it. */
export const addrlen: Pinned<Uint32Array<ArrayBuffer>> = new Pinned(
  Uint32Array<ArrayBuffer>,
  1,
);

/** The family, `sa_family`. */
export function sockaddr_family(sockaddr: Uint8Array): number {
  return sockaddr[0]! | (sockaddr[1]! << 8);
}

/** The port of a `sockaddr_in` or `sockaddr_in6`: both have it at byte 2. */
export function sockaddr_port(sockaddr: Uint8Array): number {
  return (sockaddr[2]! << 8) | sockaddr[3]!;
}

/** Writes the port of a `sockaddr_in` or `sockaddr_in6`. */
export function sockaddr_set_port(sockaddr: Uint8Array, port: number): void {
  sockaddr[2] = port >>> 8;
  sockaddr[3] = port;
}

/**
 * Makes a `struct sockaddr_in`.
 *
 * @param family AF_INET.
 * @param address `in_addr`: 4 bytes, network order.
 * @param port 0 to 65535.
 */
export function sockaddr_in(
  family: number,
  address: Uint8Array,
  port: number,
): Uint8Array<ArrayBuffer> {
  const sockaddr = new Uint8Array(SOCKADDR_IN_SIZE);
  sockaddr[0] = family;
  sockaddr_set_port(sockaddr, port);
  sockaddr.set(address, 4);
  return sockaddr;
}

/** The `in_addr` of a `sockaddr_in`. */
export function sockaddr_in_address(
  sockaddr: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(sockaddr.subarray(4, 8));
}

/** The `in_addr` of a `sockaddr_in`, as text: `127.0.0.1`. */
export function sockaddr_in_text(sockaddr: Uint8Array): string {
  const [a, b, c, d] = [sockaddr[4]!, sockaddr[5]!, sockaddr[6]!, sockaddr[7]!];
  const address = (a << 24) | (b << 16) | (c << 8) | d;
  if (address !== last) {
    last = address;
    last_text = `${a}.${b}.${c}.${d}`;
  }
  return last_text;
}

// Clients often come from one host: to make its text anew, and keep it, costs each 0.2 us.
let last = 0;
let last_text = "0.0.0.0";

/**
 * Makes a `struct sockaddr_in6`.
 *
 * @param family AF_INET6.
 * @param address `in6_addr`: 16 bytes, network order.
 * @param port 0 to 65535.
 * @param flowinfo 0 to 0xfffff.
 * @param scope_id The interface's index, of a link-local address.
 */
export function sockaddr_in6(
  family: number,
  address: Uint8Array,
  port: number,
  flowinfo: number,
  scope_id: number,
): Uint8Array<ArrayBuffer> {
  const sockaddr = new Uint8Array(SOCKADDR_IN6_SIZE);
  const view = view_of(sockaddr);
  sockaddr[0] = family;
  sockaddr_set_port(sockaddr, port);
  view.setUint32(4, flowinfo, false);
  sockaddr.set(address, 8);
  view.setUint32(24, scope_id, true);
  return sockaddr;
}

/** The fields of a `sockaddr_in6` but for family and port. */
export function sockaddr_in6_fields(
  sockaddr: Uint8Array,
): { address: Uint8Array<ArrayBuffer>; flowinfo: number; scope_id: number } {
  const view = view_of(sockaddr);
  return {
    address: new Uint8Array(sockaddr.subarray(8, 24)),
    flowinfo: view.getUint32(4, false),
    scope_id: view.getUint32(24, true),
  };
}

/**
 * Makes a `struct sockaddr_un`.
 *
 * @param family AF_UNIX.
 * @param path At most 108 bytes if it begins with NUL (an abstract name), else 107;
 * empty for the kernel to choose a name.
 */
export function sockaddr_un(
  family: number,
  path: Uint8Array,
): Uint8Array<ArrayBuffer> {
  // A path ends with NUL; an abstract name is as long as addrlen says, and of no
  // length at all the kernel chooses one (autobind).
  const abstract = path.length === 0 || path[0] === 0;
  const size = SUN_PATH_OFFSET + path.length + (abstract ? 0 : 1);
  const sockaddr = new Uint8Array(size);
  sockaddr[0] = family;
  sockaddr.set(path, SUN_PATH_OFFSET);
  return sockaddr;
}

/**
 * The name in a `sockaddr_un`.
 *
 * @param sockaddr The bytes.
 * @param addrlen How many of them the kernel filled.
 * @returns The path without its NUL, an abstract name with its leading one; empty when unnamed.
 */
export function sockaddr_un_path(
  sockaddr: Uint8Array,
  addrlen: number,
): Uint8Array<ArrayBuffer> {
  if (addrlen <= SUN_PATH_OFFSET) return new Uint8Array(0);
  const path = sockaddr.slice(SUN_PATH_OFFSET, addrlen);
  if (path[0] === 0) return path;
  const end = path.indexOf(0);
  return end === -1 ? path : path.subarray(0, end);
}
