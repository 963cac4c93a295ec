/**
 * The file descriptors of Python's `os` module: files, pipes, terminals, files in memory,
 * event counters, timers and processes, which a program waits for beside its sockets.
 *
 * A descriptor is a number, as in Python: the program closes what it opens, with
 * {@linkcode close}. New descriptors are closed on exec (PEP 446), unless the flags of
 * `pipe2`, `eventfd` or `memfd_create` say otherwise. A call that a signal interrupts is
 * retried (PEP 475).
 *
 * The order is that of Python's manual: process parameters, file descriptor operations,
 * inheritance, files in memory, event counters, timers, processes.
 *
 * @example A timer beside a socket
 * ```ts
 * import * as os from "@iomux/py/os";
 * import * as selectors from "@iomux/py/selectors";
 * import * as socket from "@iomux/py/socket";
 * import { assertEquals } from "@std/assert";
 *
 * const timer = os.timerfd_create(os.CLOCK_MONOTONIC);
 * os.timerfd_settime(timer, { initial: 0.01, interval: 0.01 });
 * using server = socket.socket();
 * server.bind(["127.0.0.1", 0]);
 * server.listen();
 *
 * using sel = selectors.DefaultSelector();
 * sel.register(timer, selectors.EVENT_READ, "tick");
 * sel.register(server, selectors.EVENT_READ, "client");
 * assertEquals(sel.select(5).map(([key]) => key.data), ["tick"]);
 * os.close(timer);
 * ```
 *
 * @module
 */

import {
  AT_FDCWD,
  close_fd,
  duplicate,
  is_cloexec,
  is_nonblocking,
  is_tcp,
  PATH_MAX,
  read_nowait,
  set_cloexec,
  set_nonblocking,
  tcp,
  vectored_nowait,
  write_nowait,
} from "../../ffi/descriptor.ts";
import { EINVAL } from "../../ffi/errno.ts";
import { libc } from "../../ffi/libc.ts";
import { c_string, c_text, landing_for, taken } from "../../ffi/memory.ts";
import { msghdr_iov, with_msghdr } from "../../ffi/msghdr.ts";
import { closing } from "../../ffi/reactor.ts";
import {
  AT_EMPTY_PATH,
  itimerspec_interval,
  itimerspec_set,
  itimerspec_value,
  ITIMERSPEC_WORDS,
  STATX_BASIC_STATS,
  statx_fields,
  STATX_SIZE,
} from "../../ffi/structs.ts";
import { os_error, strerror as meaning, syscall } from "../../ffi/syscall.ts";
import {
  bytes,
  type BytesLike,
  check_unshrunk,
  type FileDescriptorLike,
  fileno,
  int,
  keywords,
  length_of,
  safe,
  seconds,
  shown,
  text,
  total,
  truth,
  views_of,
  whole,
} from "../arguments.ts";
import { OverflowError, ValueError } from "../exceptions.ts";
import { Call, NOT_YET, pending, type WaitOptions } from "../pending.ts";
import { EPOLLIN, EPOLLOUT } from "../select.ts";
import { O_CLOEXEC, O_NOCTTY, O_RDWR } from "./open.ts";

export * from "./open.ts";
export type { BytesLike, FileDescriptorLike, HasFileno } from "../arguments.ts";
export { OSError as error } from "../exceptions.ts";

// Process parameters.

/**
 * Returns the message of an error number: Python's `os.strerror`, strerror(3).
 *
 * @param code The error number.
 * @returns libc's message.
 * @throws {TypeError} If it is not an integer.
 * @throws {OverflowError} If it does not fit a C int.
 *
 * @example
 * ```ts
 * import { errno, os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(os.strerror(errno.EPIPE), "Broken pipe");
 * ```
 */
export function strerror(code: number): string {
  return meaning(int(code, "code"));
}

// File descriptor operations.

/**
 * Closes a descriptor: Python's `os.close`, close(2).
 *
 * Close only what you own, and only once: the kernel gives the number to the next file that
 * is opened. Take a socket's descriptor out with `detach()` first. The descriptors of Deno's
 * own files and event loop are not protected: closing one may end the program.
 *
 * @param fd The descriptor.
 * @throws {OSError} EBADF if it is not open, EIO if written data could not be saved.
 * @throws {TypeError} If it is not an integer.
 *
 * @example
 * ```ts
 * import { os, OSError } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * os.close(r);
 * os.close(w);
 * assertThrows(() => os.close(w), OSError, "Bad file descriptor");
 * ```
 */
export function close(fd: number): void {
  close_fd(int(fd, "fd"));
}

/**
 * Duplicates a descriptor: Python's `os.dup`, F_DUPFD_CLOEXEC of fcntl(2).
 *
 * @param fd The descriptor.
 * @returns A duplicate, closed on exec (PEP 446). Both share the file's position and
 * O_NONBLOCK.
 * @throws {OSError} EBADF if it is not open, EMFILE if no descriptor is free.
 * @throws {TypeError} If it is not an integer.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * const copy = os.dup(w);
 * os.close(w);
 * assertEquals(os.write(copy, new Uint8Array([1])), 1);
 * os.close(copy);
 * os.close(r);
 * ```
 */
export function dup(fd: number): number {
  return duplicate(int(fd, "fd"));
}

/** Keywords of {@linkcode dup2}. */
export interface Dup2Options {
  /** Whether programs that this one executes inherit the duplicate: `true` by default. */
  readonly inheritable?: boolean | undefined;
}

/**
 * Duplicates a descriptor to a given number: Python's `os.dup2`, dup2(2), dup3(2).
 *
 * If `fd2` is open, it is closed first. Replace only descriptors that you opened, and 0 to 2.
 *
 * @param fd The descriptor.
 * @param fd2 The number for the duplicate.
 * @param inheritable Whether programs that this one executes inherit it: `true` by default.
 * Or {@linkcode Dup2Options}.
 * @returns `fd2`.
 * @throws {OSError} EBADF if `fd` is not open or `fd2` is out of range.
 * @throws {TypeError} If a descriptor is not an integer, or `inheritable` is neither
 * a boolean nor a number.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * const [r2, w2] = os.pipe();
 * os.close(w2);
 * os.dup2(w, w2, { inheritable: false });
 * os.write(w2, new Uint8Array([1]));
 * assertEquals(os.read(r, 8).length, 1);
 * for (const fd of [r, w, r2, w2]) os.close(fd);
 * ```
 */
export function dup2(
  fd: number,
  fd2: number,
  inheritable?: boolean | Dup2Options,
): number {
  const from = int(fd, "fd"), to = int(fd2, "fd2");
  const [inherit = true] = keywords("dup2", [inheritable], ["inheritable"]);
  const inherited = truth(inherit, "inheritable");
  // Checks `from` first: after EBADF, `to` is still open and its waits go on.
  is_cloexec(from);
  if (from !== to) closing(to);
  if (is_tcp(to) && !is_tcp(from)) tcp.drains = false;
  return inherited
    ? syscall("dup2", () => libc.dup2(from, to))
    : syscall("dup3", () => libc.dup3(from, to, O_CLOEXEC));
}

/**
 * Waits until written data is on the disk, without metadata such as times: Python's
 * `os.fdatasync`, fdatasync(2).
 *
 * @param fd A descriptor, or an object with `fileno()`.
 * @throws {OSError} EINVAL for a pipe, socket or terminal; EBADF; EIO.
 * @throws {TypeError} If it is not a descriptor.
 * @throws {ValueError} If it is negative.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 *
 * const file = os.memfd_create("page");
 * os.fdatasync(file);
 * os.close(file);
 * ```
 */
export function fdatasync(fd: FileDescriptorLike): void {
  const file = fileno(fd);
  syscall("fdatasync", () => libc.fdatasync(file));
}

/** The result of {@linkcode fstat}: Python's `os.stat_result`. */
export interface StatResult {
  /** The file's type and permissions: inode(7). */
  readonly st_mode: number;
  /** The inode number. */
  readonly st_ino: number;
  /** The device that holds the file. */
  readonly st_dev: number;
  /** How many names it has: 0 once it is unlinked. */
  readonly st_nlink: number;
  /** The owner's user ID. */
  readonly st_uid: number;
  /** The group ID. */
  readonly st_gid: number;
  /** The size of a regular file in bytes. */
  readonly st_size: number;
  /** The time of the last read, in seconds. */
  readonly st_atime: number;
  /** The time of the last write, in seconds. */
  readonly st_mtime: number;
  /** The time of the last change of its status, in seconds. */
  readonly st_ctime: number;
  /** The time of the last read, in nanoseconds. */
  readonly st_atime_ns: bigint;
  /** The time of the last write, in nanoseconds. */
  readonly st_mtime_ns: bigint;
  /** The time of the last change of its status, in nanoseconds. */
  readonly st_ctime_ns: bigint;
  /** The preferred block size for reads, in bytes. */
  readonly st_blksize: number;
  /** Allocated blocks of 512 bytes. */
  readonly st_blocks: number;
  /** The device number, if the file is a device. */
  readonly st_rdev: number;
}

/**
 * Returns the status of a descriptor's file: Python's `os.fstat`, fstat(2), by statx(2).
 *
 * `st_mode & 0o170000` is the type: socket 0o140000, pipe 0o010000, regular file 0o100000,
 * terminal 0o020000. Two descriptors with the same `st_dev` and `st_ino` are the same file.
 *
 * @param fd The descriptor.
 * @returns The status. An inode number above 2^53 is rounded to the nearest number.
 * @throws {OSError} EBADF if it is not open.
 * @throws {TypeError} If it is not an integer.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * assertEquals(os.fstat(r).st_mode & 0o170000, 0o010000); // stat.S_ISFIFO(...)
 * assertEquals(os.fstat(r).st_ino, os.fstat(w).st_ino);
 * os.close(r);
 * os.close(w);
 * ```
 */
export function fstat(fd: number): StatResult {
  const file = int(fd, "fd");
  const struct = new Uint8Array(STATX_SIZE), path = c_string("");
  syscall(
    "fstat",
    () => libc.statx(file, path, AT_EMPTY_PATH, STATX_BASIC_STATS, struct),
  );
  const found = statx_fields(struct);
  return {
    st_mode: found.mode,
    st_ino: Number(found.ino),
    st_dev: found.dev,
    st_nlink: found.nlink,
    st_uid: found.uid,
    st_gid: found.gid,
    st_size: Number(found.size),
    st_atime: Number(found.atime) / 1e9,
    st_mtime: Number(found.mtime) / 1e9,
    st_ctime: Number(found.ctime) / 1e9,
    st_atime_ns: found.atime,
    st_mtime_ns: found.mtime,
    st_ctime_ns: found.ctime,
    st_blksize: found.blksize,
    st_blocks: Number(found.blocks),
    st_rdev: found.rdev,
  };
}

/**
 * Waits until written data and metadata are on the disk: Python's `os.fsync`, fsync(2).
 *
 * @param fd A descriptor, or an object with `fileno()`.
 * @throws {OSError} EINVAL for a pipe, socket or terminal; EBADF; EIO.
 * @throws {TypeError} If it is not a descriptor.
 * @throws {ValueError} If it is negative.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 *
 * const file = os.memfd_create("page");
 * os.fsync(file);
 * os.close(file);
 * ```
 */
export function fsync(fd: FileDescriptorLike): void {
  const file = fileno(fd);
  syscall("fsync", () => libc.fsync(file));
}

/**
 * Sets a file's length: Python's `os.ftruncate`, ftruncate(2).
 *
 * @param fd The descriptor.
 * @param length The length in bytes; added bytes read as zeros.
 * @throws {OSError} EINVAL if it is not a file or the length is negative; EBADF.
 * @throws {TypeError} If an argument is not an integer.
 * @throws {OverflowError} If `length` is above 2^53 - 1.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const file = os.memfd_create("page");
 * os.ftruncate(file, 4096);
 * assertEquals(os.lseek(file, 0, os.SEEK_END), 4096);
 * os.close(file);
 * ```
 */
export function ftruncate(fd: number, length: number): void {
  const file = int(fd, "fd");
  const size = BigInt(safe(length, "length"));
  syscall("ftruncate", () => libc.ftruncate(file, size));
}

/**
 * Returns whether calls on a descriptor block: Python's `os.get_blocking`, F_GETFL of fcntl(2).
 *
 * @param fd The descriptor.
 * @returns `false` if O_NONBLOCK is set.
 * @throws {OSError} EBADF if it is not open.
 * @throws {TypeError} If it is not an integer.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assert } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * assert(os.get_blocking(r));
 * os.close(r);
 * os.close(w);
 * ```
 */
export function get_blocking(fd: number): boolean {
  return !is_nonblocking(int(fd, "fd"));
}

/**
 * Returns whether a descriptor is a terminal: Python's `os.isatty`, isatty(3).
 *
 * @param fd The descriptor.
 * @returns Whether it is; `false` also if it is not open.
 * @throws {TypeError} If it is not an integer.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assert } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * assert(!os.isatty(r));
 * os.close(r);
 * os.close(w);
 * ```
 */
export function isatty(fd: number): boolean {
  return libc.isatty(int(fd, "fd")) === 1;
}

/** Seek from the start: whence of {@linkcode lseek}. */
export const SEEK_SET: number = 0;
/** Seek from the current position: whence of {@linkcode lseek}. */
export const SEEK_CUR: number = 1;
/** Seek from the end: whence of {@linkcode lseek}. */
export const SEEK_END: number = 2;
/** Seek to the next data: whence of {@linkcode lseek}. */
export const SEEK_DATA: number = 3;
/** Seek to the next hole: whence of {@linkcode lseek}. */
export const SEEK_HOLE: number = 4;

/**
 * Moves a file's position: Python's `os.lseek`, lseek(2).
 *
 * @param fd The descriptor.
 * @param pos The offset in bytes.
 * @param whence Where the offset counts from: SEEK_SET, SEEK_CUR, SEEK_END.
 * @returns The new position, from the start.
 * @throws {OSError} ESPIPE for a pipe, socket or terminal; EINVAL; EBADF.
 * @throws {TypeError} If an argument is not an integer.
 * @throws {OverflowError} If `pos` is above 2^53 - 1.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const file = os.memfd_create("notes");
 * os.write(file, new Uint8Array([1, 2, 3]));
 * assertEquals(os.lseek(file, -1, os.SEEK_END), 2);
 * assertEquals([...os.read(file, 8)], [3]);
 * os.close(file);
 * ```
 */
export function lseek(
  fd: number,
  pos: number,
  whence = SEEK_SET as number,
): number {
  const file = int(fd, "fd");
  const offset = BigInt(safe(pos, "pos"));
  const from = int(whence, "whence");
  return syscall("lseek", () => Number(libc.lseek(file, offset, from)));
}

/**
 * Opens a pseudo-terminal: Python's `os.openpty`, posix_openpt(3).
 *
 * @returns The end of the terminal emulator and the end that is a terminal for a program;
 * both closed on exec (PEP 446).
 * @throws {OSError} EMFILE if no descriptors are free, ENOSPC if no terminals are.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const [master, slave] = os.openpty();
 * assert(os.isatty(slave));
 * os.write(slave, new TextEncoder().encode("hello\n"));
 * // The terminal adds a carriage return.
 * assertEquals(new TextDecoder().decode(os.read(master, 100)), "hello\r\n");
 * os.close(slave);
 * os.close(master);
 * ```
 */
export function openpty(): [master: number, slave: number] {
  const flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
  const master = syscall("posix_openpt", () => libc.posix_openpt(flags));
  try {
    syscall("grantpt", () => libc.grantpt(master));
    syscall("unlockpt", () => libc.unlockpt(master));
    const path = terminal_path(
      "ptsname_r",
      (buffer, size) => libc.ptsname_r(master, buffer, size),
    );
    const slave = syscall(
      "openat",
      () => libc.openat(AT_FDCWD, path, flags, 0),
    );
    return [master, slave];
  } catch (error) {
    close_fd(master);
    throw error;
  }
}

/** Calls a function that writes a terminal's path, and returns errno instead of setting it. */
function terminal_path(
  syscall: string,
  call: (buffer: Uint8Array<ArrayBuffer>, size: bigint) => number,
): Uint8Array<ArrayBuffer> {
  const buffer = new Uint8Array(PATH_MAX);
  const number = call(buffer, BigInt(PATH_MAX));
  if (number !== 0) throw os_error(number, { syscall });
  return buffer;
}

/**
 * Creates a pipe: Python's `os.pipe`, pipe2(2) with O_CLOEXEC.
 *
 * @returns The read end and the write end, closed on exec (PEP 446).
 * @throws {OSError} EMFILE if no descriptors are free.
 *
 * @example
 * ```ts
 * import { os, select } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * os.write(w, new Uint8Array([1]));
 * assertEquals(select.select([r], [w], []), [[r], [w], []]);
 * os.close(r);
 * os.close(w);
 * ```
 */
export function pipe(): [r: number, w: number] {
  return pipe2(O_CLOEXEC);
}

/**
 * Creates a pipe with flags: Python's `os.pipe2`, pipe2(2).
 *
 * @param flags O_CLOEXEC, O_NONBLOCK, O_DIRECT, by `|`. Without O_CLOEXEC, programs that
 * this one executes inherit it.
 * @returns The read end and the write end.
 * @throws {OSError} EINVAL for other flags, EMFILE if no descriptors are free.
 * @throws {TypeError} If the flags are not an integer.
 *
 * @example
 * ```ts
 * import { BlockingIOError, os } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * const [r, w] = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC);
 * assertThrows(() => os.read(r, 1), BlockingIOError);
 * os.close(r);
 * os.close(w);
 * ```
 */
export function pipe2(flags: number): [r: number, w: number] {
  const options = int(flags, "flags");
  const fds = new Int32Array(2);
  syscall("pipe2", () => libc.pipe2(fds, options));
  return [fds[0]!, fds[1]!];
}

/**
 * Reads bytes: Python's `os.read`, read(2).
 *
 * A short result may share its `buffer` with other results, as Node's Buffers do: respect
 * `byteOffset`, and `slice()` the result before you transfer it.
 *
 * @param fd The descriptor.
 * @param n The most bytes to read.
 * @returns The bytes available; empty at the end of a file, or once every write end of a
 * pipe is closed.
 * @throws {BlockingIOError} If there is nothing to read and the descriptor is non-blocking.
 * @throws {OSError} EBADF if it is not open for reading, EINVAL if `n` is negative, EIO for
 * a pseudo-terminal whose other end is closed.
 * @throws {TypeError} If an argument is not an integer.
 * @throws {OverflowError} If `n` is too large.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * os.write(w, new TextEncoder().encode("hello"));
 * assertEquals(new TextDecoder().decode(os.read(r, 100)), "hello");
 * os.close(w);
 * assertEquals(os.read(r, 100).length, 0);
 * os.close(r);
 * ```
 */
export function read(fd: number, n: number): Uint8Array<ArrayBuffer> {
  const from = int(fd, "fd");
  const [buffer, size] = buffer_for(n);
  const count = BigInt(size);
  return taken(buffer, syscall("read", () => libc.read(from, buffer, count)));
}

/**
 * Reads as {@linkcode read} does, without blocking the event loop.
 *
 * @param fd The descriptor.
 * @param n The most bytes to read.
 * @param options `signal` ends the wait, and no bytes are lost.
 * @returns The bytes available, as `read`.
 * @throws As `read`, but never `BlockingIOError`; the signal's reason once it aborts;
 * `OSError` EBADF if the descriptor is closed meanwhile.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * setTimeout(() => os.write(w, new TextEncoder().encode("hello")), 10);
 * assertEquals(new TextDecoder().decode(await os.readAsync(r, 100)), "hello");
 * os.close(w);
 * os.close(r);
 * ```
 */
export function readAsync(
  fd: number,
  n: number,
  options?: WaitOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  return until(fd, EPOLLIN, (from) => {
    const [buffer, size] = buffer_for(n);
    const got = read_nowait(from, buffer, size);
    return got === -1 ? NOT_YET : taken(buffer, got);
  }, options);
}

/** Returns a buffer for a read, and how many bytes the read may take. */
function buffer_for(
  n: number,
): [buffer: Uint8Array<ArrayBuffer>, size: number] {
  const size = safe(n, "n");
  if (size < 0) throw os_error(EINVAL, { syscall: "read" });
  const buffer = landing_for(size, false);
  return [buffer, Math.min(size, buffer.length)];
}

/** Retries a call on each event of a descriptor until it succeeds. */
function until<T>(
  fd: number,
  event: number,
  call: (fd: number) => T | typeof NOT_YET,
  options: WaitOptions | undefined,
): Promise<T> {
  return pending(
    () => new Call(int(fd, "fd"), event, ({ fd }) => call(fd)),
    options,
  );
}

/**
 * Copies bytes from one descriptor to another within the kernel: Python's `os.sendfile`,
 * sendfile(2).
 *
 * @param out_fd The destination: a socket, a pipe or a file.
 * @param in_fd The source: a file, not a socket.
 * @param offset Where to start in the source, without moving its position; `null` to start
 * at its position and move it.
 * @param count The most bytes to copy.
 * @returns The number of bytes copied; 0 at the end of the file.
 * @throws {BlockingIOError} If there is no room and `out_fd` is non-blocking.
 * @throws {OSError} EBADF; EINVAL if `in_fd` is not a file, or `offset` or `count` is negative.
 * @throws {TypeError} If an argument is of another type.
 * @throws {OverflowError} If `offset` or `count` is above 2^53 - 1.
 *
 * @example
 * ```ts
 * import { os, socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const file = os.memfd_create("page");
 * os.write(file, new TextEncoder().encode("hello, world"));
 * const [a, b] = socket.socketpair();
 * assertEquals(os.sendfile(a.fileno(), file, 7, 100), 5);
 * assertEquals(new TextDecoder().decode(b.recv(100)), "world");
 * os.close(file);
 * a.close();
 * b.close();
 * ```
 */
export function sendfile(
  out_fd: number,
  in_fd: number,
  offset: number | null,
  count: number,
): number {
  const to = int(out_fd, "out_fd"), from = int(in_fd, "in_fd");
  const position = offset === null
    ? null
    : new BigInt64Array([BigInt(safe(offset, "offset"))]);
  // The kernel refuses a negative count.
  const size = BigInt.asUintN(64, BigInt(safe(count, "count")));
  return syscall("sendfile", () => libc.sendfile(to, from, position, size));
}

/**
 * Sets whether calls on a descriptor block: Python's `os.set_blocking`, FIONBIO of ioctl(2).
 *
 * All duplicates share the setting, in other processes too: a terminal shares it with the
 * shell.
 *
 * @param fd The descriptor.
 * @param blocking `false` to fail with `BlockingIOError` instead of blocking.
 * @throws {OSError} EBADF if it is not open.
 * @throws {TypeError} If an argument is of another type.
 *
 * @example
 * ```ts
 * import { BlockingIOError, os } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * os.set_blocking(r, false);
 * assertThrows(() => os.read(r, 1), BlockingIOError);
 * os.close(r);
 * os.close(w);
 * ```
 */
export function set_blocking(fd: number, blocking: boolean): void {
  set_nonblocking(int(fd, "fd"), !truth(blocking, "blocking"));
}

/**
 * Reads bytes into several buffers, one after another: Python's `os.readv`, readv(2).
 *
 * @param fd The descriptor.
 * @param buffers The buffers to fill.
 * @returns The total number of bytes read; 0 at the end.
 * @throws {BlockingIOError} If there is nothing to read and the descriptor is non-blocking.
 * @throws {OSError} EBADF; EINVAL for more than 1024 buffers.
 * @throws {TypeError} If an argument is of another type.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * os.write(w, new Uint8Array([1, 2, 3]));
 * const head = new Uint8Array(2), rest = new Uint8Array(8);
 * assertEquals(os.readv(r, [head, rest]), 3);
 * assertEquals([...head, rest[0]], [1, 2, 3]);
 * os.close(r);
 * os.close(w);
 * ```
 */
export function readv(fd: number, buffers: Iterable<BytesLike>): number {
  return vectored("readv", fd, buffers);
}

/**
 * Reads as {@linkcode readv} does, without blocking the event loop.
 *
 * @param fd The descriptor.
 * @param buffers The buffers to fill.
 * @param options `signal` ends the wait, and no bytes are lost.
 * @returns The total number of bytes read, as `readv`.
 * @throws As `readv`, but never `BlockingIOError`; the signal's reason once it aborts;
 * `OSError` EBADF if the descriptor is closed meanwhile; `ValueError` if a buffer is
 * transferred meanwhile.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * setTimeout(() => os.write(w, new Uint8Array([1, 2, 3])), 10);
 * const head = new Uint8Array(2), rest = new Uint8Array(8);
 * assertEquals(await os.readvAsync(r, [head, rest]), 3);
 * assertEquals([...head, rest[0]], [1, 2, 3]);
 * os.close(r);
 * os.close(w);
 * ```
 */
export function readvAsync(
  fd: number,
  buffers: Iterable<BytesLike>,
  options?: WaitOptions,
): Promise<number> {
  return vectored_async("readv", fd, buffers, options);
}

/**
 * Returns the path of a terminal: Python's `os.ttyname`, ttyname_r(3).
 *
 * @param fd The terminal's descriptor.
 * @returns A path, for example `/dev/pts/0`.
 * @throws {OSError} ENOTTY if it is not a terminal, EBADF if it is not open, ENODEV if it has
 * no path here.
 * @throws {TypeError} If it is not an integer.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assert } from "@std/assert";
 *
 * const [master, slave] = os.openpty();
 * assert(os.ttyname(slave).startsWith("/dev/"));
 * os.close(master);
 * os.close(slave);
 * ```
 */
export function ttyname(fd: number): string {
  const terminal = int(fd, "fd");
  return c_text(
    terminal_path(
      "ttyname_r",
      (buffer, size) => libc.ttyname_r(terminal, buffer, size),
    ),
  );
}

/**
 * Writes bytes: Python's `os.write`, write(2).
 *
 * @param fd The descriptor.
 * @param data The bytes.
 * @returns The number of bytes written, perhaps not all.
 * @throws {BlockingIOError} If there is no room and the descriptor is non-blocking.
 * @throws {BrokenPipeError} If every read end is closed; SIGPIPE is ignored.
 * @throws {OSError} EBADF if it is not open for writing.
 * @throws {TypeError} If the data is not bytes; encode a string first.
 *
 * @example
 * ```ts
 * import { BrokenPipeError, os } from "@iomux/py";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * assertEquals(os.write(w, new Uint8Array([1, 2, 3])), 3);
 * os.close(r);
 * assertThrows(() => os.write(w, new Uint8Array(1)), BrokenPipeError);
 * os.close(w);
 * ```
 */
export function write(fd: number, data: BytesLike): number {
  const to = int(fd, "fd");
  const buffer = bytes(data, "data");
  const count = BigInt(length_of(buffer));
  return syscall("write", () => libc.write(to, buffer, count));
}

/**
 * Writes as {@linkcode write} does, without blocking the event loop.
 *
 * @param fd The descriptor.
 * @param data The bytes. Do not change them before the promise settles.
 * @param options `signal` ends the wait, and no bytes are written.
 * @returns The number of bytes written, perhaps not all.
 * @throws As `write`, but never `BlockingIOError`; the signal's reason once it aborts;
 * `OSError` EBADF if the descriptor is closed meanwhile; `ValueError` if the buffer is
 * transferred meanwhile.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * assertEquals(await os.writeAsync(w, new Uint8Array([1, 2, 3])), 3);
 * assertEquals(os.read(r, 100), new Uint8Array([1, 2, 3]));
 * os.close(w);
 * os.close(r);
 * ```
 */
export function writeAsync(
  fd: number,
  data: BytesLike,
  options?: WaitOptions,
): Promise<number> {
  let size = -1;
  return until(fd, EPOLLOUT, (to) => {
    const buffer = bytes(data, "data");
    if (size === -1) size = length_of(buffer);
    check_unshrunk([buffer], size);
    const put = write_nowait(to, buffer, size);
    return put === -1 ? NOT_YET : put;
  }, options);
}

/**
 * Writes several buffers with one call: Python's `os.writev`, writev(2).
 *
 * @param fd The descriptor.
 * @param buffers The buffers.
 * @returns The number of bytes written, perhaps not all.
 * @throws {BlockingIOError} If there is no room and the descriptor is non-blocking.
 * @throws {BrokenPipeError} If every read end is closed; SIGPIPE is ignored.
 * @throws {OSError} EBADF; EINVAL for more than 1024 buffers.
 * @throws {TypeError} If an argument is of another type.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * assertEquals(os.writev(w, [new Uint8Array([1, 2]), new Uint8Array([3])]), 3);
 * assertEquals([...os.read(r, 8)], [1, 2, 3]);
 * os.close(r);
 * os.close(w);
 * ```
 */
export function writev(fd: number, buffers: Iterable<BytesLike>): number {
  return vectored("writev", fd, buffers);
}

/**
 * Writes as {@linkcode writev} does, without blocking the event loop.
 *
 * @param fd The descriptor.
 * @param buffers The buffers. Do not change them before the promise settles.
 * @param options `signal` ends the wait, and no bytes are written.
 * @returns The number of bytes written, perhaps not all.
 * @throws As `writev`, but never `BlockingIOError`; the signal's reason once it aborts;
 * `OSError` EBADF if the descriptor is closed meanwhile; `ValueError` if a buffer is
 * transferred meanwhile.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * const parts = [new Uint8Array([1, 2]), new Uint8Array([3])];
 * assertEquals(await os.writevAsync(w, parts), 3);
 * assertEquals([...os.read(r, 8)], [1, 2, 3]);
 * os.close(r);
 * os.close(w);
 * ```
 */
export function writevAsync(
  fd: number,
  buffers: Iterable<BytesLike>,
  options?: WaitOptions,
): Promise<number> {
  return vectored_async("writev", fd, buffers, options);
}

/** Calls readv(2) or writev(2). */
function vectored(
  name: "readv" | "writev",
  fd: number,
  buffers: Iterable<BytesLike>,
): number {
  const file = int(fd, "fd");
  const parts = views_of(buffers, `${name}() argument 2`);
  return with_msghdr(null, parts, null, (msghdr) => {
    const { address, length } = msghdr_iov(msghdr);
    return syscall(name, () => libc[name](file, address, length));
  });
}

/** Calls readv(2) or writev(2) without blocking. */
function vectored_async(
  name: "readv" | "writev",
  fd: number,
  buffers: Iterable<BytesLike>,
  options: WaitOptions | undefined,
): Promise<number> {
  const event = name === "readv" ? EPOLLIN : EPOLLOUT;
  // Some iterables can be walked only once.
  let parts: Uint8Array<ArrayBuffer>[] | undefined, size = 0;
  return until(fd, event, (file) => {
    if (parts === undefined) {
      parts = views_of(buffers, `${name}() argument 2`);
      size = total(parts);
    }
    check_unshrunk(parts, size);
    const moved = vectored_nowait(name, file, parts, size);
    return moved === -1 ? NOT_YET : moved;
  }, options);
}

// Inheritance of file descriptors.

/**
 * Returns whether programs that this one executes inherit a descriptor: Python's
 * `os.get_inheritable`, F_GETFD of fcntl(2).
 *
 * @param fd The descriptor.
 * @returns `false` if it is closed on exec.
 * @throws {OSError} EBADF if it is not open.
 * @throws {TypeError} If it is not an integer.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assert } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * assert(!os.get_inheritable(r));
 * os.close(r);
 * os.close(w);
 * ```
 */
export function get_inheritable(fd: number): boolean {
  return !is_cloexec(int(fd, "fd"));
}

/**
 * Sets whether programs that this one executes inherit a descriptor: Python's
 * `os.set_inheritable`, F_SETFD of fcntl(2).
 *
 * @param fd The descriptor.
 * @param inheritable Whether they inherit it.
 * @throws {OSError} EBADF if it is not open.
 * @throws {TypeError} If an argument is of another type.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assert } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * os.set_inheritable(r, true);
 * assert(os.get_inheritable(r));
 * os.close(r);
 * os.close(w);
 * ```
 */
export function set_inheritable(fd: number, inheritable: boolean): void {
  set_cloexec(int(fd, "fd"), int(inheritable, "inheritable") === 0);
}

// Files in memory, and event counters.

/** Close the descriptor on exec: flag of {@linkcode memfd_create}. */
export const MFD_CLOEXEC: number = 1;
/** Allow seals: flag of {@linkcode memfd_create}. */
export const MFD_ALLOW_SEALING: number = 2;
/** Use huge pages: flag of {@linkcode memfd_create}. */
export const MFD_HUGETLB: number = 4;
/** The shift of the huge page size, as a power of 2, in the flags. */
export const MFD_HUGE_SHIFT: number = 26;
/** The mask of the huge page size, once it is shifted down. */
export const MFD_HUGE_MASK: number = 63;
/** Pages of 64 KiB, with MFD_HUGETLB. */
export const MFD_HUGE_64KB: number = 1073741824;
/** Pages of 512 KiB, with MFD_HUGETLB. */
export const MFD_HUGE_512KB: number = 1275068416;
/** Pages of 1 MiB, with MFD_HUGETLB. */
export const MFD_HUGE_1MB: number = 1342177280;
/** Pages of 2 MiB, with MFD_HUGETLB. */
export const MFD_HUGE_2MB: number = 1409286144;
/** Pages of 8 MiB, with MFD_HUGETLB. */
export const MFD_HUGE_8MB: number = 1543503872;
/** Pages of 16 MiB, with MFD_HUGETLB. */
export const MFD_HUGE_16MB: number = 1610612736;
/** Pages of 32 MiB, with MFD_HUGETLB. */
export const MFD_HUGE_32MB: number = 1677721600;
/** Pages of 256 MiB, with MFD_HUGETLB. */
export const MFD_HUGE_256MB: number = 1879048192;
/** Pages of 512 MiB, with MFD_HUGETLB. */
export const MFD_HUGE_512MB: number = 1946157056;
/** Pages of 1 GiB, with MFD_HUGETLB. */
export const MFD_HUGE_1GB: number = 2013265920;
/** Pages of 2 GiB, with MFD_HUGETLB. */
export const MFD_HUGE_2GB: number = 2080374784;
/** Pages of 16 GiB, with MFD_HUGETLB. */
export const MFD_HUGE_16GB: number = 2281701376;

const UINT_MAX = 0xffffffff;

const FLAGS = ["flags"];

/** Keywords of {@linkcode memfd_create}, {@linkcode eventfd} and {@linkcode pidfd_open}. */
export interface FlagsOptions {
  /** The flags, by `|`; each function has its own default. */
  readonly flags?: number | undefined;
}

/**
 * Creates a file in memory: Python's `os.memfd_create`, memfd_create(2).
 *
 * Like every regular file it is always ready for select and poll, and epoll refuses it
 * (EPERM).
 *
 * @param name A name to show in `/proc`, at most 249 bytes; it need not be unique.
 * @param flags MFD_CLOEXEC, MFD_ALLOW_SEALING and so on, by `|`; MFD_CLOEXEC by default.
 * Without it, programs that this one executes inherit the file. Or {@linkcode FlagsOptions}.
 * @returns A descriptor. The kernel frees the file once all its descriptors are closed.
 * @throws {OSError} EINVAL for other flags or a longer name, EMFILE if no descriptor is free.
 * @throws {TypeError} If the name is not a string, or the flags are not an integer.
 * @throws {ValueError} If the name contains a NUL.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const file = os.memfd_create("notes");
 * os.write(file, new TextEncoder().encode("remember"));
 * os.lseek(file, 0);
 * assertEquals(new TextDecoder().decode(os.read(file, 100)), "remember");
 * os.close(file);
 * ```
 */
export function memfd_create(
  name: string,
  flags?: number | FlagsOptions,
): number {
  const [bits = MFD_CLOEXEC] = keywords("memfd_create", [flags], FLAGS);
  const path = c_string(text(name, "name"));
  // `|` makes MFD_HUGE_16GB negative.
  const options = int(bits, "flags", -0x80000000, UINT_MAX) >>> 0;
  return syscall("memfd_create", () => libc.memfd_create(path, options));
}

/** Close the descriptor on exec: flag of {@linkcode eventfd}. */
export const EFD_CLOEXEC: number = 524288;
/** Fail with `BlockingIOError` instead of blocking: flag of {@linkcode eventfd}. */
export const EFD_NONBLOCK: number = 2048;
/** Each read takes 1 from the counter, not its whole value: flag of {@linkcode eventfd}. */
export const EFD_SEMAPHORE: number = 1;

const ULLONG_MAX = 2n ** 64n - 1n;

const counter = new BigUint64Array(1);

/**
 * Creates an event counter: Python's `os.eventfd`, eventfd(2).
 *
 * It is readable while it is above 0, and writable while it can be incremented.
 *
 * @param initval The initial value, 0 to 4294967295.
 * @param flags EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE, by `|`; EFD_CLOEXEC by default.
 * Without it, programs that this one executes inherit it. Or {@linkcode FlagsOptions}.
 * @returns A descriptor. Close it with {@linkcode close}.
 * @throws {OSError} EINVAL for other flags, EMFILE if no descriptor is free.
 * @throws {OverflowError} If `initval` is above 4294967295.
 * @throws {TypeError} If an argument is not an integer.
 * @throws {ValueError} If `initval` is negative.
 *
 * @example
 * ```ts
 * import { os, select } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const fd = os.eventfd(0);
 * assertEquals(select.select([fd], [], [], 0)[0], []);
 * os.eventfd_write(fd, 3);
 * assertEquals(select.select([fd], [], [], 0)[0], [fd]);
 * assertEquals(os.eventfd_read(fd), 3);
 * os.close(fd);
 * ```
 */
export function eventfd(
  initval: number,
  flags?: number | FlagsOptions,
): number {
  const [bits = EFD_CLOEXEC] = keywords("eventfd", [flags], FLAGS);
  const value = unsigned(initval, "initval"), options = int(bits, "flags");
  return syscall("eventfd", () => libc.eventfd(value, options));
}

/** Checks a C unsigned int: below 0 CPython raises ValueError, not OverflowError. */
function unsigned(value: unknown, name: string): number {
  const number = whole(value, name);
  if (number < 0) throw new ValueError(`${name} must be positive: ${number}`);
  return int(number, name, 0, UINT_MAX);
}

/**
 * Reads an event counter and resets it: Python's `os.eventfd_read`, eventfd_read(3).
 *
 * @param fd The descriptor, or an object with `fileno()`.
 * @returns The value, or 1 with EFD_SEMAPHORE. Above 2^53 the nearest number.
 * @throws {BlockingIOError} If it is 0 and non-blocking; a blocking call waits.
 * @throws {OSError} EBADF; EINVAL if it is not an event counter.
 * @throws {TypeError} If it is not a descriptor.
 * @throws {ValueError} If it is negative.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const fd = os.eventfd(2, os.EFD_SEMAPHORE | os.EFD_CLOEXEC);
 * assertEquals([os.eventfd_read(fd), os.eventfd_read(fd)], [1, 1]);
 * os.close(fd);
 * ```
 */
export function eventfd_read(fd: FileDescriptorLike): number {
  const file = fileno(fd);
  const size = syscall("read", () => libc.read(file, counter, 8n));
  if (size !== 8) throw os_error(EINVAL, { syscall: "read" });
  return Number(counter[0]!);
}

/**
 * Adds to an event counter: Python's `os.eventfd_write`, eventfd_write(3).
 *
 * @param fd The descriptor, or an object with `fileno()`.
 * @param value The number to add, 0 to 2^64 - 2; a bigint above 2^53.
 * @throws {BlockingIOError} If it does not fit and the counter is non-blocking; a blocking
 * call waits.
 * @throws {OSError} EBADF; EINVAL for 2^64 - 1.
 * @throws {OverflowError} If the value is out of range.
 * @throws {TypeError} If an argument is of another type.
 * @throws {ValueError} If the descriptor is negative.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const fd = os.eventfd(1);
 * os.eventfd_write(fd, 41);
 * assertEquals(os.eventfd_read(fd), 42);
 * os.close(fd);
 * ```
 */
export function eventfd_write(
  fd: FileDescriptorLike,
  value: number | bigint,
): void {
  const file = fileno(fd);
  const added = typeof value === "bigint"
    ? value
    : BigInt(whole(value, "value"));
  if (added < 0n) throw new ValueError(`value must be positive: ${added}`);
  if (added > ULLONG_MAX) {
    throw new OverflowError(`value must be in 0 to 2^64 - 1: ${added}`);
  }
  syscall("eventfd_write", () => libc.eventfd_write(file, added));
}

// Timers.

/** Close the descriptor on exec, always set here: flag of {@linkcode timerfd_create}. */
export const TFD_CLOEXEC: number = 524288;
/** Fail with `BlockingIOError` instead of blocking: flag of {@linkcode timerfd_create}. */
export const TFD_NONBLOCK: number = 2048;
/** `initial` is an absolute time on the timer's clock: flag of {@linkcode timerfd_settime}. */
export const TFD_TIMER_ABSTIME: number = 1;
/** Reads fail with ECANCELED once the clock is set: flag of {@linkcode timerfd_settime}. */
export const TFD_TIMER_CANCEL_ON_SET: number = 2;

/** The system's time, which can be set: clock of {@linkcode timerfd_create}, in Python's `time`. */
export const CLOCK_REALTIME: number = 0;
/** Monotonic time: clock of {@linkcode timerfd_create}, in Python's `time`. */
export const CLOCK_MONOTONIC: number = 1;
/** Monotonic time with suspensions: clock of {@linkcode timerfd_create}, in Python's `time`. */
export const CLOCK_BOOTTIME: number = 7;

const LLONG_MAX = 2n ** 63n - 1n;
const SETTING = ["flags", "initial", "interval"];

const setting = new BigInt64Array(ITIMERSPEC_WORDS);
const previous = new BigInt64Array(ITIMERSPEC_WORDS);

/** Keywords of {@linkcode timerfd_settime}. */
export interface TimerSetting {
  /** TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET, by `|`; 0 by default. */
  readonly flags?: number;
  /** Seconds until the first expiration, or its time; 0, the default, disarms the timer. */
  readonly initial?: number;
  /** Seconds between expirations; 0, the default, for a one-shot timer. */
  readonly interval?: number;
}

/** Keywords of {@linkcode timerfd_settime_ns}. */
export interface TimerSettingNs {
  /** TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET, by `|`; 0 by default. */
  readonly flags?: number;
  /** Nanoseconds until the first expiration, or its time; 0, the default, disarms the timer. */
  readonly initial?: number | bigint;
  /** Nanoseconds between expirations; 0, the default, for a one-shot timer. */
  readonly interval?: number | bigint;
}

/**
 * Creates a timer: Python's `os.timerfd_create`, timerfd_create(2).
 *
 * It is readable once it has expired. A read returns 8 bytes: the number of expirations since
 * the last read, in native byte order.
 *
 * @param clockid CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME.
 * @param options `flags`: TFD_NONBLOCK; TFD_CLOEXEC is always set.
 * @returns A descriptor. Close it with {@linkcode close}.
 * @throws {OSError} EINVAL for another clock or other flags, EMFILE if no descriptor is free.
 * @throws {TypeError} If an argument is of another type.
 *
 * @example
 * ```ts
 * import { os, select } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const fd = os.timerfd_create(os.CLOCK_MONOTONIC);
 * os.timerfd_settime(fd, { initial: 0.01 });
 * assertEquals(select.select([fd], [], [], 5)[0], [fd]);
 * const count = os.read(fd, 8);
 * assertEquals(new DataView(count.buffer, count.byteOffset).getBigUint64(0, true), 1n);
 * os.close(fd);
 * ```
 */
export function timerfd_create(
  clockid: number,
  options: { readonly flags?: number } = {},
): number {
  const clock = int(clockid, "clockid");
  const [bits = 0] = keywords("timerfd_create", [options], [], FLAGS);
  const flags = int(bits, "flags") | TFD_CLOEXEC;
  return syscall("timerfd_create", () => libc.timerfd_create(clock, flags));
}

/**
 * Sets a timer, in seconds: Python's `os.timerfd_settime`, timerfd_settime(2).
 *
 * @param fd The timer's descriptor, or an object with `fileno()`.
 * @param options `flags`, `initial` and `interval` in fractional seconds, rounded down to the
 * nanosecond. Without `initial` the timer is disarmed.
 * @returns The previous setting in seconds: `[next_expiration, interval]`.
 * @throws {OSError} EINVAL if a time is negative, other flags are set, or it is not a timer;
 * EBADF.
 * @throws {TypeError} If an argument is of another type.
 * @throws {ValueError} If a time is NaN, or the descriptor is negative.
 * @throws {OverflowError} If a time is beyond 2^63 nanoseconds.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const fd = os.timerfd_create(os.CLOCK_MONOTONIC);
 * os.timerfd_settime(fd, { initial: 3600, interval: 0.25 });
 * const [next, interval] = os.timerfd_settime(fd);
 * assertEquals(Math.ceil(next), 3600);
 * assertEquals(interval, 0.25);
 * assertEquals(os.timerfd_gettime(fd), [0, 0]);
 * os.close(fd);
 * ```
 */
export function timerfd_settime(
  fd: FileDescriptorLike,
  options: TimerSetting = {},
): [next_expiration: number, interval: number] {
  return in_seconds(settime("timerfd_settime", fd, options, of_seconds));
}

/**
 * Sets a timer, in nanoseconds: Python's `os.timerfd_settime_ns`, timerfd_settime(2).
 *
 * @param fd The timer's descriptor, or an object with `fileno()`.
 * @param options `flags`, `initial` and `interval` in whole nanoseconds; a bigint above 2^53,
 * for example a time since 1970. Without `initial` the timer is disarmed.
 * @returns The previous setting in nanoseconds: `[next_expiration, interval]`. Above 2^53, 104
 * days, the nearest number.
 * @throws {OSError} EINVAL if a time is negative, other flags are set, or it is not a timer;
 * EBADF.
 * @throws {TypeError} If an argument is of another type.
 * @throws {ValueError} If the descriptor is negative.
 * @throws {OverflowError} If a time does not fit 64 bits.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const fd = os.timerfd_create(os.CLOCK_REALTIME);
 * const tomorrow = BigInt(Date.now() + 86_400_000) * 1_000_000n;
 * os.timerfd_settime_ns(fd, { flags: os.TFD_TIMER_ABSTIME, initial: tomorrow, interval: 250 });
 * assertEquals(os.timerfd_gettime_ns(fd)[1], 250);
 * os.close(fd);
 * ```
 */
export function timerfd_settime_ns(
  fd: FileDescriptorLike,
  options: TimerSettingNs = {},
): [next_expiration: number, interval: number] {
  return settime("timerfd_settime_ns", fd, options, nanoseconds);
}

/**
 * Returns a timer's setting, in seconds: Python's `os.timerfd_gettime`, timerfd_gettime(2).
 *
 * @param fd The timer's descriptor, or an object with `fileno()`.
 * @returns `[next_expiration, interval]`: seconds from now, also with TFD_TIMER_ABSTIME, 0
 * if it is disarmed; and seconds between expirations, 0 for a one-shot timer.
 * @throws {OSError} EINVAL if it is not a timer; EBADF.
 * @throws {TypeError} If it is not a descriptor.
 * @throws {ValueError} If it is negative.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const fd = os.timerfd_create(os.CLOCK_MONOTONIC);
 * assertEquals(os.timerfd_gettime(fd), [0, 0]);
 * os.close(fd);
 * ```
 */
export function timerfd_gettime(
  fd: FileDescriptorLike,
): [next_expiration: number, interval: number] {
  return in_seconds(timerfd_gettime_ns(fd));
}

/**
 * Returns a timer's setting, in nanoseconds: Python's `os.timerfd_gettime_ns`,
 * timerfd_gettime(2).
 *
 * @param fd The timer's descriptor, or an object with `fileno()`.
 * @returns `[next_expiration, interval]`, as {@linkcode timerfd_gettime}, in nanoseconds.
 * Above 2^53, 104 days, the nearest number.
 * @throws {OSError} EINVAL if it is not a timer; EBADF.
 * @throws {TypeError} If it is not a descriptor.
 * @throws {ValueError} If it is negative.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assert } from "@std/assert";
 *
 * const fd = os.timerfd_create(os.CLOCK_MONOTONIC);
 * os.timerfd_settime(fd, { initial: 60 });
 * const [next] = os.timerfd_gettime_ns(fd);
 * assert(next > 59e9 && next <= 60e9);
 * os.close(fd);
 * ```
 */
export function timerfd_gettime_ns(
  fd: FileDescriptorLike,
): [next_expiration: number, interval: number] {
  const timer = fileno(fd);
  syscall("timerfd_gettime", () => libc.timerfd_gettime(timer, previous));
  return times();
}

/** Sets a timer; `time` checks a time, and returns it in nanoseconds. */
function settime(
  caller: string,
  fd: FileDescriptorLike,
  options: TimerSetting | TimerSettingNs,
  time: (value: unknown, name: string) => bigint,
): [number, number] {
  const [bits = 0, initial = 0, interval = 0] = keywords(
    caller,
    [options],
    [],
    SETTING,
  );
  const value = time(initial, "initial"), again = time(interval, "interval");
  const timer = fileno(fd), flags = int(bits, "flags");
  itimerspec_set(setting, value, again);
  syscall(
    "timerfd_settime",
    () => libc.timerfd_settime(timer, flags, setting, previous),
  );
  return times();
}

/** Returns the times that the kernel wrote, in nanoseconds. */
function times(): [number, number] {
  return [
    Number(itimerspec_value(previous)),
    Number(itimerspec_interval(previous)),
  ];
}

function in_seconds([next, interval]: [number, number]): [number, number] {
  return [next / 1e9, interval / 1e9];
}

function of_seconds(value: unknown, name: string): bigint {
  const time = seconds(value, name);
  if (time === null) {
    throw new TypeError(`${name} must be a number, not ${shown(value)}`);
  }
  // CPython rounds down.
  return BigInt(Math.floor(time * 1e9));
}

function nanoseconds(value: unknown, name: string): bigint {
  const time = typeof value === "bigint" ? value : BigInt(whole(value, name));
  if (time > LLONG_MAX || time < -LLONG_MAX - 1n) {
    throw new OverflowError(`${name} is too large: ${time}`);
  }
  return time;
}

// Processes.

/** waitid(2) fails with `BlockingIOError` instead of blocking: flag of {@linkcode pidfd_open}. */
export const PIDFD_NONBLOCK: number = 2048;

/**
 * Opens a descriptor for a process: Python's `os.pidfd_open`, pidfd_open(2).
 *
 * It becomes readable when the process ends. It is closed on exec, and never refers to a later
 * process with the same number.
 *
 * @param pid The process ID.
 * @param flags 0, the default, or PIDFD_NONBLOCK. Or {@linkcode FlagsOptions}.
 * @returns A descriptor. Close it with {@linkcode close}.
 * @throws {ProcessLookupError} If the process does not exist.
 * @throws {OSError} EINVAL for a pid below 1 or other flags, EMFILE if no descriptor is
 * free, ENOSYS before Linux 5.3.
 * @throws {TypeError} If an argument is not an integer.
 * @throws {ValueError} If the flags are negative.
 *
 * @example
 * ```ts
 * import { os, select } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const fd = os.pidfd_open(Deno.pid);
 * assertEquals(select.select([fd], [], [], 0)[0], []);
 * os.close(fd);
 * ```
 */
export function pidfd_open(
  pid: number,
  flags?: number | FlagsOptions,
): number {
  const [bits = 0] = keywords("pidfd_open", [flags], FLAGS);
  const process = int(pid, "pid"), options = unsigned(bits, "flags");
  return syscall("pidfd_open", () => libc.pidfd_open(process, options));
}
