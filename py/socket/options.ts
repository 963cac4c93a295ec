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

// The longest option that getsockopt() makes room for, as in CPython.
const MOST_OPTLEN = 1024;

// SO_GET_FILTER counts its length in instructions of 8 bytes, and writes as many.
const OPTLEN_UNIT = 8;

// The room for an option, then its length.
const filled = new Uint32Array(1);

/** getsockopt(2) of an option that is an int. */
export function getsockopt_int(
  fd: number,
  level: number,
  optname: number,
): number {
  return view_of(getsockopt(fd, level, optname, 4)).getInt32(0, true);
}

/** getsockopt(2) of an option that is a struct: as many bytes as it has. */
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
  // NETLINK_LIST_MEMBERSHIPS says how many there are, whatever the room.
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

/** An option's value for setsockopt(2), and its length. */
export type Option = [
  value: Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer> | null,
  optlen: number,
];

/** Checks an option's value. */
export function option_of(value: unknown, optlen: unknown): Option {
  if (value === null) {
    if (optlen === undefined) {
      throw new TypeError("optlen is needed where value is null");
    }
    // A negative one is the kernel's to refuse, as in CPython.
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

/** setsockopt(2). */
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
  return structs.linger_fields(
    struct(value, "struct linger", structs.LINGER_SIZE),
  );
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
  return structs.ucred_fields(
    struct(value, "struct ucred", structs.UCRED_SIZE),
  );
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
  return structs.timeval_fields(
    struct(value, "struct timeval", structs.TIMEVAL_SIZE),
  );
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
  const view = struct(value, "struct tcp_info", structs.TCP_INFO_LEAST);
  return structs.tcp_info_fields(view) as unknown as TcpInfo;
}

/**
 * The fields of a `struct tcp_info`, as linux/tcp.h names them. Those with a question
 * mark come last there: an older kernel, or a short buffer, leaves them out.
 */
export interface TcpInfo {
  /** The state, such as 1 for TCP_ESTABLISHED. */
  readonly tcpi_state: number;
  /** State of the congestion control. */
  readonly tcpi_ca_state: number;
  /** How often the oldest segment was sent again. */
  readonly tcpi_retransmits: number;
  /** Probes of a closed window or an idle connection, unanswered. */
  readonly tcpi_probes: number;
  /** How often the retransmission time-out was doubled. */
  readonly tcpi_backoff: number;
  /** Bits: timestamps 1, SACK 2, window scaling 4, ECN 8. */
  readonly tcpi_options: number;
  /** The peer's window scale. */
  readonly tcpi_snd_wscale: number;
  /** Our window scale. */
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
  /** Segments in flight; of a listener, clients that wait. */
  readonly tcpi_unacked: number;
  /** Segments acknowledged selectively; of a listener, the backlog. */
  readonly tcpi_sacked: number;
  /** Segments taken for lost. */
  readonly tcpi_lost: number;
  /** Segments sent again and not yet acknowledged. */
  readonly tcpi_retrans: number;
  /** No longer in use: 0. */
  readonly tcpi_fackets: number;
  /** Milliseconds since data was sent. */
  readonly tcpi_last_data_sent: number;
  /** No longer in use: 0. */
  readonly tcpi_last_ack_sent: number;
  /** Milliseconds since data came. */
  readonly tcpi_last_data_recv: number;
  /** Milliseconds since an acknowledgement came. */
  readonly tcpi_last_ack_recv: number;
  /** The path's MTU, in bytes. */
  readonly tcpi_pmtu: number;
  /** Upper bound of the window we offer, in bytes. */
  readonly tcpi_rcv_ssthresh: number;
  /** Round trip, smoothed, in microseconds. */
  readonly tcpi_rtt: number;
  /** Deviation of the round trip, in microseconds. */
  readonly tcpi_rttvar: number;
  /** Slow start threshold, in segments. */
  readonly tcpi_snd_ssthresh: number;
  /** Congestion window, in segments. */
  readonly tcpi_snd_cwnd: number;
  /** Segment size we told the peer, in bytes. */
  readonly tcpi_advmss: number;
  /** By how many segments the path reorders. */
  readonly tcpi_reordering: number;
  /** Round trip as the receiver sees it, in microseconds. */
  readonly tcpi_rcv_rtt?: number;
  /** Receive buffer that tuning aims at, in bytes. */
  readonly tcpi_rcv_space?: number;
  /** Segments sent again, in all. */
  readonly tcpi_total_retrans?: number;
  /** Bytes a second that sending is paced to; Infinity for no limit. */
  readonly tcpi_pacing_rate?: number;
  /** The most it may be paced to; Infinity for no limit. */
  readonly tcpi_max_pacing_rate?: number;
  /** Bytes that the peer acknowledged. */
  readonly tcpi_bytes_acked?: number;
  /** Bytes received. */
  readonly tcpi_bytes_received?: number;
  /** Segments sent. */
  readonly tcpi_segs_out?: number;
  /** Segments received. */
  readonly tcpi_segs_in?: number;
  /** Bytes in the send buffer not sent yet. */
  readonly tcpi_notsent_bytes?: number;
  /** Shortest round trip, in microseconds. */
  readonly tcpi_min_rtt?: number;
  /** Segments with data received. */
  readonly tcpi_data_segs_in?: number;
  /** Segments with data sent. */
  readonly tcpi_data_segs_out?: number;
  /** Bytes a second that arrived of late. */
  readonly tcpi_delivery_rate?: number;
  /** Microseconds spent with data to send. */
  readonly tcpi_busy_time?: number;
  /** Microseconds held up by the peer's window. */
  readonly tcpi_rwnd_limited?: number;
  /** Microseconds held up by the send buffer. */
  readonly tcpi_sndbuf_limited?: number;
  /** Segments delivered. */
  readonly tcpi_delivered?: number;
  /** Segments delivered with a mark of congestion. */
  readonly tcpi_delivered_ce?: number;
  /** Bytes of data sent. */
  readonly tcpi_bytes_sent?: number;
  /** Bytes of data sent again. */
  readonly tcpi_bytes_retrans?: number;
  /** Duplicates that the peer reported. */
  readonly tcpi_dsack_dups?: number;
  /** Times that reordering was seen. */
  readonly tcpi_reord_seen?: number;
  /** Segments received out of order. */
  readonly tcpi_rcv_ooopack?: number;
  /** The peer's window, in bytes. */
  readonly tcpi_snd_wnd?: number;
  /** Our window, in bytes. */
  readonly tcpi_rcv_wnd?: number;
  /** Times that another path was tried. */
  readonly tcpi_rehash?: number;
  /** Retransmission time-outs, in all. */
  readonly tcpi_total_rto?: number;
  /** Times that one of them was recovered from. */
  readonly tcpi_total_rto_recoveries?: number;
  /** Milliseconds spent recovering from them. */
  readonly tcpi_total_rto_time?: number;
}
