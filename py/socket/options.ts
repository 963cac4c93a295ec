/**
 * getsockopt(2) and setsockopt(2), and the structs of options.
 *
 * @module
 */

import { libc } from "../../ffi/libc.ts";
import { view_of } from "../../ffi/memory.ts";
import * as structs from "../../ffi/structs.ts";
import { syscall } from "../../ffi/syscall.ts";
import {
  bytes,
  type BytesLike,
  int,
  INT_MAX,
  length_of,
  own_view,
} from "../arguments.ts";
import { OSError, OverflowError, ValueError } from "../exceptions.ts";
import { check_option } from "./refusals.ts";

// The largest buflen of getsockopt(), as in CPython.
const MOST_OPTLEN = 1024;

// SO_GET_FILTER counts its length in instructions of 8 bytes: make room for those.
const OPTLEN_UNIT = 8;

// In: the room for an option; out: its length.
const filled = new Uint32Array(1);

/** Reads an option that is an int: getsockopt(2). */
export function getsockopt_int(
  fd: number,
  level: number,
  optname: number,
): number {
  return view_of(getsockopt(fd, level, optname, 4)).getInt32(0, true);
}

/** Reads an option that is a struct: getsockopt(2). */
export function getsockopt_bytes(
  fd: number,
  level: number,
  optname: number,
  buflen: number,
): Uint8Array<ArrayBuffer> {
  if (buflen < 0 || buflen > MOST_OPTLEN) {
    throw new OSError(`getsockopt buflen out of range: ${buflen}`);
  }
  const value = getsockopt(fd, level, optname, buflen);
  // NETLINK_LIST_MEMBERSHIPS reports its full length, even beyond the room.
  return value.slice(0, Math.min(filled[0]!, buflen));
}

function getsockopt(
  fd: number,
  level: number,
  optname: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  const value = new Uint8Array(length * OPTLEN_UNIT);
  filled[0] = length;
  syscall(
    "getsockopt",
    () => libc.getsockopt(fd, level, optname, value, filled),
  );
  return value;
}

/** An option's value and its length, for setsockopt(2). */
export type Option = [
  value: Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer> | null,
  optlen: number,
];

/** Checks an option's value. */
export function option_of(value: unknown, optlen: unknown): Option {
  if (value === null) {
    // The kernel refuses a negative length, as in CPython.
    return [null, int(optlen, "optlen", -INT_MAX - 1, 0xffffffff) >>> 0];
  }
  if (optlen !== undefined) {
    throw new TypeError("optlen is only for a value of null");
  }
  if (typeof value === "number" || typeof value === "boolean") {
    return [new Int32Array([int(value, "value")]), 4];
  }
  const option = bytes(value, "value"), length = length_of(option);
  if (length > INT_MAX) {
    throw new OverflowError(
      `value must have at most ${INT_MAX} bytes, and has ${length}`,
    );
  }
  return [option, length];
}

/** Sets an option: setsockopt(2). */
export function setsockopt(
  fd: number,
  level: number,
  optname: number,
  [value, optlen]: Option,
): void {
  check_option(level, optname);
  syscall(
    "setsockopt",
    () => libc.setsockopt(fd, level, optname, value, optlen),
  );
}

/** Returns a private view of at least `size` bytes. */
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
 * @throws {ValueError} If there are too few bytes.
 * @throws {TypeError} If they are not bytes.
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
  return structs.linger_fields(
    struct(value, "struct linger", structs.LINGER_SIZE),
  );
}

/**
 * Reads a `struct ucred`, as SO_PEERCRED and SCM_CREDENTIALS return it: unix(7).
 *
 * @param value The option's, or the ancillary message's, 12 bytes.
 * @returns The process, the user and the group.
 * @throws {ValueError} If there are too few bytes.
 * @throws {TypeError} If they are not bytes.
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
  return structs.ucred_fields(
    struct(value, "struct ucred", structs.UCRED_SIZE),
  );
}

/**
 * Reads a `struct timeval`, as SO_RCVTIMEO and SO_SNDTIMEO return it: socket(7).
 *
 * @param value The option's 16 bytes.
 * @returns Seconds and microseconds.
 * @throws {ValueError} If there are too few bytes.
 * @throws {TypeError} If they are not bytes.
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
  return structs.timeval_fields(
    struct(value, "struct timeval", structs.TIMEVAL_SIZE),
  );
}

/**
 * Reads a `struct tcp_info`, as TCP_INFO returns it: tcp(7), linux/tcp.h.
 *
 * @param value The option's bytes, 92 or more, depending on the kernel.
 * @returns The fields that the bytes have, by name.
 * @throws {ValueError} If there are too few bytes.
 * @throws {TypeError} If they are not bytes.
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
  const view = struct(value, "struct tcp_info", structs.TCP_INFO_LEAST);
  return structs.tcp_info_fields(view) as unknown as TcpInfo;
}

/**
 * The fields of a `struct tcp_info`, with the names of linux/tcp.h. An older kernel or a short
 * buffer omits optional ones.
 */
export interface TcpInfo {
  /** The state, such as 1 for TCP_ESTABLISHED. */
  readonly tcpi_state: number;
  /** State of the congestion control. */
  readonly tcpi_ca_state: number;
  /** Retransmissions of the oldest segment. */
  readonly tcpi_retransmits: number;
  /** Unanswered probes of a closed window or an idle connection. */
  readonly tcpi_probes: number;
  /** Times that the retransmission time-out was doubled. */
  readonly tcpi_backoff: number;
  /** Bits: timestamps 1, SACK 2, window scaling 4, ECN 8. */
  readonly tcpi_options: number;
  /** The peer's window scale. */
  readonly tcpi_snd_wscale: number;
  /** The own window scale. */
  readonly tcpi_rcv_wscale: number;
  /** 1 if the delivery rate was limited by the program. */
  readonly tcpi_delivery_rate_app_limited: number;
  /** Why Fast Open failed: 0 to 3. */
  readonly tcpi_fastopen_client_fail: number;
  /** Retransmission time-out, in microseconds. */
  readonly tcpi_rto: number;
  /** Delayed acknowledgement, in microseconds. */
  readonly tcpi_ato: number;
  /** Segment size to send, in bytes. */
  readonly tcpi_snd_mss: number;
  /** Segment size received, in bytes. */
  readonly tcpi_rcv_mss: number;
  /** Segments in flight; for a listener, waiting clients. */
  readonly tcpi_unacked: number;
  /** Selectively acknowledged segments; for a listener, the backlog. */
  readonly tcpi_sacked: number;
  /** Segments considered lost. */
  readonly tcpi_lost: number;
  /** Retransmitted segments, not yet acknowledged. */
  readonly tcpi_retrans: number;
  /** No longer in use: 0. */
  readonly tcpi_fackets: number;
  /** Milliseconds since data was last sent. */
  readonly tcpi_last_data_sent: number;
  /** No longer in use: 0. */
  readonly tcpi_last_ack_sent: number;
  /** Milliseconds since data was last received. */
  readonly tcpi_last_data_recv: number;
  /** Milliseconds since the last acknowledgement. */
  readonly tcpi_last_ack_recv: number;
  /** The path's MTU, in bytes. */
  readonly tcpi_pmtu: number;
  /** Upper bound of the offered window, in bytes. */
  readonly tcpi_rcv_ssthresh: number;
  /** Smoothed round-trip time, in microseconds. */
  readonly tcpi_rtt: number;
  /** Deviation of the round-trip time, in microseconds. */
  readonly tcpi_rttvar: number;
  /** Slow start threshold, in segments. */
  readonly tcpi_snd_ssthresh: number;
  /** Congestion window, in segments. */
  readonly tcpi_snd_cwnd: number;
  /** Advertised segment size, in bytes. */
  readonly tcpi_advmss: number;
  /** Number of segments by which the path reorders. */
  readonly tcpi_reordering: number;
  /** The receiver's round-trip time, in microseconds. */
  readonly tcpi_rcv_rtt?: number;
  /** Receive buffer that auto-tuning aims at, in bytes. */
  readonly tcpi_rcv_space?: number;
  /** Retransmitted segments, in total. */
  readonly tcpi_total_retrans?: number;
  /** Pacing rate in bytes a second; Infinity for no limit. */
  readonly tcpi_pacing_rate?: number;
  /** Largest pacing rate in bytes a second; Infinity for no limit. */
  readonly tcpi_max_pacing_rate?: number;
  /** Bytes acknowledged by the peer. */
  readonly tcpi_bytes_acked?: number;
  /** Bytes received. */
  readonly tcpi_bytes_received?: number;
  /** Segments sent. */
  readonly tcpi_segs_out?: number;
  /** Segments received. */
  readonly tcpi_segs_in?: number;
  /** Unsent bytes in the send buffer. */
  readonly tcpi_notsent_bytes?: number;
  /** Shortest round-trip time, in microseconds. */
  readonly tcpi_min_rtt?: number;
  /** Segments with data received. */
  readonly tcpi_data_segs_in?: number;
  /** Segments with data sent. */
  readonly tcpi_data_segs_out?: number;
  /** Recent delivery rate, in bytes a second. */
  readonly tcpi_delivery_rate?: number;
  /** Microseconds with data to send. */
  readonly tcpi_busy_time?: number;
  /** Microseconds limited by the peer's window. */
  readonly tcpi_rwnd_limited?: number;
  /** Microseconds limited by the send buffer. */
  readonly tcpi_sndbuf_limited?: number;
  /** Segments delivered. */
  readonly tcpi_delivered?: number;
  /** Segments delivered with a congestion mark. */
  readonly tcpi_delivered_ce?: number;
  /** Bytes of data sent. */
  readonly tcpi_bytes_sent?: number;
  /** Bytes of data retransmitted. */
  readonly tcpi_bytes_retrans?: number;
  /** Duplicates that the peer reported. */
  readonly tcpi_dsack_dups?: number;
  /** Times that reordering was seen. */
  readonly tcpi_reord_seen?: number;
  /** Segments received out of order. */
  readonly tcpi_rcv_ooopack?: number;
  /** The peer's window, in bytes. */
  readonly tcpi_snd_wnd?: number;
  /** The own window, in bytes. */
  readonly tcpi_rcv_wnd?: number;
  /** Times that another path was tried. */
  readonly tcpi_rehash?: number;
  /** Retransmission time-outs, in total. */
  readonly tcpi_total_rto?: number;
  /** Recoveries from retransmission time-outs. */
  readonly tcpi_total_rto_recoveries?: number;
  /** Milliseconds spent in those recoveries. */
  readonly tcpi_total_rto_time?: number;
}
