/**
 * libc's databases of hosts, services, protocols and interfaces: gethostbyname_r(3),
 * getservbyname_r(3), getprotobyname_r(3), if_nameindex(3).
 *
 * The functions that end in `_r` fill buffers of ours. Their plain twins have one static
 * struct for the whole process, workers included.
 *
 * @module
 */

import { ERANGE } from "./errno.ts";
import { errno, libc } from "./libc.ts";
import { bytes_at, c_string, text_at, text_of, view_of } from "./memory.ts";
import { os_error } from "./syscall.ts";

const HOSTENT_SIZE = 32;
const SERVENT_SIZE = 32;
const PROTOENT_SIZE = 24;
const IF_NAMEINDEX_SIZE = 16;
const MOST_SCRATCH = 0x1000000;

// `struct hostent`: h_name, h_aliases, h_addrtype, h_length, h_addr_list.
const H_ALIASES = 8, H_ADDRTYPE = 16, H_LENGTH = 20, H_ADDR_LIST = 24;
// `struct servent`: s_name, s_aliases, s_port, s_proto.
const S_PORT = 16;
// `struct protoent`: p_name, p_aliases, p_proto.
const P_PROTO = 16;

// The structs point into it, so it lives on, where nothing collects it.
let scratch = new Uint8Array(0);

/**
 * Calls a function that ends in `_r` with ever more room, until it fits.
 *
 * @returns The error number that it returned, 0 for none.
 */
function with_room(
  call: (buffer: Uint8Array<ArrayBuffer>, size: bigint) => number,
): number {
  if (scratch.length === 0) scratch = new Uint8Array(16384);
  for (;;) {
    const error = call(scratch, BigInt(scratch.length));
    if (error !== ERANGE || scratch.length >= MOST_SCRATCH) return error;
    scratch = new Uint8Array(scratch.length * 2);
  }
}

/** The pointers of an array that ends with NULL. */
function pointers_at(address: bigint): bigint[] {
  const pointers: bigint[] = [];
  if (address === 0n) return pointers;
  for (;; address += 8n) {
    const pointer = view_of(bytes_at(address, 8)).getBigUint64(0, true);
    if (pointer === 0n) return pointers;
    pointers.push(pointer);
  }
}

/** A `struct hostent`. */
export interface Host {
  /** `h_name`: the canonical name. */
  name: string;
  /** `h_aliases`: its other names. */
  aliases: string[];
  /** `h_addrtype`: AF_INET or AF_INET6. */
  family: number;
  /** `h_addr_list`: addresses in network order. */
  addresses: Uint8Array<ArrayBuffer>[];
}

/** What a look-up of a host came to: the host, or its `h_errno`. */
export type HostResult = Host | { h_errno: number };

function host_of(
  call: (
    hostent: Uint8Array<ArrayBuffer>,
    buffer: Uint8Array<ArrayBuffer>,
    size: bigint,
    result: BigUint64Array<ArrayBuffer>,
    h_errno: Int32Array<ArrayBuffer>,
  ) => number,
): HostResult {
  const hostent = new Uint8Array(HOSTENT_SIZE);
  const result = new BigUint64Array(1);
  const h_errno = new Int32Array(1);
  with_room((buffer, size) => call(hostent, buffer, size, result, h_errno));
  if (result[0] === 0n) return { h_errno: h_errno[0]! };
  const view = view_of(hostent);
  const length = view.getInt32(H_LENGTH, true);
  return {
    name: text_at(view.getBigUint64(0, true)),
    aliases: pointers_at(view.getBigUint64(H_ALIASES, true)).map(text_at),
    family: view.getInt32(H_ADDRTYPE, true),
    addresses: pointers_at(view.getBigUint64(H_ADDR_LIST, true))
      .map((address) => bytes_at(address, length)),
  };
}

/** What an `h_errno` means, in libc's words: hstrerror(3). */
export function hstrerror(h_errno: number): string {
  return text_of(libc.hstrerror(h_errno));
}

/** gethostbyname_r(3): the IPv4 addresses of a name. */
export function host_by_name(name: string): HostResult {
  const node = c_string(name);
  return host_of((hostent, buffer, size, result, h_errno) =>
    libc.gethostbyname_r(node, hostent, buffer, size, result, h_errno)
  );
}

/** gethostbyaddr_r(3): the name of an address, 4 or 16 bytes. */
export function host_by_address(
  address: Uint8Array<ArrayBuffer>,
  family: number,
): HostResult {
  return host_of((hostent, buffer, size, result, h_errno) =>
    libc.gethostbyaddr_r(
      address,
      address.length,
      family,
      hostent,
      buffer,
      size,
      result,
      h_errno,
    )
  );
}

function entry_of(
  length: number,
  call: (
    entry: Uint8Array<ArrayBuffer>,
    buffer: Uint8Array<ArrayBuffer>,
    size: bigint,
    result: BigUint64Array<ArrayBuffer>,
  ) => number,
): DataView | null {
  const entry = new Uint8Array(length);
  const result = new BigUint64Array(1);
  with_room((buffer, size) => call(entry, buffer, size, result));
  return result[0] === 0n ? null : view_of(entry);
}

/** getservbyname_r(3): a service's port, in network order; `null` if there is none. */
export function service_by_name(
  name: string,
  protocol: string | null,
): number | null {
  const service = c_string(name);
  const proto = protocol === null ? null : c_string(protocol);
  const servent = entry_of(
    SERVENT_SIZE,
    (entry, buffer, size, result) =>
      libc.getservbyname_r(service, proto, entry, buffer, size, result),
  );
  return servent?.getInt32(S_PORT, true) ?? null;
}

/** getservbyport_r(3): a service's name by its port, in network order. */
export function service_by_port(
  port: number,
  protocol: string | null,
): string | null {
  const proto = protocol === null ? null : c_string(protocol);
  const servent = entry_of(
    SERVENT_SIZE,
    (entry, buffer, size, result) =>
      libc.getservbyport_r(port, proto, entry, buffer, size, result),
  );
  return servent && text_at(servent.getBigUint64(0, true));
}

/** getprotobyname_r(3): a protocol's number; `null` if there is none. */
export function protocol_by_name(name: string): number | null {
  const protocol = c_string(name);
  const protoent = entry_of(
    PROTOENT_SIZE,
    (entry, buffer, size, result) =>
      libc.getprotobyname_r(protocol, entry, buffer, size, result),
  );
  return protoent?.getInt32(P_PROTO, true) ?? null;
}

/**
 * if_nameindex(3): the interfaces.
 *
 * @throws {OSError} ENOBUFS, ENOMEM.
 */
export function interfaces(): [index: number, name: string][] {
  const list = libc.if_nameindex();
  if (list === null) throw os_error(errno(), { syscall: "if_nameindex" });
  const found: [number, string][] = [];
  try {
    // An array of { unsigned int if_index; char *if_name } that ends with zeros.
    let at = Deno.UnsafePointer.value(list);
    for (;; at += BigInt(IF_NAMEINDEX_SIZE)) {
      const view = view_of(bytes_at(at, IF_NAMEINDEX_SIZE));
      const index = view.getUint32(0, true);
      if (index === 0) return found;
      found.push([index, text_at(view.getBigUint64(8, true))]);
    }
  } finally {
    libc.if_freenameindex(list);
  }
}
