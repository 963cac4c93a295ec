/**
 * A socket's own address and its peer's, and its `repr`, which shows both.
 *
 * @module
 */

import { libc } from "../../ffi/libc.ts";
import { addr, addrlen, SOCKADDR_STORAGE_SIZE } from "../../ffi/sockaddr.ts";
import { syscall } from "../../ffi/syscall.ts";
import { repr as shown } from "../repr.ts";
import { type Address, written_address } from "./address.ts";
import { name_of } from "./enums.ts";
import type { Handle } from "./handle.ts";

/** getsockname(2): a socket's own address. */
export function getsockname(handle: Handle): Address {
  addrlen.view[0] = SOCKADDR_STORAGE_SIZE;
  const { fd } = handle;
  syscall("getsockname", () => libc.getsockname(fd, addr.view, addrlen.view));
  return written_address(handle);
}

/** getpeername(2): the address at the other end. */
export function getpeername(handle: Handle): Address {
  addrlen.view[0] = SOCKADDR_STORAGE_SIZE;
  const { fd } = handle;
  syscall("getpeername", () => libc.getpeername(fd, addr.view, addrlen.view));
  return written_address(handle);
}

function escaped(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex -- they are what is escaped
    /[\\'\x00-\x1f\x7f]/g,
    (c) =>
      c === "\\" || c === "'"
        ? `\\${c}`
        : `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** An address as a socket's repr has it: a path stands without quotes there. */
function bare(address: Address): string {
  return typeof address === "string" ? escaped(address) : shown(address);
}

function attempt(read: (handle: Handle) => Address, handle: Handle): Address {
  try {
    return read(handle);
  } catch {
    // Not connected, or closed: Python leaves the part out, as it does an empty name.
    return null;
  }
}

/** A socket as Python's `repr` shows it. */
export function repr(handle: Handle): string {
  const { fd, kind: { family, type, proto } } = handle;
  const parts = [
    `<socket.socket${fd === -1 ? " [closed]" : ""} fd=${fd}`,
    `family=${name_of("AF_", family) ?? family}`,
    `type=${name_of("SOCK_", type) ?? type}`,
    `proto=${proto}`,
  ];
  const laddr = attempt(getsockname, handle);
  if (laddr) parts.push(`laddr=${bare(laddr)}`);
  const raddr = attempt(getpeername, handle);
  if (raddr) parts.push(`raddr=${bare(raddr)}`);
  return `${parts.join(", ")}>`;
}
