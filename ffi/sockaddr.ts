/**
 * `struct sockaddr` of bind(2), for AF_INET (ip(7)), AF_INET6 (ipv6(7)), AF_UNIX (unix(7)) and
 * Linux's own families: pure functions that convert between fields and bytes.
 *
 * `sa_family` is in the machine's byte order, ports and flow labels in the network's.
 *
 * @module
 */

import { Pinned, until_nul, view_of } from "./memory.ts";

/** Bytes in a `struct sockaddr_storage`, which holds any address. */
export const SOCKADDR_STORAGE_SIZE = 128;
/** Bytes in a `struct sockaddr_in`. */
export const SOCKADDR_IN_SIZE = 16;
/** Bytes in a `struct sockaddr_in6`. */
export const SOCKADDR_IN6_SIZE = 28;
/** Bytes of `sun_path` in a `struct sockaddr_un`. */
export const SUN_PATH_SIZE = 108;
/** Where `sun_path` begins. */
export const SUN_PATH_OFFSET = 2;

/** The buffer that every call writes its address to; read it before the next call. */
export const addr: Pinned<Uint8Array<ArrayBuffer>> = new Pinned(
  Uint8Array<ArrayBuffer>,
  SOCKADDR_STORAGE_SIZE,
);
/** The length of `addr`: the room before a call, the address's length after it. */
export const addrlen: Pinned<Uint32Array<ArrayBuffer>> = new Pinned(
  Uint32Array<ArrayBuffer>,
  1,
);

/** Returns the family, `sa_family`. */
export function sockaddr_family(sockaddr: Uint8Array): number {
  return sockaddr[0]! | (sockaddr[1]! << 8);
}

/** Returns the port of a `sockaddr_in` or `sockaddr_in6`: both have it at byte 2. */
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

/** Returns the `in_addr` of a `sockaddr_in`. */
export function sockaddr_in_address(
  sockaddr: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(sockaddr.subarray(4, 8));
}

/** Returns the `in_addr` of a `sockaddr_in`, as text: `127.0.0.1`. */
export function sockaddr_in_text(sockaddr: Uint8Array): string {
  const [a, b, c, d] = [sockaddr[4]!, sockaddr[5]!, sockaddr[6]!, sockaddr[7]!];
  const address = (a << 24) | (b << 16) | (c << 8) | d;
  if (address !== last) {
    last = address;
    last_text = `${a}.${b}.${c}.${d}`;
  }
  return last_text;
}

// Clients often share one host: making and keeping the same text again costs 0.2 us each.
let last = 0;
let last_text = "0.0.0.0";

/**
 * Makes a `struct sockaddr_in6`.
 *
 * @param family AF_INET6.
 * @param address `in6_addr`: 16 bytes, network order.
 * @param port 0 to 65535.
 * @param flowinfo 0 to 0xfffff.
 * @param scope_id The interface's index, for a link-local address.
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

/** Returns the fields of a `sockaddr_in6` except family and port. */
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
  // A path ends with NUL. An abstract name is as long as addrlen says; for an empty one the
  // kernel chooses a name (autobind).
  const abstract = path.length === 0 || path[0] === 0;
  const size = SUN_PATH_OFFSET + path.length + (abstract ? 0 : 1);
  const sockaddr = new Uint8Array(size);
  sockaddr[0] = family;
  sockaddr.set(path, SUN_PATH_OFFSET);
  return sockaddr;
}

/**
 * Returns the name in a `sockaddr_un`.
 *
 * @param sockaddr The bytes.
 * @param addrlen The number of bytes that the kernel filled.
 * @returns The path without its NUL, an abstract name with its leading one; empty when unnamed.
 */
export function sockaddr_un_path(
  sockaddr: Uint8Array,
  addrlen: number,
): Uint8Array {
  if (addrlen <= SUN_PATH_OFFSET) return new Uint8Array(0);
  const path = sockaddr.slice(SUN_PATH_OFFSET, addrlen);
  return path[0] === 0 ? path : until_nul(path);
}

// Linux's own families, in the machine's byte order, little-endian, except sll_protocol:
// AF_PACKET (packet(7)), AF_NETLINK (netlink(7)), AF_VSOCK (vsock(7)), AF_CAN, AF_TIPC,
// AF_QIPCRTR and AF_ALG; and struct ifreq (netdevice(7)), which converts an interface's name to
// its index.

// Bytes in each struct, the first with 8 bytes of hardware address.
export const SOCKADDR_LL_SIZE = 20;
export const SOCKADDR_NL_SIZE = 12;
export const SOCKADDR_VM_SIZE = 16;
export const SOCKADDR_CAN_SIZE = 24;
export const SOCKADDR_TIPC_SIZE = 16;
export const SOCKADDR_ALG_SIZE = 88;
export const IFREQ_SIZE = 40;
/** Bytes of an interface's name, its NUL included. */
export const IFNAMSIZ = 16;

/** Bytes of an algorithm's type, its NUL included. */
export const SALG_TYPE_SIZE = 14;
/** Bytes of an algorithm's name, its NUL included. */
export const SALG_NAME_SIZE = 64;

const SLL_ADDR = 12;

function make(
  family: number,
  size: number,
): [Uint8Array<ArrayBuffer>, DataView] {
  const bytes = new Uint8Array(size);
  bytes[0] = family;
  return [bytes, view_of(bytes)];
}

/** The fields of a `struct sockaddr_ll`. */
export interface LinkFields {
  /** `sll_protocol`, in the machine's byte order. */
  protocol: number;
  /** `sll_ifindex`; 0 for any interface. */
  ifindex: number;
  /** `sll_hatype`: an `ARPHRD_*` number. */
  hatype: number;
  /** `sll_pkttype`: a `PACKET_*` number. */
  pkttype: number;
  /** `sll_addr`, as long as `sll_halen` says. */
  addr: Uint8Array;
}

/** Makes a `struct sockaddr_ll`; `addr` has at most 8 bytes. */
export function sockaddr_ll(
  family: number,
  fields: LinkFields,
): Uint8Array<ArrayBuffer> {
  const [bytes, view] = make(family, SOCKADDR_LL_SIZE);
  view.setUint16(2, fields.protocol, false);
  view.setInt32(4, fields.ifindex, true);
  view.setUint16(8, fields.hatype, true);
  bytes[10] = fields.pkttype;
  bytes[11] = fields.addr.length;
  bytes.set(fields.addr, SLL_ADDR);
  return bytes;
}

/** Reads a `struct sockaddr_ll`, whose address may be longer than 8 bytes. */
export function sockaddr_ll_fields(sockaddr: Uint8Array): LinkFields {
  const view = view_of(sockaddr);
  return {
    protocol: view.getUint16(2, false),
    ifindex: view.getInt32(4, true),
    hatype: view.getUint16(8, true),
    pkttype: sockaddr[10]!,
    addr: sockaddr.slice(SLL_ADDR, SLL_ADDR + sockaddr[11]!),
  };
}

/** Makes a `struct sockaddr_nl`, or a `struct sockaddr_qrtr`, which has the same layout. */
export function sockaddr_nl(
  family: number,
  pid: number,
  groups: number,
): Uint8Array<ArrayBuffer> {
  const [bytes, view] = make(family, SOCKADDR_NL_SIZE);
  view.setUint32(4, pid, true);
  view.setUint32(8, groups, true);
  return bytes;
}

/**
 * Returns the `nl_pid` and `nl_groups` of a `struct sockaddr_nl`, or the `sq_node` and `sq_port`
 * of a `struct sockaddr_qrtr`.
 */
export function sockaddr_nl_fields(
  sockaddr: Uint8Array,
): [pid: number, groups: number] {
  const view = view_of(sockaddr);
  return [view.getUint32(4, true), view.getUint32(8, true)];
}

/** Makes a `struct sockaddr_vm`. */
export function sockaddr_vm(
  family: number,
  cid: number,
  port: number,
): Uint8Array<ArrayBuffer> {
  const [bytes, view] = make(family, SOCKADDR_VM_SIZE);
  view.setUint32(4, port, true);
  view.setUint32(8, cid, true);
  return bytes;
}

/** Returns the `svm_cid` and `svm_port` of a `struct sockaddr_vm`. */
export function sockaddr_vm_fields(
  sockaddr: Uint8Array,
): [cid: number, port: number] {
  const view = view_of(sockaddr);
  return [view.getUint32(8, true), view.getUint32(4, true)];
}

/** The fields of a `struct sockaddr_can`; its address is a union, one member for each protocol. */
export interface CanFields {
  /** `can_ifindex`; 0 for every interface. */
  ifindex: number;
  /** `can_addr.tp` of CAN_ISOTP. */
  tp?: { rx_id: number; tx_id: number };
  /** `can_addr.j1939` of CAN_J1939. */
  j1939?: { name: bigint; pgn: number; addr: number };
}

/** Makes a `struct sockaddr_can`. */
export function sockaddr_can(
  family: number,
  { ifindex, tp, j1939 }: CanFields,
): Uint8Array<ArrayBuffer> {
  const [bytes, view] = make(family, SOCKADDR_CAN_SIZE);
  view.setInt32(4, ifindex, true);
  if (tp !== undefined) {
    view.setUint32(8, tp.rx_id, true);
    view.setUint32(12, tp.tx_id, true);
  } else if (j1939 !== undefined) {
    view.setBigUint64(8, j1939.name, true);
    view.setUint32(16, j1939.pgn, true);
    bytes[20] = j1939.addr;
  }
  return bytes;
}

/** Reads a `struct sockaddr_can` as both protocols do. */
export function sockaddr_can_fields(sockaddr: Uint8Array): Required<CanFields> {
  const view = view_of(sockaddr);
  return {
    ifindex: view.getInt32(4, true),
    tp: { rx_id: view.getUint32(8, true), tx_id: view.getUint32(12, true) },
    j1939: {
      name: view.getBigUint64(8, true),
      pgn: view.getUint32(16, true),
      addr: sockaddr[20]!,
    },
  };
}

/** Makes a `struct sockaddr_tipc`; the address type defines the three words. */
export function sockaddr_tipc(
  family: number,
  addrtype: number,
  words: readonly [number, number, number],
  scope: number,
): Uint8Array<ArrayBuffer> {
  const [bytes, view] = make(family, SOCKADDR_TIPC_SIZE);
  bytes[2] = addrtype;
  bytes[3] = scope;
  words.forEach((word, i) => view.setUint32(4 + 4 * i, word, true));
  return bytes;
}

/** Reads a `struct sockaddr_tipc`. */
export function sockaddr_tipc_fields(sockaddr: Uint8Array): {
  addrtype: number;
  words: [number, number, number];
  scope: number;
} {
  const view = view_of(sockaddr);
  return {
    addrtype: sockaddr[2]!,
    words: [4, 8, 12].map((at) => view.getUint32(at, true)) as [
      number,
      number,
      number,
    ],
    scope: view.getInt8(3),
  };
}

/** The fields of a `struct sockaddr_alg`; the names in bytes, without their NUL. */
export interface AlgFields {
  /** `salg_type`: at most 13 bytes. */
  type: Uint8Array;
  /** `salg_name`: at most 63 bytes. */
  name: Uint8Array;
  /** `salg_feat`. */
  feat: number;
  /** `salg_mask`. */
  mask: number;
}

/** Makes a `struct sockaddr_alg`. */
export function sockaddr_alg(
  family: number,
  { type, name, feat, mask }: AlgFields,
): Uint8Array<ArrayBuffer> {
  const [bytes, view] = make(family, SOCKADDR_ALG_SIZE);
  bytes.set(type.subarray(0, SALG_TYPE_SIZE - 1), 2);
  view.setUint32(16, feat, true);
  view.setUint32(20, mask, true);
  bytes.set(name.subarray(0, SALG_NAME_SIZE - 1), 24);
  return bytes;
}

/** Reads a `struct sockaddr_alg`. */
export function sockaddr_alg_fields(sockaddr: Uint8Array): AlgFields {
  const view = view_of(sockaddr);
  return {
    type: until_nul(sockaddr.subarray(2, 2 + SALG_TYPE_SIZE)),
    name: until_nul(sockaddr.subarray(24, 24 + SALG_NAME_SIZE)),
    feat: view.getUint32(16, true),
    mask: view.getUint32(20, true),
  };
}

/** Makes a `struct ifreq` with a name (at most 15 bytes), an index, or neither. */
export function ifreq(
  name: Uint8Array | null,
  ifindex: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(IFREQ_SIZE);
  if (name !== null) bytes.set(name.subarray(0, IFNAMSIZ - 1));
  view_of(bytes).setInt32(IFNAMSIZ, ifindex, true);
  return bytes;
}

/** Returns the `ifr_ifindex` of a `struct ifreq`. */
export function ifreq_ifindex(bytes: Uint8Array): number {
  return view_of(bytes).getInt32(IFNAMSIZ, true);
}

/** Returns the `ifr_name` of a `struct ifreq`, without its NUL. */
export function ifreq_name(bytes: Uint8Array): Uint8Array {
  return until_nul(bytes.subarray(0, IFNAMSIZ));
}
