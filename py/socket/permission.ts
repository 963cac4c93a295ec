import { getaddrinfo } from "../../ffi/getaddrinfo.ts";
import {
  sockaddr_family,
  sockaddr_in6_fields,
  sockaddr_in_text,
  sockaddr_port,
} from "../../ffi/sockaddr.ts";
import { inet_ntop } from "./inet.ts";
import {
  AF_ALG,
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  AI_NUMERICHOST,
  SOCK_RAW,
} from "./constants/mod.ts";

// What they reach is on this machine: other processes, the kernel, its ciphers.
const LOCAL = [AF_UNIX, AF_NETLINK, AF_ALG];

// Denials come from the command line and do not change; a query costs 4 us.
const known = new Map<string, boolean>();
const MOST_KNOWN = 4096;

function denied(host: string): boolean {
  let state = known.get(host);
  if (state === undefined) {
    state = query(host);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(host, state);
  }
  return state;
}

function query(host: string): boolean {
  try {
    const { state } = Deno.permissions.querySync({ name: "net", host });
    return state === "denied";
  } catch {
    // Not a name that Deno could deny: a space, a character outside ASCII.
    return false;
  }
}

/** Whether all of the network is denied, and not just some hosts. */
function all_denied(): boolean {
  return Deno.permissions.querySync({ name: "net" }).state === "denied";
}

function refuse(name: string): never {
  const what = name === "" ? "" : ` to "${name}"`;
  throw new Deno.errors.NotCapable(
    `Requires net access${what}, which --deny-net refuses`,
  );
}

/**
 * Honours `--deny-net`: FFI goes round Deno's permissions, an explicit "no" still counts.
 *
 * @param host The host as the caller gave it.
 * @param sockaddr What it resolved to.
 * @param reaches Whether the wildcard address means the loopback: for connect, not for bind.
 * @throws {Deno.errors.NotCapable} If the host, by name or by address, is denied.
 */
export function check_net(
  host: string,
  sockaddr: Uint8Array,
  reaches: boolean,
): void {
  const family = sockaddr_family(sockaddr);
  // No host can be named there: a frame's receiver, a virtual machine's number.
  if (family !== AF_INET && family !== AF_INET6) {
    if (!LOCAL.includes(family) && all_denied()) refuse("");
    return;
  }
  for (const name of names(host, sockaddr, reaches)) refuse_denied(name);
}

/**
 * Honours `--deny-net` for a socket that receives without an address: AF_PACKET, and the
 * raw ones, which see all that comes.
 *
 * @throws {Deno.errors.NotCapable} If the network is denied.
 */
export function check_family(family: number, type: number): void {
  const raw = type === SOCK_RAW && (family === AF_INET || family === AF_INET6);
  if ((raw || family === AF_PACKET) && all_denied()) refuse("");
}

/**
 * Honours `--deny-net` for a name that a name server would be asked for: that goes over the
 * network, and tells whoever runs the server. A numeric address is no such name.
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
  const name = host + port;
  if ((denied(name) || all_denied()) && !is_numeric(host)) refuse(name);
}

/** Honours `--deny-net` for an address whose name a name server would be asked for. */
export function check_reverse(address: string): void {
  const name = address.includes(":") ? `[${address}]` : address;
  if (denied(name)) refuse(name);
}

/** Whether a host is an address in any spelling: `127.1`, `0x7f.1`, `fe80::1%lo`. */
function is_numeric(host: string): boolean {
  const found = getaddrinfo(host, null, 0, 0, 0, AI_NUMERICHOST);
  return "addresses" in found;
}

/**
 * Honours `--deny-net` for a host by its name, before a name server hears of it.
 *
 * @throws {Deno.errors.NotCapable} If it is denied.
 */
export function check_host(host: string, port: number): void {
  // "<broadcast>" and an address with colons are no names: they resolve to themselves.
  if (/^[^:<]+$/.test(host)) refuse_denied(`${host}:${port}`);
}

function refuse_denied(name: string): void {
  if (denied(name)) refuse(name);
}

function names(host: string, sockaddr: Uint8Array, reaches: boolean): string[] {
  const family = sockaddr_family(sockaddr);
  const port = sockaddr_port(sockaddr);
  if (family === AF_INET) {
    const address = sockaddr_in_text(sockaddr);
    const found = [`${address}:${port}`];
    if (host !== "" && host !== address) found.push(`${host}:${port}`);
    if (reaches && address === "0.0.0.0") found.push(`127.0.0.1:${port}`);
    return found;
  }
  const address = inet_ntop(AF_INET6, sockaddr_in6_fields(sockaddr).address);
  const found = [`[${address}]:${port}`];
  if (host !== "" && !host.includes(":")) found.push(`${host}:${port}`);
  if (reaches && address === "::") found.push(`[::1]:${port}`);
  if (reaches && address === "::ffff:0.0.0.0") found.push(`127.0.0.1:${port}`);
  return found;
}
