/**
 * Resolves hosts: getaddrinfo, gethostbyname, getnameinfo and the like.
 *
 * @module
 */

import { EAFNOSUPPORT } from "../../ffi/errno.ts";
import { bare, errno, libc } from "../../ffi/libc.ts";
import { c_text } from "../../ffi/memory.ts";
import {
  host_by_address,
  host_by_name,
  type HostResult,
  hstrerror,
  look_up_address,
  look_up_host,
  look_up_names,
  type Query,
  type ResolvedAddress,
} from "../../ffi/netdb.ts";
import { format_stack } from "../../ffi/os_error.ts";
import {
  sockaddr_family,
  sockaddr_in6,
  sockaddr_in6_fields,
  sockaddr_in_address,
  sockaddr_in_text,
  sockaddr_port,
} from "../../ffi/sockaddr.ts";
import { os_error, syscall } from "../../ffi/syscall.ts";
import {
  int,
  type Keywords,
  keywords,
  shown,
  text,
  whole,
} from "../arguments.ts";
import { OSError } from "../exceptions.ts";
import { check_signal, type WaitOptions } from "../pending.ts";
import {
  ascii_host,
  from_sockaddr,
  type Inet6Address,
  type InetAddress,
  lookup,
  lookup_async,
  resolve,
  resolve_async,
} from "./address.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  AI_NUMERICHOST,
  AI_PASSIVE,
  NI_MAXHOST,
  NI_MAXSERV,
  NI_NUMERICHOST,
  SOCK_DGRAM,
} from "./constants.ts";
import { gai_error, inet_ntop } from "./names.ts";
import { check_reverse } from "./refusals.ts";

/**
 * A result of {@linkcode getaddrinfo}, in the order of the arguments of `socket` and `connect`.
 */
export type AddressInfo = [
  family: number,
  type: number,
  proto: number,
  canonname: string,
  sockaddr: InetAddress | Inet6Address,
];

/** The optional arguments of {@linkcode getaddrinfo}, by keyword or in this order. */
export interface AddrInfoOptions {
  /** AF_INET, AF_INET6; 0, the default, for both. */
  readonly family?: number | undefined;
  /** SOCK_STREAM, SOCK_DGRAM; 0, the default, for all. */
  readonly type?: number | undefined;
  /** IPPROTO_TCP, IPPROTO_UDP; 0, the default, for all. */
  readonly proto?: number | undefined;
  /** AI_PASSIVE, AI_NUMERICHOST, AI_CANONNAME and so on, joined by `|`. */
  readonly flags?: number | undefined;
}

const HINTS = ["family", "type", "proto", "flags"];

/**
 * Resolves a host and a service with libc's resolver: Python's `socket.getaddrinfo`,
 * getaddrinfo(3). It blocks until the name server answers.
 *
 * @param host A name or an address; `null` for the loopback, or with AI_PASSIVE for every
 * interface.
 * @param port A number, or a service's name; `null` for none.
 * @param hints `family`, `type`, `proto`, `flags`, by keyword or by position: see
 * {@linkcode AddrInfoOptions}.
 * @returns The results, best first.
 * @throws {Deno.errors.NotCapable} If `--deny-net` refuses to look the name up.
 * @throws {gaierror} If the host or the service cannot be resolved.
 * @throws {TypeError} If an argument has the wrong type.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const found = socket.getaddrinfo("127.0.0.1", 80, { type: socket.SOCK_STREAM });
 * assertEquals(found, [[
 *   socket.AF_INET,
 *   socket.SOCK_STREAM,
 *   socket.IPPROTO_TCP,
 *   "",
 *   ["127.0.0.1", 80],
 * ]]);
 * ```
 */
export function getaddrinfo(
  host: string | null,
  port: string | number | null,
  ...hints: Keywords<
    [family: number, type: number, proto: number, flags: number],
    AddrInfoOptions
  >
): AddressInfo[] {
  const question = asked(host, port, keywords("getaddrinfo", hints, HINTS));
  return lookup(...question).map(info_of);
}

/**
 * Resolves as {@linkcode getaddrinfo} does, without stopping the event loop.
 *
 * @param host As `getaddrinfo` takes it.
 * @param port A number, or a service's name; `null` for none.
 * @param hints As for `getaddrinfo`; and `signal`, to end the wait. Eight look-ups run at a time,
 * on threads of the runtime's pool; others queue. An aborted one keeps its thread until libc has
 * an answer or gives up.
 * @returns The result, as from `getaddrinfo`.
 * @throws {Deno.errors.NotCapable} If `--deny-net` refuses to look the name up.
 * @throws As `getaddrinfo`; the signal's reason once it aborts.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const { AF_INET, SOCK_STREAM } = socket;
 * const [found] = await socket.getaddrinfoAsync("127.0.0.1", 80, AF_INET, SOCK_STREAM);
 * assertEquals(found?.[4], ["127.0.0.1", 80]);
 * ```
 */
export async function getaddrinfoAsync(
  host: string | null,
  port: string | number | null,
  ...hints: Keywords<
    [family: number, type: number, proto: number, flags: number],
    AddrInfoOptions & WaitOptions
  >
): Promise<AddressInfo[]> {
  const sorted = keywords("getaddrinfoAsync", hints, HINTS, ["signal"]);
  const signal = check_signal({ signal: sorted[4] });
  const found = await lookup_async(signal, ...asked(host, port, sorted));
  return found.map(info_of);
}

function asked(host: unknown, port: unknown, hints: unknown[]): Query {
  const [family = 0, type = 0, proto = 0, flags = 0] = hints;
  return [
    host === null ? null : text(host, "host"),
    service_of(port),
    int(family, "family"),
    int(type, "type"),
    int(proto, "proto"),
    int(flags, "flags"),
  ];
}

function info_of(found: ResolvedAddress): AddressInfo {
  const { family, socktype, protocol, canonname, sockaddr } = found;
  // libc's resolver knows these two families.
  const address = from_sockaddr(sockaddr, sockaddr.length) as
    | InetAddress
    | Inet6Address;
  return [family, socktype, protocol, canonname, address];
}

/** Converts a port for getaddrinfo(3): digits, a name, or `null`. */
export function service_of(port: unknown): string | null {
  if (port === null || port === undefined) return null;
  if (typeof port === "string") return text(port, "port");
  // The resolver checks the range, as in CPython.
  if (typeof port === "number") return String(BigInt(whole(port, "port")));
  throw new TypeError(
    `port must be an integer, a string or null, not ${shown(port)}`,
  );
}

// HOST_NAME_MAX is 64 on Linux; a truncated name may lack its NUL.
const HOSTNAME_SIZE = 256;

/**
 * A host was not found: Python's `socket.herror`, hstrerror(3).
 *
 * `errno` is the `h_errno` of gethostbyname(3) and `code` its name, such as
 * `"HOST_NOT_FOUND"`.
 *
 * @example
 * ```ts
 * import { OSError, socket } from "@iomux/py";
 * import { assert } from "@std/assert";
 *
 * assert(new socket.herror(1, "Unknown host") instanceof OSError);
 * ```
 */
export class herror extends OSError {
  static {
    this.prototype.name = "herror";
  }
}

/** A host's name, its aliases, and its addresses. */
export type HostEntry = [
  hostname: string,
  aliaslist: string[],
  ipaddrlist: string[],
];

const h_errnos: Record<number, string> = {
  [-1]: "NETDB_INTERNAL",
  1: "HOST_NOT_FOUND",
  2: "TRY_AGAIN",
  3: "NO_RECOVERY",
  4: "NO_DATA",
};

function entry_of(
  found: HostResult,
  family: number,
  caller: string,
): HostEntry {
  const result = bare(found);
  if ("h_errno" in result) {
    const { h_errno } = result;
    const code = h_errnos[h_errno] ?? "NO_RECOVERY";
    // As for gaierror: perhaps no descriptor was free.
    throw format_stack(
      new herror(h_errno, hstrerror(h_errno), { syscall: caller, code }),
    );
  }
  if (result.family !== family) {
    throw os_error(EAFNOSUPPORT, { syscall: caller });
  }
  const addresses = result.addresses.map((one) => inet_ntop(family, one));
  return [result.name, result.aliases, addresses];
}

/**
 * Resolves a host to one IPv4 address: Python's `socket.gethostbyname`.
 *
 * @param hostname A name or an address.
 * @returns An address such as `127.0.0.1`.
 * @throws {Deno.errors.NotCapable} If `--deny-net` refuses to look the name up.
 * @throws {gaierror} If it cannot be resolved.
 * @throws {TypeError} If it is not a string.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(socket.gethostbyname("127.0.0.1"), "127.0.0.1");
 * ```
 */
export function gethostbyname(hostname: string): string {
  return sockaddr_in_text(resolve(AF_INET, text(hostname, "hostname"), 0));
}

/**
 * Finds a host's first IPv4 address as {@linkcode gethostbyname} does, without stopping the
 * event loop.
 *
 * @param hostname A name or an address.
 * @param options `signal`, to end the wait, as for {@linkcode getaddrinfoAsync}.
 * @returns An address such as `127.0.0.1`.
 * @throws As `gethostbyname`; the signal's reason once it aborts.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await socket.gethostbynameAsync("127.0.0.1"), "127.0.0.1");
 * ```
 */
export async function gethostbynameAsync(
  hostname: string,
  options?: WaitOptions,
): Promise<string> {
  const signal = check_signal(options);
  signal?.throwIfAborted();
  const host = text(hostname, "hostname");
  return sockaddr_in_text(await resolve_async(AF_INET, host, 0, signal));
}

/**
 * Returns this machine's name: Python's `socket.gethostname`, gethostname(2).
 *
 * @returns The name.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assert } from "@std/assert";
 *
 * assert(socket.gethostname().length > 0);
 * ```
 */
export function gethostname(): string {
  const name = new Uint8Array(HOSTNAME_SIZE);
  syscall(
    "gethostname",
    () => libc.gethostname(name, BigInt(HOSTNAME_SIZE - 1)),
  );
  return c_text(name);
}

/**
 * Sets this machine's name: Python's `socket.sethostname`, sethostname(2).
 *
 * @param name At most 64 bytes.
 * @throws {PermissionError} Without CAP_SYS_ADMIN.
 * @throws {OSError} EINVAL, if it is too long.
 * @throws {TypeError} If it is not a string.
 *
 * @example
 * ```ts
 * import { OSError, socket } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => socket.sethostname("x".repeat(65)), OSError);
 * ```
 */
export function sethostname(name: string): void {
  const bytes = new TextEncoder().encode(text(name, "name"));
  syscall("sethostname", () => libc.sethostname(bytes, BigInt(bytes.length)));
}

/**
 * Resolves a host to its names and IPv4 addresses: Python's `socket.gethostbyname_ex`,
 * gethostbyname(3).
 *
 * @param hostname A name or an address.
 * @returns The name, its aliases, its addresses.
 * @throws {Deno.errors.NotCapable} If `--deny-net` refuses to look the name up.
 * @throws {gaierror} If it cannot be resolved.
 * @throws {herror} If only gethostbyname(3) cannot resolve it.
 * @throws {TypeError} If it is not a string.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   socket.gethostbyname_ex("127.0.0.1"),
 *   ["127.0.0.1", [], ["127.0.0.1"]],
 * );
 * ```
 */
export function gethostbyname_ex(hostname: string): HostEntry {
  const host = ascii_host(text(hostname, "hostname"));
  // CPython resolves it first, too, which is the source of the gaierror.
  resolve(AF_INET, host, 0);
  return entry_of(host_by_name(host), AF_INET, "gethostbyname_r");
}

/**
 * Resolves a host as {@linkcode gethostbyname_ex} does, without stopping the event loop.
 *
 * @param hostname A name or an address.
 * @param options `signal`, to end the wait, as for {@linkcode getaddrinfoAsync}.
 * @returns The name, its aliases, its addresses.
 * @throws As `gethostbyname_ex`; the signal's reason once it aborts.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   await socket.gethostbyname_exAsync("127.0.0.1"),
 *   ["127.0.0.1", [], ["127.0.0.1"]],
 * );
 * ```
 */
export async function gethostbyname_exAsync(
  hostname: string,
  options?: WaitOptions,
): Promise<HostEntry> {
  const signal = check_signal(options);
  signal?.throwIfAborted();
  const host = ascii_host(text(hostname, "hostname"));
  await resolve_async(AF_INET, host, 0, signal);
  const found = await look_up_host(host, signal);
  return entry_of(found, AF_INET, "gethostbyname_r");
}

/** An address in network order. */
interface Packed {
  family: number;
  packed: Uint8Array<ArrayBuffer>;
}

/** Returns the address of `""` or `"<broadcast>"`, as CPython's setipaddr does; else `null`. */
function known_address(host: string): Uint8Array | null {
  if (host === "<broadcast>") return resolve(AF_INET, host, 0);
  if (host !== "") return null;
  const wildcards = lookup(null, "0", AF_UNSPEC, SOCK_DGRAM, 0, AI_PASSIVE);
  if (wildcards.length > 1) {
    throw new OSError("wildcard resolved to multiple address");
  }
  return wildcards[0]!.sockaddr;
}

function packed_of(sockaddr: Uint8Array): Packed {
  const family = sockaddr_family(sockaddr);
  const packed = family === AF_INET6
    ? sockaddr_in6_fields(sockaddr).address
    : sockaddr_in_address(sockaddr);
  return { family, packed };
}

/**
 * Finds the name of an address: Python's `socket.gethostbyaddr`, gethostbyaddr(3).
 *
 * @param ip_address An IPv4 or IPv6 address, or a name that has one.
 * @returns The name, its aliases, its addresses.
 * @throws {Deno.errors.NotCapable} If `--deny-net` refuses to look the address up.
 * @throws {herror} If the address has no name.
 * @throws {gaierror} If a name cannot be resolved.
 * @throws {TypeError} If it is not a string.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [hostname, , addresses] = socket.gethostbyaddr("127.0.0.1");
 * assertEquals([hostname, addresses], ["localhost", ["127.0.0.1"]]);
 * ```
 */
export function gethostbyaddr(ip_address: string): HostEntry {
  const host = text(ip_address, "ip_address");
  const { family, packed } = reversible(
    known_address(host) ?? lookup(host, null, AF_UNSPEC)[0]!.sockaddr,
  );
  return entry_of(host_by_address(packed, family), family, "gethostbyaddr_r");
}

/** Returns the address to look a name up for, if `--deny-net` allows it. */
function reversible(sockaddr: Uint8Array): Packed {
  const address = packed_of(sockaddr);
  check_reverse(inet_ntop(address.family, address.packed));
  return address;
}

/**
 * Finds the name of an address as {@linkcode gethostbyaddr} does, without stopping the event loop.
 *
 * @param ip_address An IPv4 or IPv6 address, or a name that has one.
 * @param options `signal`, to end the wait, as for {@linkcode getaddrinfoAsync}.
 * @returns The name, its aliases, its addresses.
 * @throws As `gethostbyaddr`; the signal's reason once it aborts.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [hostname] = await socket.gethostbyaddrAsync("127.0.0.1");
 * assertEquals(hostname, "localhost");
 * ```
 */
export async function gethostbyaddrAsync(
  ip_address: string,
  options?: WaitOptions,
): Promise<HostEntry> {
  const signal = check_signal(options);
  signal?.throwIfAborted();
  return await entry_by_address(text(ip_address, "ip_address"), signal);
}

async function entry_by_address(
  host: string,
  signal: AbortSignal | undefined,
): Promise<HostEntry> {
  const { family, packed } = reversible(
    known_address(host) ??
      (await lookup_async(signal, host, null, AF_UNSPEC))[0]!.sockaddr,
  );
  const found = await look_up_address(packed, family, signal);
  return entry_of(found, family, "gethostbyaddr_r");
}

/**
 * Returns the full name of a host: Python's `socket.getfqdn`.
 *
 * @param name A name or an address; `""`, `"0.0.0.0"` and `"::"` mean this machine.
 * @returns The host's first name with a dot, else its name; `name` itself if the host is not found.
 * @throws {Deno.errors.NotCapable} If `--deny-net` refuses to look the address up.
 * @throws {TypeError} If it is not a string.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(socket.getfqdn("127.0.0.1"), "localhost");
 * ```
 */
export function getfqdn(name = ""): string {
  const host = host_to_find(name);
  try {
    return full_name(gethostbyaddr(host));
  } catch (error) {
    if (error instanceof OSError) return host;
    throw error;
  }
}

/**
 * Returns the full name of a host as {@linkcode getfqdn} does, without stopping the event loop.
 *
 * @param name As `getfqdn` takes it.
 * @param options `signal`, to end the wait, as for {@linkcode getaddrinfoAsync}.
 * @returns The name, as from `getfqdn`.
 * @throws As `getfqdn`; the signal's reason once it aborts.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await socket.getfqdnAsync("127.0.0.1"), "localhost");
 * ```
 */
export async function getfqdnAsync(
  name = "",
  options?: WaitOptions,
): Promise<string> {
  const signal = check_signal(options);
  signal?.throwIfAborted();
  const host = host_to_find(name);
  try {
    return full_name(await entry_by_address(host, signal));
  } catch (error) {
    // An abort's reason may be an OSError, too.
    if (error instanceof OSError && error !== signal?.reason) return host;
    throw error;
  }
}

/** Returns the host that {@linkcode getfqdn} is asked for. */
function host_to_find(name: string): string {
  const host = text(name, "name").trim();
  return ["", "0.0.0.0", "::"].includes(host) ? gethostname() : host;
}

/** Returns a host's first name with a dot; its name if there is none. */
function full_name([hostname, aliases]: HostEntry): string {
  return [hostname, ...aliases].find((one) => one.includes(".")) ?? hostname;
}

/**
 * Finds the names of an address and a port: Python's `socket.getnameinfo`, getnameinfo(3).
 *
 * @param sockaddr `[host, port]`, or `[host, port, flowinfo, scope_id]` for IPv6; the host is an
 * address.
 * @param flags NI_NUMERICHOST, NI_NUMERICSERV, NI_NAMEREQD and so on, joined by `|`.
 * @returns The host and the service; a number if there is no name.
 * @throws {Deno.errors.NotCapable} If `--deny-net` refuses to look the address up.
 * @throws {gaierror} If the host is not an address, or NI_NAMEREQD finds no name.
 * @throws {OverflowError} If flowinfo or scope_id is out of range.
 * @throws {TypeError} If the address has the wrong shape.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const flags = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV;
 * assertEquals(socket.getnameinfo(["127.0.0.1", 80], flags), ["127.0.0.1", "80"]);
 * ```
 */
export function getnameinfo(
  sockaddr: readonly [
    host: string,
    port: number,
    flowinfo?: number,
    scope_id?: number,
  ],
  flags: number,
): [host: string, service: string] {
  const [address, options] = nameinfo_query(sockaddr, flags);
  const name = new Uint8Array(NI_MAXHOST), service = new Uint8Array(NI_MAXSERV);
  const error = libc.getnameinfo(
    address,
    address.length,
    name,
    name.length,
    service,
    service.length,
    options,
  );
  if (error !== 0) throw gai_error(error, errno(), "getnameinfo");
  return [c_text(name), c_text(service)];
}

/**
 * Finds names as {@linkcode getnameinfo} does, without stopping the event loop.
 *
 * @param sockaddr As `getnameinfo` takes it.
 * @param flags As `getnameinfo` takes them.
 * @param options `signal`, to end the wait, as for {@linkcode getaddrinfoAsync}.
 * @returns The result, as from `getnameinfo`.
 * @throws As `getnameinfo`; the signal's reason once it aborts.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const flags = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV;
 * const names = await socket.getnameinfoAsync(["127.0.0.1", 80], flags);
 * assertEquals(names, ["127.0.0.1", "80"]);
 * ```
 */
export async function getnameinfoAsync(
  sockaddr: Parameters<typeof getnameinfo>[0],
  flags: number,
  options?: WaitOptions,
): Promise<[host: string, service: string]> {
  const signal = check_signal(options);
  const query = nameinfo_query(sockaddr, flags);
  const names = await look_up_names(...query, signal);
  if (!("host" in names)) throw gai_error(names.error, 0, "getnameinfo");
  return [names.host, names.service];
}

function nameinfo_query(
  sockaddr: Parameters<typeof getnameinfo>[0],
  flags: number,
): [address: Uint8Array<ArrayBuffer>, flags: number] {
  if (!Array.isArray(sockaddr)) {
    throw new TypeError(
      `getnameinfo(): address must be an array, not ${shown(sockaddr)}`,
    );
  }
  if (sockaddr.length < 2 || sockaddr.length > 4) {
    throw new TypeError("getnameinfo(): illegal sockaddr argument");
  }
  const [given, number, flowinfo = 0, scope_id = 0] = sockaddr as unknown[];
  const host = text(given, "getnameinfo(): host");
  const port = int(number, "getnameinfo(): port");
  const flow = int(flowinfo, "getnameinfo(): flowinfo", 0, 0xfffff);
  const scope = int(scope_id, "getnameinfo(): scope_id", 0, 0xffffffff);
  const options = int(flags, "flags");
  // A numeric host and a type of socket: exactly one result.
  const { family, sockaddr: found } = lookup(
    host,
    String(port),
    AF_UNSPEC,
    SOCK_DGRAM,
    0,
    AI_NUMERICHOST,
  )[0]!;
  if (family === AF_INET && sockaddr.length !== 2) {
    throw new OSError("IPv4 sockaddr must be 2 tuple");
  }
  const address = family === AF_INET ? found : sockaddr_in6(
    family,
    sockaddr_in6_fields(found).address,
    sockaddr_port(found),
    flow,
    scope,
  );
  if ((options & NI_NUMERICHOST) === 0) {
    check_reverse(inet_ntop(family, packed_of(address).packed));
  }
  return [address, options];
}
