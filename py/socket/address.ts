import {
  getaddrinfo,
  type Resolution,
  type ResolvedAddress,
} from "../../ffi/getaddrinfo.ts";
import { look_up } from "../../ffi/lookups.ts";
import {
  addr,
  addrlen,
  sockaddr_family,
  sockaddr_in,
  sockaddr_in6,
  sockaddr_in6_fields,
  SOCKADDR_IN6_SIZE,
  SOCKADDR_IN_SIZE,
  sockaddr_in_text,
  sockaddr_port,
  SOCKADDR_STORAGE_SIZE,
  sockaddr_un,
  sockaddr_un_path,
  SUN_PATH_SIZE,
} from "../../ffi/sockaddr.ts";
import { bytes, int, shown, text } from "../arguments.ts";
import { OSError, ValueError } from "../exceptions.ts";
import {
  AF_INET,
  AF_INET6,
  AF_RDS,
  AF_UNIX,
  SOCK_DGRAM,
} from "./constants/mod.ts";
import type { Address } from "./address_types.ts";
import { from_linux, to_linux } from "./families.ts";
import { gai_error } from "./gaierror.ts";
import type { Handle } from "./handle.ts";
import { inet_ntop } from "./inet.ts";
import { check_host, check_lookup, check_net } from "./permission.ts";

export type { Address, AddressLike } from "./address_types.ts";

/** An address for the kernel, with the host as the caller wrote it, in ASCII. */
export interface Sockaddr {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly host: string;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Checks an address and resolves its host.
 *
 * @param handle The socket that the address is for.
 * @param address As the caller gave it.
 * @param caller The method's name, for messages.
 * @throws {TypeError} If it has not the family's shape.
 * @throws {OverflowError} If a port, flowinfo or scope_id is out of range.
 * @throws {gaierror} If the host cannot be resolved.
 * @throws {OSError} If a path is too long, or the family is one that cannot be addressed.
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

/** An address of IPv4 or IPv6 whose host is still to be resolved. */
interface Parsed {
  readonly family: number;
  readonly host: string;
  readonly port: number;
  readonly flow: number;
  readonly scope: number;
}

/** Checks an address, and that `--deny-net` allows to look its host up. */
function parse(
  handle: Handle,
  address: unknown,
  caller: string,
): Sockaddr | Parsed {
  // Reliable datagrams are addressed as IPv4 is.
  const family = handle.family === AF_RDS ? AF_INET : handle.family;
  if (family === AF_UNIX) return unix_sockaddr(address, caller);
  if (family !== AF_INET && family !== AF_INET6) {
    const bytes = to_linux(handle, address, caller);
    if (bytes === null) throw new OSError(`${caller}(): bad family`);
    return { bytes, host: "" };
  }
  const most = family === AF_INET ? 2 : 4;
  const shape = family === AF_INET
    ? "AF_INET address must be [host, port]"
    : "AF_INET6 address must be [host, port, flowinfo, scope_id]";
  if (!Array.isArray(address)) {
    throw new TypeError(`${caller}(): ${shape}, not ${shown(address)}`);
  }
  if (address.length < 2 || address.length > most) {
    throw new TypeError(`${caller}(): ${shape}, not ${address.length} items`);
  }
  const [host_argument, port_argument, flowinfo = 0, scope_id = 0] = address;
  const host = ascii_host(text(host_argument, `${caller}(): host`));
  const port = int(port_argument, `${caller}(): port`, 0, 65535);
  const flow = int(flowinfo, `${caller}(): flowinfo`, 0, 0xfffff);
  const scope = int(scope_id, `${caller}(): scope_id`, 0, 0xffffffff);
  check_host(host, port);
  return { family, host, port, flow, scope };
}

function sockaddr_of(
  { family, host, port, flow, scope }: Parsed,
  found: Uint8Array<ArrayBuffer>,
): Sockaddr {
  if (family === AF_INET) return { bytes: found, host };
  const resolved = sockaddr_in6_fields(found);
  const bytes = sockaddr_in6(
    family,
    resolved.address,
    port,
    flow,
    // A scope in the name, as in fe80::1%eth0, holds unless the caller gave a number.
    scope || resolved.scope_id,
  );
  return { bytes, host };
}

/**
 * Checks an address to send or connect to, and honours `--deny-net`.
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
  const { bytes, host } = to_sockaddr(handle, address, caller);
  check_net(host, bytes, true);
  return bytes;
}

/**
 * Checks an address as {@linkcode destination} does, without stopping the event loop.
 *
 * @returns The bytes for the kernel; a promise of them where a resolver has to be asked.
 * @throws As `destination`; the promise rejects with the signal's reason once it aborts.
 */
export function destination_async(
  handle: Handle,
  address: unknown,
  caller: string,
  signal: AbortSignal | undefined,
): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
  const parsed = parse(handle, address, caller);
  if ("bytes" in parsed || plain(parsed.family, parsed.host, parsed.port)) {
    return destination(handle, address, caller);
  }
  const { family, host, port } = parsed;
  return resolve_async(family, host, port, signal).then((found) => {
    const { bytes } = sockaddr_of(parsed, found);
    check_net(host, bytes, true);
    return bytes;
  });
}

/** The address that a call has just written. */
export function written_address(handle: Handle): Address {
  return from_sockaddr(addr.view, addrlen.view[0]!, handle);
}

const dotted = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** The first address of a host, without asking a resolver where it is plain. */
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
 * {@linkcode resolve} without stopping the event loop.
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
  const found = await lookup_async(host, service, family, SOCK_DGRAM, signal);
  return found[0]!.sockaddr;
}

/** The address of a host that needs no resolver; `null` for others. */
function plain(
  family: number,
  host: string,
  port: number,
): Uint8Array<ArrayBuffer> | null {
  if (host === "") {
    return family === AF_INET
      ? sockaddr_in(family, new Uint8Array(4), port)
      : sockaddr_in6(family, new Uint8Array(16), port, 0, 0);
  }
  if (host === "<broadcast>" || host === "255.255.255.255") {
    if (family !== AF_INET) throw new OSError("address family mismatched");
    return sockaddr_in(family, new Uint8Array(4).fill(255), port);
  }
  if (family === AF_INET) {
    const numbers = dotted.exec(host)?.slice(1);
    // With a leading zero the C library reads octal: leave that to it.
    if (numbers?.every((n) => String(Number(n)) === n && Number(n) < 256)) {
      return sockaddr_in(family, Uint8Array.from(numbers, Number), port);
    }
  }
  return null;
}

/**
 * {@linkcode lookup} without stopping the event loop.
 *
 * @throws As `lookup`; the signal's reason once it aborts.
 */
export async function lookup_async(
  host: string | null,
  service: string | null,
  family: number,
  socktype: number,
  signal: AbortSignal | undefined,
): Promise<ResolvedAddress[]> {
  const name = host === null ? null : ascii_host(host);
  check_lookup(name, service);
  return found_in(
    await look_up([name, service, family, socktype, 0, 0], signal),
  );
}

/** libc's getaddrinfo, with its errors thrown. */
export function lookup(
  host: string | null,
  service: string | null,
  family: number,
  socktype = 0,
  protocol = 0,
  flags = 0,
): ResolvedAddress[] {
  const name = host === null ? null : ascii_host(host);
  check_lookup(name, service);
  return found_in(getaddrinfo(
    name,
    service,
    family,
    socktype,
    protocol,
    flags,
  ));
}

/** The addresses that the resolver found, or its error thrown. */
export function found_in(result: Resolution): ResolvedAddress[] {
  if (result.error !== 0) {
    throw gai_error(result.error, result.errno, "getaddrinfo");
  }
  return result.addresses;
}

/** A host outside ASCII goes to the resolver in its IDNA form. */
export function ascii_host(host: string): string {
  // deno-lint-ignore no-control-regex -- ASCII is what is meant
  if (/^[\x00-\x7f]*$/.test(host)) return host;
  const url = URL.parse(`http://${host}/`);
  // What has a meaning in a URL would name another host: "x@127.0.0.1" is 127.0.0.1.
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
    : bytes(address, "path").slice();
  const abstract = path[0] === 0;
  if (path.length > SUN_PATH_SIZE - (abstract ? 0 : 1)) {
    throw new OSError("AF_UNIX path too long");
  }
  // The kernel would stop at it, and name another file.
  if (!abstract && path.includes(0)) {
    throw new ValueError(`${caller}(): path must not contain a null byte`);
  }
  return { bytes: sockaddr_un(AF_UNIX, path), host: "" };
}

/**
 * An address as Python shows it.
 *
 * @param sockaddr What the kernel filled in.
 * @param addrlen How many bytes of it; 0 where it has no address to tell.
 * @param handle The socket that it is of, if it may be of a family of Linux's own.
 */
export function from_sockaddr(
  sockaddr: Uint8Array,
  addrlen: number,
  handle?: Handle,
): Address {
  if (addrlen < 2) return null;
  const family = sockaddr_family(sockaddr);
  if (family === AF_INET && addrlen >= SOCKADDR_IN_SIZE) {
    return [sockaddr_in_text(sockaddr), sockaddr_port(sockaddr)];
  }
  if (family === AF_INET6 && addrlen >= SOCKADDR_IN6_SIZE) {
    const { address, flowinfo, scope_id } = sockaddr_in6_fields(sockaddr);
    const host = inet_ntop(AF_INET6, address);
    return [host, sockaddr_port(sockaddr), flowinfo, scope_id];
  }
  const length = Math.min(addrlen, SOCKADDR_STORAGE_SIZE);
  if (family === AF_UNIX) {
    const path = sockaddr_un_path(sockaddr, length);
    try {
      return utf8.decode(path);
    } catch {
      return path;
    }
  }
  // What the kernel left as it was is of an address before: zeros in its place.
  const filled = new Uint8Array(SOCKADDR_STORAGE_SIZE);
  filled.set(sockaddr.subarray(0, length));
  const linux = handle && from_linux(handle, family, filled, length);
  return linux ?? [family, filled.slice(2, length)];
}
