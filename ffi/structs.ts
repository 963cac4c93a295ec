/**
 * The layouts of small structs on 64-bit Linux, as functions over bytes: select(2), poll(2),
 * epoll(7), timerfd_settime(2), statx(2), and socket options.
 *
 * @module
 */

import { view_of } from "./memory.ts";

// fd_set of select(2): a bit for each descriptor. The kernel's bitmap is an array of unsigned
// long; on x86-64 and aarch64, both little-endian, 32-bit words lie in the same order. Unlike C's
// FD_SETSIZE, these sets grow with the highest descriptor.

/** Returns the number of 32-bit words that the kernel copies for descriptors below `nfds`. */
export function fd_set_words(nfds: number): number {
  // The kernel copies whole longs: 64 bits.
  return ((nfds + 63) >>> 6) << 1;
}

/** Adds a descriptor to a set. */
export function FD_SET(fd: number, set: Int32Array): void {
  set[fd >>> 5] = set[fd >>> 5]! | (1 << (fd & 31));
}

/** Returns whether a descriptor is in a set. */
export function FD_ISSET(fd: number, set: Int32Array): boolean {
  return (set[fd >>> 5]! & (1 << (fd & 31))) !== 0;
}

// struct timeval of select(2) and of SO_RCVTIMEO (socket(7)): seconds and microseconds, 64
// bits each.

/** Bytes in a `struct timeval`. */
export const TIMEVAL_SIZE = 16;
/** 32-bit words in a `struct timeval`. */
export const TIMEVAL_WORDS = 4;

/**
 * Writes a time-out.
 *
 * @param timeval Four words.
 * @param seconds Not negative, finite; rounded up to the next microsecond.
 */
export function timeval_set(timeval: Uint32Array, seconds: number): void {
  let whole = Math.floor(seconds);
  // Rounded up: a wait must not end early, nor become a busy loop.
  let micros = Math.ceil((seconds - whole) * 1e6);
  if (micros >= 1e6) {
    whole += 1;
    micros = 0;
  }
  timeval[0] = whole;
  timeval[1] = whole / 0x100000000;
  timeval[2] = micros;
  timeval[3] = 0;
}

/** Returns the fields of a `struct timeval`. */
export function timeval_fields(
  bytes: Uint8Array,
): { tv_sec: number; tv_usec: number } {
  const view = view_of(bytes);
  return {
    tv_sec: Number(view.getBigInt64(0, true)),
    tv_usec: Number(view.getBigInt64(8, true)),
  };
}

// struct pollfd of poll(2): int fd; short events; short revents.

/** 32-bit words in a `struct pollfd`. */
export const POLLFD_WORDS = 2;

/**
 * Writes an entry, with no events returned yet.
 *
 * @param pollfds An array of `struct pollfd`, as 32-bit words.
 * @param index Which entry.
 * @param fd The descriptor; the kernel ignores a negative one.
 * @param events The requested events, 0 to 65535.
 */
export function pollfd_set(
  pollfds: Int32Array,
  index: number,
  fd: number,
  events: number,
): void {
  pollfds[2 * index] = fd;
  pollfds[2 * index + 1] = events;
}

/** Returns the descriptor of an entry. */
export function pollfd_fd(pollfds: Int32Array, index: number): number {
  return pollfds[2 * index]!;
}

/** Returns the requested events of an entry: 0 to 65535. */
export function pollfd_events(pollfds: Int32Array, index: number): number {
  return pollfds[2 * index + 1]! & 0xffff;
}

/** Returns the reported events of an entry: 0 to 65535. */
export function pollfd_revents(pollfds: Int32Array, index: number): number {
  return pollfds[2 * index + 1]! >>> 16;
}

// struct epoll_event of epoll_ctl(2): uint32_t events; epoll_data_t data. It is packed on x86-64
// only, where 32-bit programs share the layout.

/** Where the fields lie, in 32-bit words. */
export interface EpollEventLayout {
  /** The size of one struct. */
  readonly words: number;
  /** The offset of `data`, whose low word is `data.fd`. */
  readonly data: number;
}

/** Returns the layout on an architecture, named as `Deno.build.arch` does. */
export function epoll_event_layout(arch: string): EpollEventLayout {
  return arch === "x86_64" ? { words: 3, data: 1 } : { words: 4, data: 2 };
}

/** `op` of epoll_ctl(2): add an entry. */
export const EPOLL_CTL_ADD = 1;
/** `op` of epoll_ctl(2): remove an entry. */
export const EPOLL_CTL_DEL = 2;
/** `op` of epoll_ctl(2): change an entry. */
export const EPOLL_CTL_MOD = 3;

const here = epoll_event_layout(Deno.build.arch);

/** 32-bit words in a `struct epoll_event` on this machine. */
export const EPOLL_EVENT_WORDS: number = here.words;

/**
 * Writes an entry.
 *
 * @param entries An array of `struct epoll_event`, as 32-bit words.
 * @param index Which entry.
 * @param events The eventmask, modulo 2^32.
 * @param fd The descriptor, stored in `data`.
 * @param layout The architecture's layout; this machine's by default.
 */
export function epoll_event_set(
  entries: Int32Array,
  index: number,
  events: number,
  fd: number,
  layout: EpollEventLayout = here,
): void {
  const word = index * layout.words;
  entries[word] = events;
  entries[word + layout.data] = fd;
}

/** Returns the events of an entry: 0 to 2^32 - 1. */
export function epoll_event_events(
  entries: Int32Array,
  index: number,
  layout: EpollEventLayout = here,
): number {
  return entries[index * layout.words]! >>> 0;
}

/** Returns the descriptor of an entry. */
export function epoll_event_fd(
  entries: Int32Array,
  index: number,
  layout: EpollEventLayout = here,
): number {
  return entries[index * layout.words + layout.data]!;
}

// struct itimerspec of timerfd_settime(2): struct timespec it_interval, it_value, each with
// seconds and nanoseconds of 64 bits.

/** 64-bit words in a `struct itimerspec`. */
export const ITIMERSPEC_WORDS = 4;

const SECOND = 1_000_000_000n;

/**
 * Writes a timer's setting.
 *
 * @param spec Four words.
 * @param value Nanoseconds until the first expiry; 0 for never.
 * @param interval Nanoseconds between later expiries; 0 for none.
 */
export function itimerspec_set(
  spec: BigInt64Array,
  value: bigint,
  interval: bigint,
): void {
  timespec_set(spec, 0, interval);
  timespec_set(spec, 2, value);
}

/** Returns `it_value` in nanoseconds. */
export function itimerspec_value(spec: BigInt64Array): bigint {
  return spec[2]! * SECOND + spec[3]!;
}

/** Returns `it_interval` in nanoseconds. */
export function itimerspec_interval(spec: BigInt64Array): bigint {
  return spec[0]! * SECOND + spec[1]!;
}

function timespec_set(
  spec: BigInt64Array,
  word: number,
  nanoseconds: bigint,
): void {
  let seconds = nanoseconds / SECOND;
  let rest = nanoseconds % SECOND;
  // Rounded down: the kernel finds a negative time by its seconds.
  if (rest < 0n) {
    seconds -= 1n;
    rest += SECOND;
  }
  spec[word] = seconds;
  spec[word + 1] = rest;
}

// struct statx of statx(2): unlike struct stat, the same on every architecture.

/** Bytes in a `struct statx`. */
export const STATX_SIZE = 256;
/** The mask that asks for the type of the file. */
export const STATX_TYPE = 1;
/** The mask that asks for every field of a `struct stat`. */
export const STATX_BASIC_STATS = 0x7ff;
/** The mask that asks for the number of the file and its creation. */
export const STATX_INO_BTIME = 0x900;
/** With an empty path, statx(2) describes the descriptor itself. */
export const AT_EMPTY_PATH = 0x1000;

/** The fields that `struct statx` and `struct stat` share. Times are in nanoseconds. */
export interface Statx {
  /** The type of the file and its permissions. */
  readonly mode: number;
  /** The inode. */
  readonly ino: bigint;
  /** The device that holds the file. */
  readonly dev: number;
  /** The device number of a device file. */
  readonly rdev: number;
  /** The number of hard links. */
  readonly nlink: number;
  /** The owner. */
  readonly uid: number;
  /** The group. */
  readonly gid: number;
  /** The size in bytes. */
  readonly size: bigint;
  /** The preferred block size for I/O. */
  readonly blksize: number;
  /** Allocated blocks of 512 bytes. */
  readonly blocks: bigint;
  /** Last access. */
  readonly atime: bigint;
  /** Last modification. */
  readonly mtime: bigint;
  /** Last status change. */
  readonly ctime: bigint;
  /** Creation; 0 if it was not asked for, or the file system does not keep it. */
  readonly btime: bigint;
}

/** Reads a `struct statx`. */
export function statx_fields(struct: Uint8Array): Statx {
  const view = view_of(struct);
  const u32 = (at: number) => view.getUint32(at, true);
  const u64 = (at: number) => view.getBigUint64(at, true);
  const time = (at: number) =>
    view.getBigInt64(at, true) * SECOND + BigInt(u32(at + 8));
  return {
    mode: view.getUint16(28, true),
    ino: u64(32),
    dev: makedev(u32(136), u32(140)),
    rdev: makedev(u32(128), u32(132)),
    nlink: u32(16),
    uid: u32(20),
    gid: u32(24),
    size: u64(40),
    blksize: u32(4),
    blocks: u64(48),
    atime: time(64),
    btime: time(80),
    ctime: time(96),
    mtime: time(112),
  };
}

/** Combines device numbers: makedev(3). Huge ones, which no device has, would be inexact. */
function makedev(major: number, minor: number): number {
  const low = (minor & 0xff) | ((major & 0xfff) << 8);
  const high = (minor >>> 8) * 0x100000 + (major >>> 12) * 2 ** 44;
  return low + high;
}

// The structs of socket options: struct linger (socket(7)), struct ucred (unix(7)) and struct
// tcp_info (linux/tcp.h).

/** Bytes in a `struct linger`. */
export const LINGER_SIZE = 8;

/** Returns the fields of a `struct linger`. */
export function linger_fields(
  bytes: Uint8Array,
): { l_onoff: number; l_linger: number } {
  const view = view_of(bytes);
  return { l_onoff: view.getInt32(0, true), l_linger: view.getInt32(4, true) };
}

/** Bytes in a `struct ucred`. */
export const UCRED_SIZE = 12;

/** Returns the fields of a `struct ucred`. */
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

// Names and bits of the fields, in the header's order. Each is aligned to its own size, and new
// kernels only append.
const TCP_INFO =
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

/** Bytes of a `struct tcp_info` up to `tcpi_reordering`, the least that it has. */
export const TCP_INFO_LEAST = 92;

/**
 * Returns the fields of a `struct tcp_info`, by their names.
 *
 * @param bytes The struct, possibly truncated.
 * @returns The complete fields, as numbers; 2^64 - 1, which means no limit, is Infinity.
 */
export function tcp_info_fields(bytes: Uint8Array): Record<string, number> {
  const view = view_of(bytes);
  const fields: Record<string, number> = {};
  let at = 0;
  for (const [, name, bits] of TCP_INFO.matchAll(/(\w+) (\d+)/g)) {
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
