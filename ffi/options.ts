/**
 * The structs behind socket options: `struct linger` (socket(7)), `struct ucred` (unix(7))
 * and `struct tcp_info` (linux/tcp.h), on a 64-bit Linux.
 *
 * @module
 */

import { view_of } from "./memory.ts";

/** Bytes in a `struct linger`. */
export const LINGER_SIZE = 8;

/** The fields of a `struct linger`. */
export function linger_fields(
  bytes: Uint8Array,
): { l_onoff: number; l_linger: number } {
  const view = view_of(bytes);
  return { l_onoff: view.getInt32(0, true), l_linger: view.getInt32(4, true) };
}

/** Bytes in a `struct ucred`. */
export const UCRED_SIZE = 12;

/** The fields of a `struct ucred`. */
export function ucred_fields(
  bytes: Uint8Array,
): { pid: number; uid: number; gid: number } {
  const view = view_of(bytes);
  return {
    pid: view.getInt32(0, true),
    uid: view.getUint32(4, true),
    gid: view.getUint32(8, true),
  };
}

// A field's name and its bits, in the order of the header; each lies at a multiple of
// its own size, and the kernel has only ever added to the end.
const layout =
  `state 8 ca_state 8 retransmits 8 probes 8 backoff 8 options 8 wscale 8 fastopen 8
  rto 32 ato 32 snd_mss 32 rcv_mss 32 unacked 32 sacked 32 lost 32 retrans 32 fackets 32
  last_data_sent 32 last_ack_sent 32 last_data_recv 32 last_ack_recv 32
  pmtu 32 rcv_ssthresh 32 rtt 32 rttvar 32 snd_ssthresh 32 snd_cwnd 32 advmss 32
  reordering 32 rcv_rtt 32 rcv_space 32 total_retrans 32
  pacing_rate 64 max_pacing_rate 64 bytes_acked 64 bytes_received 64 segs_out 32 segs_in 32
  notsent_bytes 32 min_rtt 32 data_segs_in 32 data_segs_out 32
  delivery_rate 64 busy_time 64 rwnd_limited 64 sndbuf_limited 64 delivered 32 delivered_ce 32
  bytes_sent 64 bytes_retrans 64 dsack_dups 32 reord_seen 32 rcv_ooopack 32 snd_wnd 32
  rcv_wnd 32 rehash 32 total_rto 16 total_rto_recoveries 16 total_rto_time 32`;

/** Bytes of a `struct tcp_info` up to `tcpi_reordering`. */
export const TCP_INFO_LEAST = 92;

/**
 * The fields of a `struct tcp_info`, by their names.
 *
 * @param bytes As many as the kernel has, or as the caller asked for.
 * @returns The fields that are whole. 64-bit ones as numbers, 2^64 - 1, which stands for
 * no limit, as Infinity.
 */
export function tcp_info_fields(bytes: Uint8Array): Record<string, number> {
  const view = view_of(bytes);
  const fields: Record<string, number> = {};
  let at = 0;
  for (const [, name, bits] of layout.matchAll(/(\w+) (\d+)/g)) {
    const size = Number(bits) / 8;
    if (at + size > bytes.length) break;
    const value = read(view, at, size);
    at += size;
    if (name === "wscale") {
      fields.tcpi_snd_wscale = value & 15;
      fields.tcpi_rcv_wscale = value >> 4;
    } else if (name === "fastopen") {
      fields.tcpi_delivery_rate_app_limited = value & 1;
      fields.tcpi_fastopen_client_fail = value >> 1 & 3;
    } else {
      fields[`tcpi_${name}`] = value;
    }
  }
  return fields;
}

function read(view: DataView, at: number, size: number): number {
  if (size === 1) return view.getUint8(at);
  if (size === 2) return view.getUint16(at, true);
  if (size === 4) return view.getUint32(at, true);
  const value = view.getBigUint64(at, true);
  return value === 0xffffffffffffffffn ? Infinity : Number(value);
}
