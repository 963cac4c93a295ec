/**
 * What a socket refuses: hosts that `--deny-net` denies, and calls that have the kernel keep an
 * address.
 *
 * @module
 */

import { bare } from "../../ffi/libc.ts";
import { getaddrinfo } from "../../ffi/netdb.ts";
import {
  sockaddr_family,
  sockaddr_in6_fields,
  sockaddr_in_text,
  sockaddr_port,
} from "../../ffi/sockaddr.ts";
import { now } from "../../ffi/syscall.ts";
import { ValueError } from "../exceptions.ts";
import {
  AF_ALG,
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  AI_NUMERICHOST,
  EAI_NONAME,
  IPPROTO_IP,
  IPPROTO_IPV6,
  MSG_NOSIGNAL,
  SOCK_RAW,
  SOL_RDS,
} from "./constants.ts";
import { dontwait, is_inet } from "./handle.ts";
import { gai_error, inet_ntop } from "./names.ts";

const SOCK_PACKET = 10;

// They reach this machine only: other processes, the kernel, its ciphers.
const LOCAL = [AF_UNIX, AF_NETLINK, AF_ALG];

/** Deno's answer for a host; it cannot check some names. */
type Verdict = "allowed" | "denied" | "unknown";

// A query costs 6 us, as much as a sendto(2), so answers are kept for 10 ms. A later denial takes
// a prompt, which stops this thread for longer than that.
const known = new Map<string, Verdict>();
const KNOWN_FOR = 10;
const MOST_KNOWN = 4096;
let forget_at = 0;

function judge(host: string): Verdict {
  const time = now();
  if (time >= forget_at || known.size >= MOST_KNOWN) {
    known.clear();
    forget_at = time + KNOWN_FOR;
  }
  let verdict = known.get(host);
  if (verdict === undefined) {
    verdict = query(host);
    known.set(host, verdict);
  }
  return verdict;
}

function query(host: string): Verdict {
  try {
    const { state } = status(host);
    return state === "denied" ? "denied" : "allowed";
  } catch {
    // Deno cannot parse this name, but libc may turn it into a denied one: "ex\\097mple.com" is
    // example.com. Where every host is allowed, Deno parses none.
    return some_denied() ? "denied" : "unknown";
  }
}

function status(host?: string): Deno.PermissionStatus {
  // Bare: Deno would read a `host` from Object.prototype.
  return Deno.permissions.querySync(bare<Deno.NetPermissionDescriptor>({
    name: "net",
    ...(host === undefined ? null : { host }),
  }));
}

/** Returns whether the whole network is denied. */
function all_denied(): boolean {
  return status().state === "denied";
}

/** Returns whether any host is denied; Deno tells only with `--allow-net`. */
function some_denied(): boolean {
  const { state, partial } = status();
  return state === "denied" || (state === "granted" && partial === true);
}

function refuse(name: string): never {
  const what = name === "" ? "" : ` to "${name}"`;
  throw new Deno.errors.NotCapable(
    `Requires net access${what}, which --deny-net refuses`,
  );
}

/**
 * Honours `--deny-net`, though FFI bypasses Deno's permissions.
 *
 * @param host The host as the caller gave it.
 * @param sockaddr The address that it resolved to.
 * @param reaches Whether the wildcard address means the loopback, as for connect.
 * @throws {Deno.errors.NotCapable} If the host, by name or by address, is denied.
 */
export function check_net(
  host: string,
  sockaddr: Uint8Array,
  reaches: boolean,
): void {
  const family = sockaddr_family(sockaddr);
  // These addresses name no host, but a device or a virtual machine.
  if (!is_inet(family)) {
    if (!LOCAL.includes(family) && all_denied()) refuse("");
    return;
  }
  for (const name of names(host, sockaddr, reaches)) refuse_denied(name);
}

/**
 * Honours `--deny-net` for sockets that receive without an address: AF_PACKET and raw ones, which
 * see every packet.
 *
 * @throws {Deno.errors.NotCapable} If the network is denied.
 */
export function check_family(family: number, type: number): void {
  // The kernel treats an AF_INET socket of type SOCK_PACKET as AF_PACKET.
  const raw = is_inet(family) && (type === SOCK_RAW || type === SOCK_PACKET);
  if ((raw || family === AF_PACKET) && some_denied()) refuse("");
}

/**
 * Honours `--deny-net` for a name before a look-up: the query goes over the network, and reveals
 * the name to the server. A numeric address needs no query.
 *
 * @param host The host; `null` or empty for none.
 * @param service The port's name or number; `null` for none.
 * @throws {Deno.errors.NotCapable} If the name, or the network, is denied.
 */
export function check_lookup(
  host: string | null,
  service: string | null,
): void {
  if (host === null || host === "") return;
  const port = service !== null && /^[1-9]\d{0,4}$/.test(service)
    ? `:${service}`
    : "";
  const name = host + port, verdict = judge(name);
  if (verdict !== "allowed" && !is_numeric(host)) enforce(verdict, name);
}

/** Honours `--deny-net` for an address before a reverse look-up. */
export function check_reverse(address: string): void {
  refuse_denied(address.includes(":") ? `[${address}]` : address);
}

/** Returns whether a host is an address in any spelling: `127.1`, `0x7f.1`, `fe80::1%lo`. */
function is_numeric(host: string): boolean {
  return getaddrinfo(host, null, 0, 0, 0, AI_NUMERICHOST).error === 0;
}

/**
 * Honours `--deny-net` for a host by its name, before it is resolved.
 *
 * @throws {Deno.errors.NotCapable} If it is denied.
 * @throws {gaierror} If Deno cannot check the name, which then cannot exist.
 */
export function check_host(host: string, port: number): void {
  if (is_name(host)) refuse_denied(`${host}:${port}`);
}

/** Returns whether a host is neither an IPv6 address nor "<broadcast>". */
function is_name(host: string): boolean {
  return /^[^:<]+$/.test(host);
}

function refuse_denied(name: string): void {
  enforce(judge(name), name);
}

function enforce(verdict: Verdict, name: string): void {
  if (verdict === "denied") refuse(name);
  // Without --allow-net, Deno does not tell whether any host is denied.
  if (verdict === "unknown") throw gai_error(EAI_NONAME, 0, "getaddrinfo");
}

// The prefix of an IPv6 address that stands for an IPv4 one.
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Returns every name that may be denied for an address. */
function names(host: string, sockaddr: Uint8Array, reaches: boolean): string[] {
  const port = sockaddr_port(sockaddr);
  const found: string[] = [];
  let ipv4: string | null;
  if (sockaddr_family(sockaddr) === AF_INET) {
    ipv4 = sockaddr_in_text(sockaddr);
  } else {
    const { address } = sockaddr_in6_fields(sockaddr);
    const text = inet_ntop(AF_INET6, address);
    found.push(`[${text}]:${port}`);
    if (reaches && text === "::") found.push(`[::1]:${port}`);
    ipv4 = mapped(address);
  }
  if (ipv4 !== null) {
    found.push(`${ipv4}:${port}`);
    // The kernel connects it to the loopback.
    if (reaches && ipv4 === "0.0.0.0") found.push(`127.0.0.1:${port}`);
  }
  if (host !== ipv4 && is_name(host)) found.push(`${host}:${port}`);
  return found;
}

/** Returns the IPv4 address in an IPv6 one, such as `::ffff:127.0.0.1`. */
function mapped(address: Uint8Array): string | null {
  const is_mapped = MAPPED.every((byte, i) => address[i] === byte);
  return is_mapped ? address.subarray(MAPPED.length).join(".") : null;
}

// Calls that make the kernel keep an address, and read or write there after they return: by then
// V8 may have freed or moved the memory.

// <linux/socket.h>: the kernel sends from the buffer after the call.
const MSG_ZEROCOPY = 0x4000000;
const SOL_XDP = 283;

type Kept = readonly [level: number, number: number, name: string];

/** Options whose struct has an address that the kernel keeps or writes to. */
const OPTIONS: readonly Kept[] = [
  // struct xdp_umem_reg: the kernel writes frames there until the socket is closed.
  [SOL_XDP, 4, "XDP_UMEM_REG"],
  // struct rds_get_mr_args: a remote machine may read and write there.
  [SOL_RDS, 2, "RDS_GET_MR"],
  [SOL_RDS, 7, "RDS_GET_MR_FOR_DEST"],
  // struct ipt_replace and its like: the kernel writes the old counters there.
  [IPPROTO_IP, 64, "IPT_SO_SET_REPLACE"],
  [IPPROTO_IP, 96, "ARPT_SO_SET_REPLACE"],
  [IPPROTO_IP, 128, "EBT_SO_SET_ENTRIES"],
  [IPPROTO_IPV6, 64, "IP6T_SO_SET_REPLACE"],
];

/** Ancillary messages whose struct has an address that the kernel keeps. */
const MESSAGES: readonly Kept[] = [
  // struct rds_rdma_args, struct rds_get_mr_args, struct rds_atomic_args.
  [SOL_RDS, 1, "RDS_CMSG_RDMA_ARGS"],
  [SOL_RDS, 3, "RDS_CMSG_RDMA_MAP"],
  [SOL_RDS, 6, "RDS_CMSG_ATOMIC_FADD"],
  [SOL_RDS, 7, "RDS_CMSG_ATOMIC_CSWP"],
  [SOL_RDS, 8, "RDS_CMSG_MASKED_ATOMIC_FADD"],
  [SOL_RDS, 9, "RDS_CMSG_MASKED_ATOMIC_CSWP"],
];

function refuse_kept(name: string): never {
  throw new ValueError(
    `${name} is not supported: the kernel would keep an address after the call`,
  );
}

/**
 * Returns the flags for a send: the caller's, MSG_NOSIGNAL, and MSG_DONTWAIT unless the socket
 * blocks.
 *
 * @throws {ValueError} For MSG_ZEROCOPY.
 */
export function sending(flags: number, timeout: number | null): number {
  if ((flags & MSG_ZEROCOPY) !== 0) refuse_kept("MSG_ZEROCOPY");
  return flags | MSG_NOSIGNAL | dontwait(timeout);
}

/**
 * Checks an option before it is set.
 *
 * @throws {ValueError} If the kernel would keep an address.
 */
export function check_option(level: number, optname: number): void {
  check(OPTIONS, level, optname);
}

/**
 * Checks an ancillary message before it is sent.
 *
 * @throws {ValueError} If the kernel would keep an address.
 */
export function check_message(level: number, type: number): void {
  check(MESSAGES, level, type);
}

function check(table: readonly Kept[], level: number, number: number): void {
  const kept = table.find((one) => one[0] === level && one[1] === number);
  if (kept !== undefined) refuse_kept(kept[2]);
}
