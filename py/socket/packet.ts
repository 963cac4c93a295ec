import { sockaddr_in, sockaddr_in6 } from "../../ffi/sockaddr.ts";
import { bytes_from, length_of } from "../arguments.ts";
import { OSError } from "../exceptions.ts";
import {
  AF_INET,
  AF_INET6,
  IP_HDRINCL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  SOCK_RAW,
} from "./constants/mod.ts";
import type { Handle } from "./handle.ts";
import { getsockopt_int } from "./options.ts";
import { check_net } from "./permission.ts";

const IPV6_HDRINCL = 36;

// Where a header has the destination, and in how many bytes.
const HEADERS = [
  { level: IPPROTO_IP, optname: IP_HDRINCL, at: 16, length: 4 },
  { level: IPPROTO_IPV6, optname: IPV6_HDRINCL, at: 24, length: 16 },
];

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * What a socket is to send: of a raw one whose packets come with their IP header, a copy,
 * once `--deny-net` does not refuse the destination that the header names.
 *
 * @throws {Deno.errors.NotCapable} If the destination is denied.
 */
export function packet(handle: Handle, data: Bytes): Bytes {
  return handle.type === SOCK_RAW ? packets(handle, [data])[0]! : data;
}

/**
 * {@linkcode packet} of several views, one behind the other.
 *
 * @throws {Deno.errors.NotCapable} If the destination is denied.
 */
export function packets(
  { fd, type }: Handle,
  parts: readonly Bytes[],
): readonly Bytes[] {
  if (type !== SOCK_RAW) return parts;
  const header = HEADERS.find(({ level, optname }) =>
    is_set(fd, level, optname)
  );
  if (header === undefined) return parts;
  // Copied: another thread may have the memory, and change it after the check.
  const copy = joined(parts);
  const { at, length } = header;
  if (copy.length >= at + length) {
    const address = copy.slice(at, at + length);
    const sockaddr = length === 4
      ? sockaddr_in(AF_INET, address, 0)
      : sockaddr_in6(AF_INET6, address, 0, 0, 0);
    check_net("", sockaddr, true);
  }
  return [copy];
}

function is_set(fd: number, level: number, optname: number): boolean {
  try {
    return getsockopt_int(fd, level, optname) !== 0;
  } catch (error) {
    // A socket of another family.
    if (error instanceof OSError) return false;
    throw error;
  }
}

function joined(parts: readonly Bytes[]): Bytes {
  const size = parts.reduce((sum, part) => sum + length_of(part), 0);
  const packet = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    packet.set(bytes_from(part, 0), at);
    at += length_of(part);
  }
  return packet;
}
