import type { Address } from "./address.ts";
import * as constants from "./constants/mod.ts";

/** What {@linkcode repr} shows of a socket. */
interface Shown {
  fileno(): number;
  readonly family: number;
  readonly type: number;
  readonly proto: number;
  getsockname(): Address;
  getpeername(): Address;
}

function name_of(prefix: string, value: number): string {
  const found = Object.entries(constants)
    .find(([name, number]) => name.startsWith(prefix) && number === value);
  return found?.[0] ?? String(value);
}

function quoted(text: string): string {
  const escaped = text.replace(
    // deno-lint-ignore no-control-regex -- they are what is escaped
    /[\\'\x00-\x1f\x7f]/g,
    (c) =>
      c === "\\" || c === "'"
        ? `\\${c}`
        : `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `'${escaped}'`;
}

function shown(address: Address): string {
  if (Array.isArray(address)) {
    const items = address.map((item) =>
      typeof item === "string" ? quoted(item) : String(item)
    );
    return `(${items.join(", ")})`;
  }
  return typeof address === "string" ? quoted(address) : String(address);
}

function attempt(read: () => Address): Address {
  try {
    return read();
  } catch {
    // Not connected, or closed: Python leaves the part out, as it does an empty name.
    return null;
  }
}

/** A socket as Python's `repr` shows it. */
export function repr(socket: Shown): string {
  const fd = socket.fileno();
  const parts = [
    `<socket.socket${fd === -1 ? " [closed]" : ""} fd=${fd}`,
    `family=${name_of("AF_", socket.family)}`,
    `type=${name_of("SOCK_", socket.type)}`,
    `proto=${socket.proto}`,
  ];
  const laddr = attempt(() => socket.getsockname());
  if (laddr) parts.push(`laddr=${shown(laddr)}`);
  const raddr = attempt(() => socket.getpeername());
  if (raddr) parts.push(`raddr=${shown(raddr)}`);
  return `${parts.join(", ")}>`;
}
