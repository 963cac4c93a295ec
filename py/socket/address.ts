/**
 * Addresses in CPython's shapes, one for each family, and their `struct sockaddr`.
 *
 * @module
 */

import { libc } from "../../ffi/libc.ts";
import {
  getaddrinfo,
  look_up,
  type Query,
  type Resolution,
  type ResolvedAddress,
} from "../../ffi/netdb.ts";
import * as ffi from "../../ffi/sockaddr.ts";
import { syscall } from "../../ffi/syscall.ts";
import { type BytesLike, int, own_view, shown, text } from "../arguments.ts";
import { OSError, OverflowError, ValueError } from "../exceptions.ts";
import { check_signal } from "../pending.ts";
import {
  AF_ALG,
  AF_CAN,
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_QIPCRTR,
  AF_RDS,
  AF_TIPC,
  AF_UNIX,
  AF_VSOCK,
  CAN_BCM,
  CAN_ISOTP,
  CAN_J1939,
  CAN_RAW,
  PACKET_HOST,
  SOCK_DGRAM,
  TIPC_ADDR_ID,
  TIPC_ADDR_NAME,
  TIPC_ADDR_NAMESEQ,
  TIPC_CLUSTER_SCOPE,
} from "./constants.ts";
import { type Handle, is_inet } from "./handle.ts";
import {
  gai_error,
  inet_ntop,
  interface_index,
  interface_name,
} from "./names.ts";
import { check_host, check_lookup, check_net } from "./refusals.ts";

/** An IPv4 address: `["127.0.0.1", 80]`. */
export type InetAddress = [host: string, port: number];

/** An IPv6 address: `["::1", 80, 0, 0]`. */
export type Inet6Address = [
  host: string,
  port: number,
  flowinfo: number,
  scope_id: number,
];

/**
 * An AF_UNIX address: a path, or an abstract name that begins with `"\0"`; bytes if it is not
 * UTF-8; `null` for a sender without an address.
 */
export type UnixAddress = string | Uint8Array | null;

/**
 * An address as calls return it: a string for AF_UNIX (bytes if it is not UTF-8), an array for
 * AF_INET, AF_INET6 and Linux's own families, number and bytes for other families; `null` if
 * there is none.
 */
export type Address =
  | InetAddress
  | Inet6Address
  | LinuxAddress
  | [family: number, data: Uint8Array]
  | UnixAddress;

/**
 * The addresses of a family: {@linkcode InetAddress} for AF_INET, and so on; {@linkcode Address}
 * for a family that is known at run time only.
 */
export type AddressOf<Family extends number> = Family extends typeof AF_INET
  ? InetAddress
  : Family extends typeof AF_INET6 ? Inet6Address
  : Family extends typeof AF_UNIX ? UnixAddress
  : Family extends typeof AF_PACKET ? PacketAddress
  : Family extends typeof AF_NETLINK ? NetlinkAddress
  : Family extends typeof AF_VSOCK ? VsockAddress
  : Family extends typeof AF_QIPCRTR ? QrtrAddress
  : Family extends typeof AF_CAN ? CanAddress
  : Family extends typeof AF_TIPC ? TipcAddress
  : Family extends typeof AF_ALG ? AlgAddress
  : Address;

/**
 * An address as calls take it. A host may be a name, `""` for every interface, or
 * `"<broadcast>"`; an abstract AF_UNIX name begins with `"\0"`. Calls also take every address
 * that they return, except `null`, which throws a `TypeError`.
 */
export type AddressLike =
  | Address
  | readonly [
    host: string,
    port: number,
    flowinfo?: number,
    scope_id?: number,
  ]
  // The type that TypeScript infers for `const address = ["localhost", 10000]`.
  | readonly (string | number)[]
  | LinuxAddressLike;

/**
 * An AF_PACKET address: the interface's name, an Ethernet protocol, a `PACKET_*` number,
 * an `ARPHRD_*` number and the hardware address.
 */
export type PacketAddress = [
  ifname: string,
  proto: number,
  pkttype: number,
  hatype: number,
  addr: Uint8Array,
];

/** An AF_NETLINK address: a port, usually the process id, and a mask of groups. */
export type NetlinkAddress = [pid: number, groups: number];

/** An AF_VSOCK address: a context, which identifies a machine, and a port. */
export type VsockAddress = [cid: number, port: number];

/** An AF_QIPCRTR address. */
export type QrtrAddress = [node: number, port: number];

/**
 * An AF_CAN address: the interface's name, `""` for every interface. CAN_ISOTP adds the
 * identifiers, CAN_J1939 a node's name (64 bits), a parameter group and an address.
 */
export type CanAddress =
  | [ifname: string]
  | [ifname: string, rx_id: number, tx_id: number]
  | [ifname: string, name: bigint, pgn: number, addr: number];

/**
 * An AF_TIPC address: a `TIPC_ADDR_*` number, which defines the next three values, and a scope.
 */
export type TipcAddress = [
  addr_type: number,
  v1: number,
  v2: number,
  v3: number,
  scope: number,
];

/** An AF_ALG address, such as `["hash", "sha256", 0, 0]`. */
export type AlgAddress = [
  type: string,
  name: string,
  feat: number,
  mask: number,
];

/** An address of one of Linux's own families, as calls return it. */
export type LinuxAddress =
  | PacketAddress
  | NetlinkAddress
  | VsockAddress
  | QrtrAddress
  | CanAddress
  | TipcAddress
  | AlgAddress;

/** An address of one of Linux's own families, as calls take it, with Python's defaults. */
export type LinuxAddressLike =
  | Readonly<LinuxAddress>
  | readonly [
    ifname: string,
    proto: number,
    pkttype?: number,
    hatype?: number,
    addr?: BytesLike,
  ]
  | readonly [ifname: string, name: number, pgn: number, addr: number]
  | readonly [addr_type: number, v1: number, v2: number, v3: number]
  | readonly [type: string, name: string, feat?: number, mask?: number];

/** An address for the kernel, and the caller's host in ASCII. */
export interface Sockaddr {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly host: string;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Checks an address and resolves its host.
 *
 * @param handle The socket that uses the address.
 * @param address The caller's address.
 * @param caller The method's name, for messages.
 * @throws {TypeError} If the address does not have the family's shape.
 * @throws {OverflowError} If a port, flowinfo or scope_id is out of range.
 * @throws {gaierror} If the host cannot be resolved.
 * @throws {OSError} If a path is too long, or the family has no addresses here.
 */
export function to_sockaddr(
  handle: Handle,
  address: unknown,
  caller: string,
): Sockaddr {
  const parsed = parse(handle, address, caller);
  if ("bytes" in parsed) return parsed;
  const { family, host, port } = parsed;
  return sockaddr_of(parsed, resolve(family, host, port));
}

/** An IPv4 or IPv6 address before its host is resolved. */
interface Parsed {
  readonly family: number;
  readonly host: string;
  readonly port: number;
  readonly flow: number;
  readonly scope: number;
}

/** Checks an address, and that `--deny-net` allows its look-up. */
function parse(
  handle: Handle,
  address: unknown,
  caller: string,
): Sockaddr | Parsed {
  // AF_RDS uses IPv4 addresses.
  const { family: own } = handle.kind;
  const family = own === AF_RDS ? AF_INET : own;
  if (family === AF_UNIX) return unix_sockaddr(address, caller);
  if (!is_inet(family)) {
    const bytes = to_linux(handle, address, caller);
    if (bytes === null) throw new OSError(`${caller}(): bad family`);
    return { bytes, host: "" };
  }
  const most = family === AF_INET ? 2 : 4;
  const shape = family === AF_INET
    ? "AF_INET address must be [host, port]"
    : "AF_INET6 address must be [host, port, flowinfo, scope_id]";
  const [one, two, three = 0, four = 0] = items(
    address,
    caller,
    shape,
    2,
    most,
  );
  const host = ascii_host(text(one, `${caller}(): host`));
  const port = int(two, `${caller}(): port`, 0, 65535);
  const flow = int(three, `${caller}(): flowinfo`, 0, 0xfffff);
  const scope = int(four, `${caller}(): scope_id`, 0, 0xffffffff);
  check_host(host, port);
  return { family, host, port, flow, scope };
}

function sockaddr_of(
  { family, host, port, flow, scope }: Parsed,
  found: Uint8Array<ArrayBuffer>,
): Sockaddr {
  if (family === AF_INET) return { bytes: found, host };
  const resolved = ffi.sockaddr_in6_fields(found);
  const bytes = ffi.sockaddr_in6(
    family,
    resolved.address,
    port,
    flow,
    // A scope in the name, such as fe80::1%eth0, counts unless the caller gave a number.
    scope || resolved.scope_id,
  );
  return { bytes, host };
}

/**
 * Resolves an address to send or connect to, and honours `--deny-net`.
 *
 * @returns The bytes for the kernel.
 * @throws {Deno.errors.NotCapable} If the address is denied.
 * @throws As {@linkcode to_sockaddr}.
 */
export function destination(
  handle: Handle,
  address: unknown,
  caller: string,
): Uint8Array<ArrayBuffer> {
  return reachable(to_sockaddr(handle, address, caller));
}

/** Honours `--deny-net`; returns the bytes for the kernel. */
function reachable({ bytes, host }: Sockaddr): Uint8Array<ArrayBuffer> {
  check_net(host, bytes, true);
  return bytes;
}

/**
 * Resolves an address as {@linkcode destination} does, without stopping the event loop.
 *
 * @param options The twin's last argument.
 * @returns The bytes for the kernel; a promise of them if it needs a resolver.
 * @throws As `destination`; the promise rejects with the signal's reason once it aborts.
 */
export function destination_async(
  handle: Handle,
  address: unknown,
  caller: string,
  options: unknown,
): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
  const signal = check_signal(options);
  signal?.throwIfAborted();
  const parsed = parse(handle, address, caller);
  if ("bytes" in parsed) return reachable(parsed);
  const { family, host, port } = parsed;
  const known = plain(family, host, port);
  if (known !== null) return reachable(sockaddr_of(parsed, known));
  return resolve_async(family, host, port, signal).then((found) =>
    reachable(sockaddr_of(parsed, found))
  );
}

/**
 * Returns the address that the last call wrote.
 *
 * @typeParam A The shape of the socket's addresses, which its family determines.
 */
export function written_address<A extends Address>(handle: Handle): A {
  return from_sockaddr(ffi.addr.view, ffi.addrlen.view[0]!, handle) as A;
}

/** Returns a socket's own address: getsockname(2). */
export function getsockname<A extends Address>(handle: Handle): A {
  return end_address("getsockname", handle);
}

/** Returns the peer's address: getpeername(2). */
export function getpeername<A extends Address>(handle: Handle): A {
  return end_address("getpeername", handle);
}

function end_address<A extends Address>(
  end: "getsockname" | "getpeername",
  handle: Handle,
): A {
  const { addr: { view }, addrlen: { view: length } } = ffi;
  length[0] = ffi.SOCKADDR_STORAGE_SIZE;
  syscall(end, () => libc[end](handle.fd, view, length));
  return written_address(handle);
}

const dotted = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** Returns the first address of a host, without the resolver if possible. */
export function resolve(
  family: number,
  host: string,
  port: number,
): Uint8Array<ArrayBuffer> {
  const known = plain(family, host, port);
  if (known !== null) return known;
  const { sockaddr } = lookup(host, String(port), family, SOCK_DGRAM)[0]!;
  return sockaddr;
}

/**
 * Works as {@linkcode resolve}, without stopping the event loop.
 *
 * @throws As `resolve`; the signal's reason once it aborts.
 */
export async function resolve_async(
  family: number,
  host: string,
  port: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const known = plain(family, host, port);
  if (known !== null) return known;
  const service = String(port);
  const found = await lookup_async(signal, host, service, family, SOCK_DGRAM);
  return found[0]!.sockaddr;
}

/** Returns the address of a host that needs no resolver; `null` for others. */
function plain(
  family: number,
  host: string,
  port: number,
): Uint8Array<ArrayBuffer> | null {
  if (host === "") {
    return family === AF_INET
      ? ffi.sockaddr_in(family, new Uint8Array(4), port)
      : ffi.sockaddr_in6(family, new Uint8Array(16), port, 0, 0);
  }
  if (host === "<broadcast>" || host === "255.255.255.255") {
    if (family !== AF_INET) throw new OSError("address family mismatched");
    return ffi.sockaddr_in(family, new Uint8Array(4).fill(255), port);
  }
  if (family === AF_INET) {
    const numbers = dotted.exec(host)?.slice(1);
    // libc reads a leading zero as octal: leave those to it.
    if (numbers?.every((n) => String(Number(n)) === n && Number(n) < 256)) {
      return ffi.sockaddr_in(family, Uint8Array.from(numbers, Number), port);
    }
  }
  return null;
}

/** Resolves with libc's getaddrinfo, and throws its errors. */
export function lookup(
  ...question: Parameters<typeof query>
): ResolvedAddress[] {
  return found_in(getaddrinfo(...query(...question)));
}

/**
 * Works as {@linkcode lookup}, without stopping the event loop.
 *
 * @throws As `lookup`; the signal's reason once it aborts.
 */
export async function lookup_async(
  signal: AbortSignal | undefined,
  ...question: Parameters<typeof query>
): Promise<ResolvedAddress[]> {
  return found_in(await look_up(query(...question), signal));
}

/** Converts a host to ASCII, and checks that `--deny-net` allows its look-up. */
function query(
  host: string | null,
  service: string | null,
  family: number,
  socktype = 0,
  protocol = 0,
  flags = 0,
): Query {
  const name = host === null ? null : ascii_host(host);
  check_lookup(name, service);
  return [name, service, family, socktype, protocol, flags];
}

/** Returns the addresses that the resolver found, or throws its error. */
function found_in(result: Resolution): ResolvedAddress[] {
  if (result.error !== 0) {
    throw gai_error(result.error, result.errno, "getaddrinfo");
  }
  return result.addresses;
}

/** Converts a host to ASCII, by IDNA if necessary. */
export function ascii_host(host: string): string {
  // deno-lint-ignore no-control-regex -- all of ASCII
  if (/^[\x00-\x7f]*$/.test(host)) return host;
  const url = URL.parse(`http://${host}/`);
  // Characters with a meaning in a URL would name another host: "x@127.0.0.1" is 127.0.0.1.
  // deno-lint-ignore no-control-regex -- a URL drops tabs and line ends
  if (url === null || /[\x00-\x20#%/:?@\\]/.test(host)) {
    throw new ValueError(`host cannot be encoded as IDNA: ${shown(host)}`);
  }
  return url.hostname;
}

function unix_sockaddr(address: unknown, caller: string): Sockaddr {
  if (typeof address !== "string" && !(address instanceof Uint8Array)) {
    throw new TypeError(
      `${caller}(): AF_UNIX address must be a string or bytes, not ${
        shown(address)
      }`,
    );
  }
  const path = typeof address === "string"
    ? new TextEncoder().encode(address)
    : own_view(address, "path").slice();
  const abstract = path[0] === 0;
  if (path.length > ffi.SUN_PATH_SIZE - (abstract ? 0 : 1)) {
    throw new OSError("AF_UNIX path too long");
  }
  // The kernel would stop at the null byte, and use another file.
  if (!abstract && path.includes(0)) {
    throw new ValueError(`${caller}(): path must not contain a null byte`);
  }
  return { bytes: ffi.sockaddr_un(AF_UNIX, path), host: "" };
}

/**
 * Converts a `struct sockaddr` to an address in Python's shape.
 *
 * @param sockaddr The bytes from the kernel.
 * @param addrlen The length of the address, as the kernel reported it; 0 if there is none.
 * @param handle The socket. Without it, Linux's own families are returned as plain bytes.
 */
export function from_sockaddr(
  sockaddr: Uint8Array,
  addrlen: number,
  handle?: Handle,
): Address {
  if (addrlen < 2) return null;
  const family = ffi.sockaddr_family(sockaddr);
  if (family === AF_INET && addrlen >= ffi.SOCKADDR_IN_SIZE) {
    return [ffi.sockaddr_in_text(sockaddr), ffi.sockaddr_port(sockaddr)];
  }
  if (family === AF_INET6 && addrlen >= ffi.SOCKADDR_IN6_SIZE) {
    const { address, flowinfo, scope_id } = ffi.sockaddr_in6_fields(sockaddr);
    const host = inet_ntop(AF_INET6, address);
    return [host, ffi.sockaddr_port(sockaddr), flowinfo, scope_id];
  }
  const length = Math.min(addrlen, ffi.SOCKADDR_STORAGE_SIZE);
  if (family === AF_UNIX) {
    const path = ffi.sockaddr_un_path(sockaddr, length);
    try {
      return utf8.decode(path);
    } catch {
      return path;
    }
  }
  // The buffer still has bytes of earlier addresses: replace them by zeros.
  const filled = new Uint8Array(ffi.SOCKADDR_STORAGE_SIZE);
  filled.set(sockaddr.subarray(0, length));
  const linux = handle && from_linux(handle, family, filled, length);
  return linux ?? [family, filled.slice(2, length)];
}

// Linux's own families, in CPython's shapes.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Checks that an address is an array of `least` to `most` items. */
function items(
  address: unknown,
  caller: string,
  shape: string,
  least: number,
  most = least,
): unknown[] {
  if (!Array.isArray(address)) {
    throw new TypeError(`${caller}(): ${shape}, not ${shown(address)}`);
  }
  if (address.length < least || address.length > most) {
    throw new TypeError(`${caller}(): ${shape}, not ${address.length} items`);
  }
  return address;
}

/** Checks an `unsigned int`; -1 stands for the largest, as in CPython and C. */
function u32(value: unknown, name: string): number {
  return int(value, name, -0x80000000, 0xffffffff) >>> 0;
}

/** Checks an unsigned 64-bit number, which may be a bigint. */
function u64(value: unknown, name: string): bigint {
  const number = typeof value === "bigint"
    ? value
    : BigInt(int(value, name, 0, Number.MAX_SAFE_INTEGER));
  if (number < 0n || number > 0xffffffffffffffffn) {
    throw new OverflowError(`${name} must be in 0 to 2^64 - 1: ${number}`);
  }
  return number;
}

function packet(
  handle: Handle,
  address: unknown,
  caller: string,
): Uint8Array<ArrayBuffer> {
  const shape =
    "AF_PACKET address must be [ifname, proto, pkttype, hatype, addr]";
  const [name, proto, pkttype = PACKET_HOST, hatype = 0, addr] = items(
    address,
    caller,
    shape,
    2,
    5,
  );
  const ifname = encoder.encode(text(name, `${caller}(): ifname`));
  const hardware = addr === undefined
    ? new Uint8Array(0)
    : own_view(addr, `${caller}(): addr`);
  if (hardware.length > 8) {
    throw new ValueError("Hardware address must be 8 bytes or less");
  }
  return ffi.sockaddr_ll(AF_PACKET, {
    protocol: int(proto, `${caller}(): proto`, 0, 0xffff),
    pkttype: int(pkttype, `${caller}(): pkttype`, 0, 0xff),
    hatype: int(hatype, `${caller}(): hatype`, 0, 0xffff),
    addr: hardware,
    ifindex: interface_index(handle, ifname),
  });
}

function can(
  handle: Handle,
  address: unknown,
  caller: string,
): Uint8Array<ArrayBuffer> {
  const { proto } = handle.kind;
  const named = (value: unknown): number => {
    const name = encoder.encode(text(value, `${caller}(): ifname`));
    if (name.length >= ffi.IFNAMSIZ) {
      throw new OSError("AF_CAN interface name too long");
    }
    return name.length === 0 ? 0 : interface_index(handle, name);
  };
  if (proto === CAN_RAW || proto === CAN_BCM) {
    const shape = "AF_CAN address must be [ifname]";
    const [ifname] = items(address, caller, shape, 1);
    return ffi.sockaddr_can(AF_CAN, { ifindex: named(ifname) });
  }
  if (proto === CAN_ISOTP) {
    const shape = "AF_CAN address must be [ifname, rx_id, tx_id]";
    const [ifname, rx, tx] = items(address, caller, shape, 3);
    const tp = {
      rx_id: u32(rx, `${caller}(): rx_id`),
      tx_id: u32(tx, `${caller}(): tx_id`),
    };
    return ffi.sockaddr_can(AF_CAN, { ifindex: named(ifname), tp });
  }
  if (proto === CAN_J1939) {
    const shape = "AF_CAN address must be [ifname, name, pgn, addr]";
    const [ifname, name, pgn, addr] = items(address, caller, shape, 4);
    const j1939 = {
      name: u64(name, `${caller}(): name`),
      pgn: u32(pgn, `${caller}(): pgn`),
      addr: int(addr, `${caller}(): addr`, 0, 0xff),
    };
    return ffi.sockaddr_can(AF_CAN, { ifindex: named(ifname), j1939 });
  }
  throw new OSError(`${caller}(): unsupported CAN protocol`);
}

function tipc(address: unknown, caller: string): Uint8Array<ArrayBuffer> {
  const shape = "AF_TIPC address must be [addr_type, v1, v2, v3, scope]";
  const [type, v1, v2, v3, scope = TIPC_CLUSTER_SCOPE] = items(
    address,
    caller,
    shape,
    4,
    5,
  );
  const addrtype = u32(type, `${caller}(): addr_type`);
  const words: [number, number, number] = [
    u32(v1, `${caller}(): v1`),
    u32(v2, `${caller}(): v2`),
    u32(v3, `${caller}(): v3`),
  ];
  if (addrtype < TIPC_ADDR_NAMESEQ || addrtype > TIPC_ADDR_ID) {
    throw new TypeError("Invalid address type");
  }
  // A name's third word is its domain, an id has none: CPython sets both to 0.
  if (addrtype !== TIPC_ADDR_NAMESEQ) words[2] = 0;
  const wide = int(scope, `${caller}(): scope`, -0x80, 0x7f);
  return ffi.sockaddr_tipc(AF_TIPC, addrtype, words, wide);
}

function alg(address: unknown, caller: string): Uint8Array<ArrayBuffer> {
  const shape = "AF_ALG address must be [type, name, feat, mask]";
  const [type, name, feat = 0, mask = 0] = items(address, caller, shape, 2, 4);
  const fields = {
    type: encoder.encode(text(type, `${caller}(): type`)),
    name: encoder.encode(text(name, `${caller}(): name`)),
    feat: int(feat, `${caller}(): feat`, 0, 0xffff),
    mask: int(mask, `${caller}(): mask`, 0, 0xffff),
  };
  if (fields.type.length >= ffi.SALG_TYPE_SIZE) {
    throw new ValueError("AF_ALG type too long.");
  }
  if (fields.name.length >= ffi.SALG_NAME_SIZE) {
    throw new ValueError("AF_ALG name too long.");
  }
  return ffi.sockaddr_alg(AF_ALG, fields);
}

/**
 * Converts an address of one of Linux's own families.
 *
 * @returns The bytes for the kernel; `null` for another family.
 * @throws {TypeError} If the address does not have the family's shape.
 * @throws {OverflowError} If a number is out of range.
 * @throws {ValueError} If a hardware address or an algorithm's name is too long.
 * @throws {OSError} ENODEV if the interface does not exist.
 */
function to_linux(
  handle: Handle,
  address: unknown,
  caller: string,
): Uint8Array<ArrayBuffer> | null {
  const pair = (first: string, second: string): [number, number] => {
    const shape = `address must be [${first}, ${second}]`;
    const [one, two] = items(address, caller, shape, 2);
    return [
      u32(one, `${caller}(): ${first}`),
      u32(two, `${caller}(): ${second}`),
    ];
  };
  switch (handle.kind.family) {
    case AF_NETLINK:
      return ffi.sockaddr_nl(AF_NETLINK, ...pair("pid", "groups"));
    case AF_VSOCK:
      return ffi.sockaddr_vm(AF_VSOCK, ...pair("cid", "port"));
    case AF_QIPCRTR:
      return ffi.sockaddr_nl(AF_QIPCRTR, ...pair("node", "port"));
    case AF_PACKET:
      return packet(handle, address, caller);
    case AF_CAN:
      return can(handle, address, caller);
    case AF_TIPC:
      return tipc(address, caller);
    case AF_ALG:
      return alg(address, caller);
    default:
      return null;
  }
}

/**
 * Converts a `struct sockaddr` of one of Linux's own families.
 *
 * @param sockaddr The bytes from the kernel, padded to any family's length.
 * @param addrlen The number of bytes before the padding.
 * @returns The address; `null` for another family, or too few bytes.
 */
function from_linux(
  handle: Handle,
  family: number,
  sockaddr: Uint8Array,
  addrlen: number,
): LinuxAddress | null {
  const has = (size: number) => addrlen >= size;
  const is_nl = family === AF_NETLINK || family === AF_QIPCRTR;
  if (is_nl && has(ffi.SOCKADDR_NL_SIZE)) {
    return ffi.sockaddr_nl_fields(sockaddr);
  }
  if (family === AF_VSOCK && has(ffi.SOCKADDR_VM_SIZE)) {
    return ffi.sockaddr_vm_fields(sockaddr);
  }
  // packet(7): without a hardware address the last 8 bytes may be missing.
  if (family === AF_PACKET && has(ffi.SOCKADDR_LL_SIZE - 8)) {
    const fields = ffi.sockaddr_ll_fields(sockaddr);
    const ifname = interface_name(handle, fields.ifindex);
    const { protocol, pkttype, hatype, addr } = fields;
    return [ifname, protocol, pkttype, hatype, addr];
  }
  // CAN_RAW fills 16 bytes: CAN_REQUIRED_SIZE.
  if (family === AF_CAN && has(8)) {
    const { ifindex, tp, j1939 } = ffi.sockaddr_can_fields(sockaddr);
    const ifname = interface_name(handle, ifindex);
    if (handle.kind.proto === CAN_ISOTP) return [ifname, tp.rx_id, tp.tx_id];
    return handle.kind.proto === CAN_J1939
      ? [ifname, j1939.name, j1939.pgn, j1939.addr]
      : [ifname];
  }
  if (family === AF_TIPC && has(ffi.SOCKADDR_TIPC_SIZE)) {
    const { addrtype, words: [v1, v2, v3], scope } = ffi.sockaddr_tipc_fields(
      sockaddr,
    );
    // As in CPython: the instance again for a name, 0 for an id.
    const third = addrtype === TIPC_ADDR_NAME
      ? v2
      : addrtype === TIPC_ADDR_ID
      ? 0
      : v3;
    return [addrtype, v1, v2, third, scope];
  }
  if (family === AF_ALG && has(ffi.SOCKADDR_ALG_SIZE)) {
    const { type, name, feat, mask } = ffi.sockaddr_alg_fields(sockaddr);
    return [decoder.decode(type), decoder.decode(name), feat, mask];
  }
  return null;
}
