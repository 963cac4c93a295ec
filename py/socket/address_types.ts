import type { BytesLike } from "../arguments.ts";
import type { AF_INET, AF_INET6, AF_UNIX } from "./constants/mod.ts";

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
 * UTF-8. `null` of a sender that has none.
 */
export type UnixAddress = string | Uint8Array | null;

/**
 * An address as calls return it: of AF_UNIX a string (a name that is not UTF-8 as bytes),
 * of AF_INET, AF_INET6 and Linux's own families an array, of others the number and the
 * bytes. `null` where there is none.
 */
export type Address =
  | InetAddress
  | Inet6Address
  | LinuxAddress
  | [family: number, data: Uint8Array]
  | UnixAddress;

/**
 * The addresses of a family: of AF_INET {@linkcode InetAddress}, and so on; any
 * {@linkcode Address} of a family that is known only when the program runs.
 */
export type AddressOf<Family extends number> = Family extends typeof AF_INET
  ? InetAddress
  : Family extends typeof AF_INET6 ? Inet6Address
  : Family extends typeof AF_UNIX ? UnixAddress
  : Address;

/**
 * An address as calls take it: a host may be a name, `""` for every interface or
 * `"<broadcast>"`; an abstract AF_UNIX name begins with `"\0"`. What calls return they
 * take as well, but for `null`, which is a `TypeError`.
 */
export type AddressLike =
  | Address
  | readonly [
    host: string,
    port: number,
    flowinfo?: number,
    scope_id?: number,
  ]
  // What TypeScript makes of `const address = ["localhost", 10000]`.
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

/** An AF_NETLINK address: a port, by habit the process, and a mask of groups. */
export type NetlinkAddress = [pid: number, groups: number];

/** An AF_VSOCK address: a context, which is a machine, and a port. */
export type VsockAddress = [cid: number, port: number];

/** An AF_QIPCRTR address. */
export type QrtrAddress = [node: number, port: number];

/**
 * An AF_CAN address: the interface's name, `""` for every one; of CAN_ISOTP also the
 * identifiers, of CAN_J1939 a node's name (64 bits), a parameter group and an address.
 */
export type CanAddress =
  | [ifname: string]
  | [ifname: string, rx_id: number, tx_id: number]
  | [ifname: string, name: bigint, pgn: number, addr: number];

/** An AF_TIPC address: a `TIPC_ADDR_*` number, what it says the next three are, and a scope. */
export type TipcAddress = [
  addr_type: number,
  v1: number,
  v2: number,
  v3: number,
  scope: number,
];

/** An AF_ALG address: such as `["hash", "sha256", 0, 0]`. */
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

/** An address of one of Linux's own families, as calls take it: with Python's defaults. */
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
