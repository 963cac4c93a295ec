/**
 * Addresses of the families that only Linux has, in CPython's shapes.
 *
 * @module
 */

import * as ffi from "../../ffi/sockaddr_linux.ts";
import { bytes, int, shown, text } from "../arguments.ts";
import { OSError, OverflowError, ValueError } from "../exceptions.ts";
import type { LinuxAddress } from "./address_types.ts";
import {
  AF_ALG,
  AF_CAN,
  AF_NETLINK,
  AF_PACKET,
  AF_QIPCRTR,
  AF_TIPC,
  AF_VSOCK,
  CAN_BCM,
  CAN_ISOTP,
  CAN_J1939,
  CAN_RAW,
  PACKET_HOST,
  TIPC_ADDR_ID,
  TIPC_ADDR_NAME,
  TIPC_ADDR_NAMESEQ,
  TIPC_CLUSTER_SCOPE,
} from "./constants/mod.ts";
import { interface_index, interface_name } from "./databases.ts";
import type { Handle } from "./handle.ts";

const SALG_TYPE_MOST = 13;
const SALG_NAME_MOST = 63;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Checks the shape of an address: an array with so many items. */
function items(
  address: unknown,
  caller: string,
  shape: string,
  least: number,
  most = least,
): unknown[] {
  if (!Array.isArray(address)) {
    throw new TypeError(
      `${caller}(): ${shape}, not ${shown(address)}`,
    );
  }
  if (address.length < least || address.length > most) {
    throw new TypeError(`${caller}(): ${shape}, not ${address.length} items`);
  }
  return address;
}

/** An `unsigned int`; -1 stands for the highest, as in CPython and C. */
function u32(value: unknown, name: string): number {
  return int(value, name, -0x80000000, 0xffffffff) >>> 0;
}

/** A 64-bit number, which may be a bigint. */
function u64(value: unknown, name: string): bigint {
  const number = typeof value === "bigint"
    ? value
    : BigInt(int(value, name, 0, Number.MAX_SAFE_INTEGER));
  if (number < 0n || number > 0xffffffffffffffffn) {
    throw new OverflowError(`${name} must be in 0 to 2^64 - 1`);
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
    : bytes(addr, `${caller}(): addr`);
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
  const { proto } = handle;
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
  // A name's third word is its domain, an id has none: CPython leaves them 0.
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
  if (fields.type.length > SALG_TYPE_MOST) {
    throw new ValueError("AF_ALG type too long.");
  }
  if (fields.name.length > SALG_NAME_MOST) {
    throw new ValueError("AF_ALG name too long.");
  }
  return ffi.sockaddr_alg(AF_ALG, fields);
}

/**
 * Checks an address of one of Linux's own families.
 *
 * @returns The bytes for the kernel; `null` if the family is another.
 * @throws {TypeError} If it has not the family's shape.
 * @throws {OverflowError} If a number is out of range.
 * @throws {ValueError} If a hardware address or an algorithm's name is too long.
 * @throws {OSError} ENODEV if there is no such interface.
 */
export function to_linux(
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
  switch (handle.family) {
    case AF_NETLINK:
      return ffi.sockaddr_nl(AF_NETLINK, ...pair("pid", "groups"));
    case AF_VSOCK:
      return ffi.sockaddr_vm(AF_VSOCK, ...pair("cid", "port"));
    case AF_QIPCRTR:
      return ffi.sockaddr_qrtr(AF_QIPCRTR, ...pair("node", "port"));
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
 * An address of one of Linux's own families as Python shows it.
 *
 * @param sockaddr The bytes that the kernel filled, padded to any family's length.
 * @param addrlen How many it filled.
 * @returns The address; `null` if the family is another, or the bytes too few.
 */
export function from_linux(
  handle: Handle,
  family: number,
  sockaddr: Uint8Array,
  addrlen: number,
): LinuxAddress | null {
  const has = (size: number) => addrlen >= size;
  if (family === AF_NETLINK && has(ffi.SOCKADDR_NL_SIZE)) {
    return ffi.sockaddr_nl_fields(sockaddr);
  }
  if (family === AF_VSOCK && has(ffi.SOCKADDR_VM_SIZE)) {
    return ffi.sockaddr_vm_fields(sockaddr);
  }
  if (family === AF_QIPCRTR && has(ffi.SOCKADDR_QRTR_SIZE)) {
    return ffi.sockaddr_qrtr_fields(sockaddr);
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
    if (handle.proto === CAN_ISOTP) return [ifname, tp.rx_id, tp.tx_id];
    return handle.proto === CAN_J1939
      ? [ifname, j1939.name, j1939.pgn, j1939.addr]
      : [ifname];
  }
  if (family === AF_TIPC && has(ffi.SOCKADDR_TIPC_SIZE)) {
    const { addrtype, words: [v1, v2, v3], scope } = ffi.sockaddr_tipc_fields(
      sockaddr,
    );
    // As CPython has it: of a name the instance twice, of an id a 0.
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
