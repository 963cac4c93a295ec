import {
  sockaddr_family,
  sockaddr_in6_fields,
  sockaddr_in_text,
  sockaddr_port,
} from "../../ffi/sockaddr.ts";
import { inet_ntop } from "./inet.ts";
import { AF_INET, AF_INET6 } from "./constants/mod.ts";

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
  for (const name of names(host, sockaddr, reaches)) refuse_denied(name);
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
  if (!denied(name)) return;
  throw new Deno.errors.NotCapable(
    `Requires net access to "${name}", which --deny-net refuses`,
  );
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
  if (family !== AF_INET6) return [];
  const address = inet_ntop(AF_INET6, sockaddr_in6_fields(sockaddr).address);
  const found = [`[${address}]:${port}`];
  if (host !== "" && !host.includes(":")) found.push(`${host}:${port}`);
  if (reaches && address === "::") found.push(`[::1]:${port}`);
  if (reaches && address === "::ffff:0.0.0.0") found.push(`127.0.0.1:${port}`);
  return found;
}
