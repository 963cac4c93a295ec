import { libc } from "../../ffi/libc.ts";
import { addr, addrlen, SOCKADDR_STORAGE_SIZE } from "../../ffi/sockaddr.ts";
import { syscall } from "../../ffi/syscall.ts";
import { type Address, written_address } from "./address.ts";
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
