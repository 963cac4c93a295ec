import { EAFNOSUPPORT } from "../../ffi/errno.ts";
import { libc } from "../../ffi/libc.ts";
import { c_string, c_text } from "../../ffi/memory.ts";
import { os_error } from "../../ffi/syscall.ts";
import { bytes, type BytesLike, int, length_of, text } from "../arguments.ts";
import { OSError, ValueError } from "../exceptions.ts";
import { AF_INET, AF_INET6 } from "./constants.ts";

function swap16(value: number, name: string): number {
  const x = int(value, name, 0, 0xffff);
  return (x << 8 | x >>> 8) & 0xffff;
}

function swap32(value: number, name: string): number {
  const x = int(value, name, 0, 0xffffffff);
  return (x << 24 | x << 8 & 0xff0000 | x >>> 8 & 0xff00 | x >>> 24) >>> 0;
}

/**
 * Turns 16 bits from the host's byte order into the network's: byteorder(3).
 *
 * @param x 0 to 65535.
 * @returns The number with its bytes swapped: both architectures are little-endian.
 * @throws {OverflowError} If it does not fit.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(socket.htons(0x1234), 0x3412);
 * ```
 */
export function htons(x: number): number {
  return swap16(x, "htons: argument");
}

/**
 * Turns 16 bits from the network's byte order into the host's: byteorder(3).
 *
 * @param x 0 to 65535.
 * @returns The number with its bytes swapped.
 * @throws {OverflowError} If it does not fit.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(socket.ntohs(socket.htons(80)), 80);
 * ```
 */
export function ntohs(x: number): number {
  return swap16(x, "ntohs: argument");
}

/**
 * Turns 32 bits from the host's byte order into the network's: byteorder(3).
 *
 * @param x 0 to 4294967295.
 * @returns The number with its bytes swapped.
 * @throws {OverflowError} If it does not fit.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(socket.htonl(0x12345678), 0x78563412);
 * ```
 */
export function htonl(x: number): number {
  return swap32(x, "htonl: argument");
}

/**
 * Turns 32 bits from the network's byte order into the host's: byteorder(3).
 *
 * @param x 0 to 4294967295.
 * @returns The number with its bytes swapped.
 * @throws {OverflowError} If it does not fit.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(socket.ntohl(socket.htonl(0xfffffffe)), 0xfffffffe);
 * ```
 */
export function ntohl(x: number): number {
  return swap32(x, "ntohl: argument");
}

// INET6_ADDRSTRLEN: the longest address in text, with its NUL.
const INET6_ADDRSTRLEN = 46;

function address_size(family: number): number {
  if (family === AF_INET) return 4;
  if (family === AF_INET6) return 16;
  throw os_error(EAFNOSUPPORT, {});
}

/**
 * Reads an address in text into bytes: Python's `socket.inet_pton`, inet_pton(3).
 *
 * @param address_family AF_INET or AF_INET6.
 * @param ip_string Such as `127.0.0.1` or `::1`.
 * @returns 4 or 16 bytes, network order.
 * @throws {OSError} If the text is no such address (no errno), or the family another (EAFNOSUPPORT).
 * @throws {TypeError} If the text is no string.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   socket.inet_pton(socket.AF_INET, "127.0.0.1"),
 *   new Uint8Array([127, 0, 0, 1]),
 * );
 * ```
 */
export function inet_pton(
  address_family: number,
  ip_string: string,
): Uint8Array<ArrayBuffer> {
  const family = int(address_family, "address_family");
  const string = text(ip_string, "ip_string");
  const packed = new Uint8Array(address_size(family));
  if (libc.inet_pton(family, c_string(string), packed) !== 1) {
    throw new OSError("illegal IP address string passed to inet_pton");
  }
  return packed;
}

/**
 * Writes an address as text: Python's `socket.inet_ntop`, inet_ntop(3).
 *
 * @param address_family AF_INET or AF_INET6.
 * @param packed_ip 4 or 16 bytes, network order.
 * @returns Such as `127.0.0.1` or `::1`.
 * @throws {ValueError} If the bytes are too few or too many, or the family is another.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const packed = socket.inet_pton(socket.AF_INET6, "0:0::1");
 * assertEquals(socket.inet_ntop(socket.AF_INET6, packed), "::1");
 * ```
 */
export function inet_ntop(
  address_family: number,
  packed_ip: BytesLike,
): string {
  const family = int(address_family, "address_family");
  const packed = bytes(packed_ip, "packed_ip");
  if (family !== AF_INET && family !== AF_INET6) {
    throw new ValueError(`unknown address family ${family}`);
  }
  if (length_of(packed) !== address_size(family)) {
    throw new ValueError("invalid length of packed IP address string");
  }
  const string = new Uint8Array(INET6_ADDRSTRLEN);
  libc.inet_ntop(family, packed, string, INET6_ADDRSTRLEN);
  return c_text(string);
}

/**
 * Reads an IPv4 address in any of its old forms: Python's `socket.inet_aton`, inet_aton(3).
 *
 * @param ip_string Such as `127.0.0.1`, `127.1` or `0x7f000001`.
 * @returns 4 bytes, network order.
 * @throws {OSError} If the text is no such address (no errno).
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(socket.inet_aton("127.1"), new Uint8Array([127, 0, 0, 1]));
 * ```
 */
export function inet_aton(ip_string: string): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(4);
  const string = text(ip_string, "ip_string");
  // inet_aton(3) takes what follows a space for a comment.
  if (/\s/.test(string) || libc.inet_aton(c_string(string), packed) === 0) {
    throw new OSError("illegal IP address string passed to inet_aton");
  }
  return packed;
}

/**
 * Writes an IPv4 address as text: Python's `socket.inet_ntoa`, inet_ntoa(3).
 *
 * @param packed_ip 4 bytes, network order.
 * @returns Such as `127.0.0.1`.
 * @throws {OSError} If there are not 4 bytes.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(socket.inet_ntoa(new Uint8Array([10, 0, 0, 1])), "10.0.0.1");
 * ```
 */
export function inet_ntoa(packed_ip: BytesLike): string {
  const packed = bytes(packed_ip, "packed_ip");
  if (length_of(packed) !== 4) {
    throw new OSError("packed IP wrong length");
  }
  return packed.join(".");
}
