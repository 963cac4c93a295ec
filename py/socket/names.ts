/**
 * Numbers and their names: those of constants, byte order, addresses as text, services,
 * protocols, interfaces, and the error of a name that does not resolve.
 *
 * @module
 */

import { EAFNOSUPPORT, ENODEV, ENXIO } from "../../ffi/errno.ts";
import { libc } from "../../ffi/libc.ts";
import { c_string, c_text } from "../../ffi/memory.ts";
import {
  gai_strerror,
  interfaces,
  protocol_by_name,
  service_by_name,
  service_by_port,
} from "../../ffi/netdb.ts";
import { format_stack } from "../../ffi/os_error.ts";
import {
  IFNAMSIZ,
  ifreq,
  ifreq_ifindex,
  ifreq_name,
} from "../../ffi/sockaddr.ts";
import { os_error, syscall } from "../../ffi/syscall.ts";
import {
  bytes,
  type BytesLike,
  int,
  length_of,
  text,
  whole,
} from "../arguments.ts";
import { OSError, OverflowError, ValueError } from "../exceptions.ts";
import { AF_INET, AF_INET6, EAI_SYSTEM } from "./constants.ts";
import * as constants from "./constants.ts";
import { type Handle, is_inet } from "./handle.ts";

/** A constant and its name, like a member of a Python enumeration. */
export interface Member {
  /** The constant's name, such as `"AF_INET"`; for flags, names joined by `|`, or `null`. */
  readonly name: string | null;
  /** Its number. */
  readonly value: number;
  /** Returns the number. */
  valueOf(): number;
  /** Returns Python's `repr`, such as `<AddressFamily.AF_INET: 2>`. */
  toString(): string;
}

/** Finds the name of a constant, in place of an enumeration of Python's module. */
export interface Enumeration {
  /**
   * Finds a constant.
   *
   * @param value Its number.
   * @returns The constant.
   * @throws {ValueError} If no constant has that number; flags accept any.
   * @throws {TypeError} If it is not an integer.
   */
  (value: number): Member;
}

// Kept: searching the thousand constants takes almost a millisecond.
const names_by_prefix = new Map<string, Map<number, string>>();

/**
 * Returns the name of a constant, the alphabetically first of several; `undefined` if there is
 * none.
 */
export function name_of(prefix: string, value: number): string | undefined {
  let names = names_by_prefix.get(prefix);
  if (names === undefined) {
    names = new Map();
    for (const [name, value] of Object.entries(constants)) {
      if (!name.startsWith(prefix) || typeof value !== "number") continue;
      if (!names.has(value)) names.set(value, name);
    }
    names_by_prefix.set(prefix, names);
  }
  return names.get(value);
}

function member(kind: string, name: string | null, value: number): Member {
  return Object.freeze({
    name,
    value,
    valueOf: () => value,
    toString: () => `<${kind}${name === null ? "" : `.${name}`}: ${value}>`,
  });
}

function enumeration(kind: string, prefix: string): Enumeration {
  return (given) => {
    const value = int(given, "value");
    const name = name_of(prefix, value);
    if (name !== undefined) return member(kind, name, value);
    throw new ValueError(`${value} is not a valid ${kind}`);
  };
}

/**
 * Gives an address family its name: Python's `socket.AddressFamily`.
 *
 * @param value A number such as `sock.family`.
 * @returns The constant, with `name` and `value`.
 * @throws {ValueError} If there is no such family.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using sock = socket.socket();
 * assertEquals(socket.AddressFamily(sock.family).name, "AF_INET");
 * assertEquals(String(socket.AddressFamily(1)), "<AddressFamily.AF_UNIX: 1>");
 * ```
 */
export const AddressFamily: Enumeration = enumeration("AddressFamily", "AF_");

/**
 * Gives a socket's type its name: Python's `socket.SocketKind`.
 *
 * @param value A number such as `sock.type`.
 * @returns The constant, with `name` and `value`.
 * @throws {ValueError} If there is no such type.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using sock = socket.socket();
 * assertEquals(socket.SocketKind(sock.type).name, "SOCK_STREAM");
 * ```
 */
export const SocketKind: Enumeration = enumeration("SocketKind", "SOCK_");

/**
 * Gives the flags of a message their names: Python's `socket.MsgFlag`.
 *
 * @param value `MSG_*` constants joined by `|`, as `recvmsg()` returns them.
 * @returns The flags, with `name` and `value`; 0 has no name.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const { MSG_OOB, MSG_PEEK } = socket;
 * assertEquals(socket.MsgFlag(MSG_PEEK | MSG_OOB).name, "MSG_OOB|MSG_PEEK");
 * ```
 */
export const MsgFlag: Enumeration = (value): Member => {
  const flags = int(value, "value", -0x80000000, 0xffffffff) >>> 0;
  const set: string[] = [];
  let rest = flags;
  for (let bit = 1; bit <= rest; bit *= 2) {
    if ((flags & bit) === 0) continue;
    const name = name_of("MSG_", bit);
    if (name === undefined) continue;
    set.push(name);
    rest -= bit;
  }
  if (rest !== 0) set.push(`0x${rest.toString(16)}`);
  return member("MsgFlag", set.join("|") || null, flags);
};

function swap16(value: number, name: string): number {
  const x = int(value, name, 0, 0xffff);
  return (x << 8 | x >>> 8) & 0xffff;
}

function swap32(value: number, name: string): number {
  const x = int(value, name, 0, 0xffffffff);
  return (x << 24 | x << 8 & 0xff0000 | x >>> 8 & 0xff00 | x >>> 24) >>> 0;
}

/**
 * Converts 16 bits from host to network byte order: byteorder(3).
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
 * Converts 16 bits from network to host byte order: byteorder(3).
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
 * Converts 32 bits from host to network byte order: byteorder(3).
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
 * Converts 32 bits from network to host byte order: byteorder(3).
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
 * Converts an address from text to bytes: Python's `socket.inet_pton`, inet_pton(3).
 *
 * @param address_family AF_INET or AF_INET6.
 * @param ip_string Such as `127.0.0.1` or `::1`.
 * @returns 4 or 16 bytes, network order.
 * @throws {OSError} If the text is not an address (no errno), or for another family (EAFNOSUPPORT).
 * @throws {TypeError} If the text is not a string.
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
 * Converts an address from bytes to text: Python's `socket.inet_ntop`, inet_ntop(3).
 *
 * @param address_family AF_INET or AF_INET6.
 * @param packed_ip 4 or 16 bytes, network order.
 * @returns An address such as `127.0.0.1` or `::1`.
 * @throws {ValueError} If the number of bytes is wrong, or for another family.
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
  if (!is_inet(family)) {
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
 * Converts an IPv4 address from text, old forms included: Python's `socket.inet_aton`,
 * inet_aton(3).
 *
 * @param ip_string Such as `127.0.0.1`, `127.1` or `0x7f000001`.
 * @returns 4 bytes, network order.
 * @throws {OSError} If the text is not an address (no errno).
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
  // inet_aton(3) ignores text after a space.
  if (/\s/.test(string) || libc.inet_aton(c_string(string), packed) === 0) {
    throw new OSError("illegal IP address string passed to inet_aton");
  }
  return packed;
}

/**
 * Converts an IPv4 address from bytes to text: Python's `socket.inet_ntoa`, inet_ntoa(3).
 *
 * @param packed_ip 4 bytes, network order.
 * @returns An address such as `127.0.0.1`.
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

/** Makes the error of a failed look-up, perhaps for want of a descriptor to read the files. */
function not_found(message: string): OSError {
  return format_stack(new OSError(message));
}

function protocol(value: unknown): string | null {
  return value === undefined || value === null
    ? null
    : text(value, "protocolname");
}

/**
 * Returns the port of a service: Python's `socket.getservbyname`, getservbyname(3).
 *
 * @param servicename A name such as `"http"`.
 * @param protocolname `"tcp"` or `"udp"`; any if omitted.
 * @returns The port.
 * @throws {OSError} If the service is unknown.
 * @throws {TypeError} If an argument is not a string.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => socket.getservbyname("no-such"), Error, "not found");
 * ```
 */
export function getservbyname(
  servicename: string,
  protocolname?: string,
): number {
  const port = service_by_name(
    text(servicename, "servicename"),
    protocol(protocolname),
  );
  if (port === null) throw not_found("service/proto not found");
  return htons(port);
}

/**
 * Returns the service of a port: Python's `socket.getservbyport`, getservbyport(3).
 *
 * @param port 0 to 65535.
 * @param protocolname `"tcp"` or `"udp"`; any if omitted.
 * @returns The service's name.
 * @throws {OSError} If the port has no service.
 * @throws {OverflowError} If the port is out of range.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => socket.getservbyport(65535), Error, "not found");
 * ```
 */
export function getservbyport(port: number, protocolname?: string): string {
  const number = whole(port, "port");
  if (number < 0 || number > 0xffff) {
    throw new OverflowError("getservbyport: port must be 0-65535.");
  }
  const name = service_by_port(htons(number), protocol(protocolname));
  if (name === null) throw not_found("port/proto not found");
  return name;
}

/**
 * Returns the number of a protocol: Python's `socket.getprotobyname`, getprotobyname(3).
 *
 * @param protocolname A name such as `"icmp"`.
 * @returns The number, for `socket`'s third argument.
 * @throws {OSError} If the protocol is unknown.
 * @throws {TypeError} If it is not a string.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => socket.getprotobyname("no-such"), Error, "not found");
 * ```
 */
export function getprotobyname(protocolname: string): number {
  const number = protocol_by_name(text(protocolname, "protocolname"));
  if (number === null) throw not_found("protocol not found");
  return number;
}

/**
 * Returns the network interfaces: Python's `socket.if_nameindex`, if_nameindex(3).
 *
 * @returns The index and the name of each.
 * @throws {OSError} ENOBUFS, ENOMEM.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * for (const [index, name] of socket.if_nameindex()) {
 *   assertEquals(socket.if_nametoindex(name), index);
 * }
 * ```
 */
export function if_nameindex(): [index: number, name: string][] {
  return interfaces();
}

/**
 * Returns the index of a network interface: Python's `socket.if_nametoindex`, if_nametoindex(3).
 *
 * @param if_name A name such as `"lo"`.
 * @returns The index, 1 or more.
 * @throws {OSError} If the interface does not exist.
 * @throws {TypeError} If it is not a string.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => socket.if_nametoindex("no-such"), Error, "no interface");
 * ```
 */
export function if_nametoindex(if_name: string): number {
  const index = libc.if_nametoindex(c_string(text(if_name, "if_name")));
  if (index === 0) throw not_found("no interface with this name");
  return index;
}

/**
 * Returns the name of a network interface: Python's `socket.if_indextoname`, if_indextoname(3).
 *
 * @param if_index The index, 1 or more.
 * @returns The name.
 * @throws {OSError} ENXIO, if the interface does not exist.
 * @throws {OverflowError} If the index is negative, or above 2^32 - 1.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * for (const [index, name] of socket.if_nameindex()) {
 *   assertEquals(socket.if_indextoname(index), name);
 * }
 * ```
 */
export function if_indextoname(if_index: number): string {
  const index = int(if_index, "if_index", 0, 0xffffffff);
  const name = new Uint8Array(IFNAMSIZ);
  if (libc.if_indextoname(index, name) === null) {
    throw os_error(ENXIO, { syscall: "if_indextoname" });
  }
  return c_text(name);
}

// SIOCGIFNAME and SIOCGIFINDEX of netdevice(7).
const SIOCGIFNAME = 0x8910n;
const SIOCGIFINDEX = 0x8933n;

/**
 * Returns the index of an interface in a socket's network namespace.
 *
 * @throws {OSError} ENODEV, if the interface does not exist.
 */
export function interface_index(handle: Handle, name: Uint8Array): number {
  // Too long to exist; the kernel would compare the first 15 bytes only.
  if (name.length >= IFNAMSIZ) throw os_error(ENODEV, { syscall: "ioctl" });
  const request = ifreq(name, 0);
  const { fd } = handle;
  syscall("ioctl", () => libc.ioctl(fd, SIOCGIFINDEX, request));
  return ifreq_ifindex(request);
}

/** Returns the name of an interface in a socket's network namespace; empty if there is none. */
export function interface_name(handle: Handle, index: number): string {
  if (index === 0) return "";
  const request = ifreq(null, index);
  const found = libc.ioctl(handle.fd, SIOCGIFNAME, request) === 0;
  // It may have been removed since: CPython leaves the name empty, too.
  return found ? new TextDecoder().decode(ifreq_name(request)) : "";
}

/**
 * A name could not be resolved: Python's `socket.gaierror`, gai_strerror(3).
 *
 * `errno` is one of the `EAI_*` constants and `code` its name.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const error = assertThrows(
 *   () => socket.getaddrinfo("256.0.0.1", 80, 0, 0, 0, socket.AI_NUMERICHOST),
 *   socket.gaierror,
 * );
 * assertEquals(error.errno, socket.EAI_NONAME);
 * ```
 */
export class gaierror extends OSError {
  static {
    this.prototype.name = "gaierror";
  }
}

/** Returns the error for a number from getaddrinfo(3) or getnameinfo(3). */
export function gai_error(
  error: number,
  errno: number,
  syscall: string,
): OSError {
  if (error === EAI_SYSTEM && errno !== 0) {
    return os_error(errno, { syscall });
  }
  // The resolver reads files, and does not report that no descriptor was free.
  return format_stack(
    new gaierror(error, gai_strerror(error), {
      syscall,
      code: name_of("EAI_", error) ?? "EAI_FAIL",
    }),
  );
}
