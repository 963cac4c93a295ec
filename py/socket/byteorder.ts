import { int } from "../arguments.ts";

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
