import * as ffi from "../../ffi/options.ts";
import { timeval_fields, TIMEVAL_SIZE } from "../../ffi/timeval.ts";
import { type BytesLike, own_view } from "../arguments.ts";
import { ValueError } from "../exceptions.ts";
import type { TcpInfo } from "./tcp_info.ts";

/** At least so many bytes, as a view of ours. */
function struct(value: unknown, name: string, size: number): Uint8Array {
  const view = own_view(value, name);
  if (view.length < size) {
    throw new ValueError(
      `${name} must have ${size} bytes, and ${view.length} are too few`,
    );
  }
  return view;
}

/**
 * Reads a `struct linger`, as SO_LINGER returns it: socket(7).
 *
 * @param value The option's 8 bytes.
 * @returns Whether `close()` waits, and how many seconds.
 * @throws {ValueError} If there are fewer bytes.
 * @throws {TypeError} If they are no bytes.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using sock = socket.socket();
 * const { SOL_SOCKET, SO_LINGER } = socket;
 * sock.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 5]));
 * assertEquals(
 *   socket.linger(sock.getsockopt(SOL_SOCKET, SO_LINGER, 8)),
 *   { l_onoff: 1, l_linger: 5 },
 * );
 * ```
 */
export function linger(
  value: BytesLike,
): { l_onoff: number; l_linger: number } {
  return ffi.linger_fields(struct(value, "struct linger", ffi.LINGER_SIZE));
}

/**
 * Reads a `struct ucred`, as SO_PEERCRED and SCM_CREDENTIALS return it: unix(7).
 *
 * @param value The option's, or the ancillary message's, 12 bytes.
 * @returns The process, the user and the group.
 * @throws {ValueError} If there are fewer bytes.
 * @throws {TypeError} If they are no bytes.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * const { SOL_SOCKET, SO_PEERCRED } = socket;
 * const { pid } = socket.ucred(a.getsockopt(SOL_SOCKET, SO_PEERCRED, 12));
 * assertEquals(pid, Deno.pid);
 * a.close();
 * b.close();
 * ```
 */
export function ucred(
  value: BytesLike,
): { pid: number; uid: number; gid: number } {
  return ffi.ucred_fields(struct(value, "struct ucred", ffi.UCRED_SIZE));
}

/**
 * Reads a `struct timeval`, as SO_RCVTIMEO and SO_SNDTIMEO return it: socket(7).
 *
 * @param value The option's 16 bytes.
 * @returns Seconds and microseconds.
 * @throws {ValueError} If there are fewer bytes.
 * @throws {TypeError} If they are no bytes.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using sock = socket.socket();
 * const { SOL_SOCKET, SO_RCVTIMEO } = socket;
 * sock.setsockopt(SOL_SOCKET, SO_RCVTIMEO, new BigInt64Array([2n, 0n]));
 * assertEquals(
 *   socket.timeval(sock.getsockopt(SOL_SOCKET, SO_RCVTIMEO, 16)),
 *   { tv_sec: 2, tv_usec: 0 },
 * );
 * ```
 */
export function timeval(
  value: BytesLike,
): { tv_sec: number; tv_usec: number } {
  return timeval_fields(struct(value, "struct timeval", TIMEVAL_SIZE));
}

/**
 * Reads a `struct tcp_info`, as TCP_INFO returns it: tcp(7), linux/tcp.h.
 *
 * @param value The option's bytes, 92 or more: each kernel has as many as it knows.
 * @returns The fields that are there, by their names.
 * @throws {ValueError} If there are fewer bytes.
 * @throws {TypeError} If they are no bytes.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using sock = socket.socket();
 * const { IPPROTO_TCP, TCP_INFO } = socket;
 * const info = socket.tcp_info(sock.getsockopt(IPPROTO_TCP, TCP_INFO, 256));
 * const TCP_CLOSE = 7;
 * assertEquals(info.tcpi_state, TCP_CLOSE);
 * ```
 */
export function tcp_info(value: BytesLike): TcpInfo {
  const view = struct(value, "struct tcp_info", ffi.TCP_INFO_LEAST);
  return ffi.tcp_info_fields(view) as unknown as TcpInfo;
}
