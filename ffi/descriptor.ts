/**
 * The calls that every descriptor has: close(2), its flags by fcntl(2), its readiness, and reads
 * and writes that do not block.
 *
 * @module
 */

import {
  EAGAIN,
  ECONNRESET,
  EINTR,
  ENAMETOOLONG,
  ENOSYS,
  EOPNOTSUPP,
} from "./errno.ts";
import { errno, libc, untraced } from "./libc.ts";
import { address_of, c_string, length_of, Pinned } from "./memory.ts";
import { iovec_set, IOVEC_WORDS, msghdr_iov, with_msghdr } from "./msghdr.ts";
import { take_reserve } from "./os_error.ts";
import { closing } from "./reactor.ts";
import {
  AT_EMPTY_PATH,
  pollfd_revents,
  pollfd_set,
  POLLFD_WORDS,
  statx_fields,
  STATX_INO_BTIME,
  STATX_SIZE,
  STATX_TYPE,
} from "./structs.ts";
import { again, attempt, os_error, syscall, wait_for } from "./syscall.ts";

/** `dirfd` of openat(2): a relative path starts at the working folder. */
export const AT_FDCWD = -100;
/** The most bytes of a path, its NUL included: <linux/limits.h>. */
export const PATH_MAX = 4096;

/**
 * `cmd` of fcntl(2): the descriptor's flags. It fails with EBADF if the descriptor is not open.
 */
export const F_GETFD = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_DUPFD_CLOEXEC = 1030;
const FD_CLOEXEC = 1;
const O_NONBLOCK = 2048;
const FIONBIO = 0x5421n;

const yes = new Int32Array([1]);
const no = new Int32Array([0]);

/** Closes a descriptor that the caller owns, and ends the waits for it. */
export function close_fd(fd: number): void {
  closing(fd);
  const closed = libc.close(fd) === 0, number = errno();
  take_reserve();
  if (closed) return;
  // In both cases the descriptor is closed: a second close(2) could hit another file.
  if (number === EINTR || number === ECONNRESET) return;
  throw os_error(number, { syscall: "close" });
}

/** Duplicates a descriptor; the copy is closed on exec. */
export function duplicate(fd: number): number {
  return syscall("fcntl", () => libc.fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

/**
 * Moves a descriptor to a higher number, so that the next open() gets the old one.
 */
export function move_up(fd: number): number {
  try {
    return syscall("fcntl", () => libc.fcntl(fd, F_DUPFD_CLOEXEC, fd + 1));
  } finally {
    libc.close(fd);
  }
}

/** Returns the path of a descriptor's file; `pipe:[4711]` or the like if it has no path. */
export function path_of(fd: number): string {
  return target_of(`/proc/self/fd/${fd}`);
}

/** Returns the target of a symbolic link: readlink(2). */
export function target_of(link: string): string {
  const path = c_string(link), buffer = new Uint8Array(PATH_MAX);
  const size = BigInt(PATH_MAX);
  const length = syscall("readlink", () => libc.readlink(path, buffer, size));
  // readlink(2) does not report that it has cut a longer path.
  if (length === PATH_MAX) throw os_error(ENAMETOOLONG, {});
  return new TextDecoder().decode(buffer.subarray(0, length));
}

/** Returns whether a descriptor is closed on exec. */
export function is_cloexec(fd: number): boolean {
  return (get(fd, F_GETFD) & FD_CLOEXEC) !== 0;
}

/** Sets whether a descriptor is closed on exec. */
export function set_cloexec(fd: number, on: boolean): void {
  const flags = get(fd, F_GETFD);
  const changed = on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC;
  if (changed === flags) return;
  syscall("fcntl", () => libc.fcntl(fd, F_SETFD, changed));
}

/** Returns whether calls on a descriptor fail with EAGAIN instead of waiting. */
export function is_nonblocking(fd: number): boolean {
  return (get(fd, F_GETFL) & O_NONBLOCK) !== 0;
}

/** Sets whether calls on a descriptor fail with EAGAIN instead of waiting. */
export function set_nonblocking(fd: number, on: boolean): void {
  syscall("ioctl", () => libc.ioctl(fd, FIONBIO, on ? yes : no));
}

/** Runs a call that has no MSG_DONTWAIT or RWF_NOWAIT with the descriptor non-blocking. */
export function without_blocking<T>(fd: number, call: () => T): T {
  // Already non-blocking: leave it, another owner relies on it. A duplicate may have
  // changed the flag, whatever the time-out.
  if (is_nonblocking(fd)) return call();
  set_nonblocking(fd, true);
  try {
    return call();
  } finally {
    set_nonblocking(fd, false);
  }
}

function get(fd: number, command: number): number {
  return syscall("fcntl", () => libc.fcntl(fd, command, 0));
}

// Readiness, unread bytes, the protocol and the file, by calls that a trace does not show.

const POLLIN = 1;
const POLLOUT = 4;
const POLLRDHUP = 0x2000;
const FIONREAD = 0x541bn;
const SOL_SOCKET = 1;
const SO_PROTOCOL = 38;
const IPPROTO_TCP = 6;

const pollfd = new Int32Array(POLLFD_WORDS);
const count = new Int32Array(1);
const protocol = new Int32Array(1);
const four = new Uint32Array([4]);

/** Returns whether a read or an accept would succeed now. */
export function is_readable(fd: number): boolean {
  return is_ready(fd, POLLIN);
}

/** Returns whether a write would succeed now. */
export function is_writable(fd: number): boolean {
  return is_ready(fd, POLLOUT);
}

/**
 * Returns whether a socket was shut down for reading. POLLERR does not prove it: poll(2) reports
 * it as long as the error queue (IP_RECVERR) has a message.
 */
export function is_shut_down(fd: number): boolean {
  return is_ready(fd, POLLRDHUP);
}

function is_ready(fd: number, events: number): boolean {
  pollfd_set(pollfd, 0, fd, events);
  return untraced.poll(pollfd, 1n, 0) === 1 &&
    (pollfd_revents(pollfd, 0) & events) !== 0;
}

/** Returns the number of unread bytes; 0 if this kind of descriptor cannot tell. */
export function unread(fd: number): number {
  return untraced.ioctl(fd, FIONREAD, count) === -1 ? 0 : count[0]!;
}

/** Returns whether a descriptor is a TCP socket. */
export function is_tcp(fd: number): boolean {
  protocol[0] = 0;
  untraced.getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, protocol, four);
  return protocol[0] === IPPROTO_TCP;
}

/**
 * Whether a short result of TCP shows that the queue is empty. No longer once a receive has asked
 * for an urgent byte, which leaves a mark, where each receive stops: also those of duplicates, which
 * no handle knows. Nor once os.dup2() has put another file in the place of a TCP socket, whose
 * handle still takes it for TCP.
 */
export const tcp: { drains: boolean } = { drains: true };

const NO_PATH = c_string("");
const status = new Uint8Array(STATX_SIZE);

/**
 * Returns what tells a descriptor's file from all others; "" if it is not open.
 *
 * The creation belongs to it: ext4 gives the number of a removed file to the next one.
 */
export function identity(fd: number): string {
  const mask = STATX_INO_BTIME;
  if (untraced.statx(fd, NO_PATH, AT_EMPTY_PATH, mask, status) === -1) {
    return "";
  }
  const { dev, ino, btime } = statx_fields(status);
  return `${dev} ${ino} ${btime}`;
}

// read(2) and write(2) that do not block, whatever the flags. O_NONBLOCK belongs to the open
// file, which other processes may share, as a shell shares its terminal; RWF_NOWAIT holds for one
// call.

const PIPE_BUF = 4096;
const RWF_NOWAIT = 8;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFBLK = 0o060000;
const S_IFIFO = 0o010000;
const S_IFSOCK = 0o140000;
// Use the file's own position.
const POSITION = -1n;

const iovec = new Pinned(BigUint64Array, IOVEC_WORDS);

/**
 * Reads the bytes that are available.
 *
 * @returns The number of bytes; -1 if the call would block.
 * @throws {OSError} As read(2) fails.
 */
export function read_nowait(
  fd: number,
  buffer: Uint8Array<ArrayBuffer>,
  size: number,
): number {
  const read = (most: number) => libc.read(fd, buffer, BigInt(most));
  return nowait("read", fd, vector(buffer, size), 1, size, read);
}

/**
 * Writes the bytes that fit without blocking.
 *
 * @returns The number of bytes; -1 if the call would block.
 * @throws {OSError} As write(2) fails.
 */
export function write_nowait(
  fd: number,
  buffer: Uint8Array<ArrayBuffer>,
  size: number,
): number {
  const write = (most: number) => libc.write(fd, buffer, BigInt(most));
  return nowait("write", fd, vector(buffer, size), 1, size, write);
}

/**
 * Reads as {@linkcode read_nowait} does, or writes as {@linkcode write_nowait} does, with several
 * buffers.
 */
export function vectored_nowait(
  name: "readv" | "writev",
  fd: number,
  parts: readonly Uint8Array<ArrayBuffer>[],
  size: number,
): number {
  return with_msghdr(null, parts, null, (msghdr) => {
    const { address, length } = msghdr_iov(msghdr);
    const vectored = (most: number) => {
      if (most === size) return libc[name](fd, address, length);
      // Only a write is bounded.
      const part = parts.find((part) => length_of(part) > 0)!;
      return libc.write(fd, part, BigInt(Math.min(length_of(part), most)));
    };
    return nowait(name, fd, address, length, size, vectored);
  });
}

function vector(buffer: Uint8Array<ArrayBuffer>, size: number): bigint {
  iovec_set(iovec.view, 0, { address: address_of(buffer), length: size });
  return iovec.address;
}

/** Returns the type of a descriptor's file; 0 if it has none, as an eventfd. */
function type_of(fd: number): number {
  if (libc.statx(fd, NO_PATH, AT_EMPTY_PATH, STATX_TYPE, status) === -1) {
    return 0;
  }
  return statx_fields(status).mode & S_IFMT;
}

/** Returns whether a type is that of a regular file or a disk. */
function is_on_disk(type: number): boolean {
  return type === S_IFREG || type === S_IFBLK;
}

function nowait(
  name: "read" | "write" | "readv" | "writev",
  fd: number,
  iov: bigint,
  count: number,
  size: number,
  plain: (most: number) => number,
): number {
  if (size === 0 || is_nonblocking(fd)) return attempt(name, () => plain(size));
  const reads = name.startsWith("read");
  const vectored = reads ? libc.preadv2 : libc.pwritev2;
  for (;;) {
    const moved = vectored(fd, iov, count, POSITION, RWF_NOWAIT);
    if (moved !== -1) return moved;
    const error = errno();
    if (error === EAGAIN) {
      // Not in the page cache, and epoll does not watch files on a disk: wait for the disk.
      return is_on_disk(type_of(fd)) ? attempt(name, () => plain(size)) : -1;
    }
    if (error === EOPNOTSUPP || error === ENOSYS) break;
    again(name, error);
  }
  // This kind of file does not support RWF_NOWAIT. After POLLIN, read(2) blocks only if another
  // reader is faster; after POLLOUT, a pipe takes PIPE_BUF bytes without blocking. A file in
  // memory takes any number. A terminal reports POLLOUT for one byte of room, and write(2) waits for
  // all; an eventfd reports room for 1. So these have O_NONBLOCK for the call.
  if (!wait_for(fd, reads ? POLLIN : POLLOUT, 0)) return -1;
  const call = (most: number) => attempt(name, () => plain(most));
  if (reads) return call(size);
  const type = type_of(fd);
  if (is_on_disk(type)) return call(size);
  return type === S_IFIFO || type === S_IFSOCK
    ? call(Math.min(size, PIPE_BUF))
    : without_blocking(fd, () => call(size));
}
