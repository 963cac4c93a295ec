import { EINVAL } from "../../ffi/errno.ts";
import { libc } from "../../ffi/libc.ts";
import { with_msghdr } from "../../ffi/msghdr.ts";
import { read_nowait, write_nowait } from "../../ffi/nowait.ts";
import { os_error, syscall } from "../../ffi/syscall.ts";
import {
  bytes,
  type BytesLike,
  type FileDescriptorLike,
  fileno,
  int,
  length_of,
  views_of,
  whole,
} from "../arguments.ts";
import { OverflowError } from "../exceptions.ts";
import {
  bad_descriptor,
  FOREIGN,
  NOT_YET,
  pending,
  type WaitOptions,
} from "../pending.ts";
import { landing_for, taken } from "../received.ts";
import { EPOLLIN, EPOLLOUT } from "../select/constants.ts";
import { SEEK_SET } from "./constants.ts";

/**
 * Reads bytes: Python's `os.read`, read(2).
 *
 * A short result may share its `buffer` with others, as Node's Buffers do: mind
 * `byteOffset`, and `slice()` it before you transfer it.
 *
 * @param fd The descriptor.
 * @param n The most bytes to read.
 * @returns What was there; nothing at all at the end of a file, or once all who could
 * write are gone.
 * @throws {BlockingIOError} If there is nothing and the descriptor is non-blocking.
 * @throws {OSError} EBADF if it is not open for reading, EINVAL if `n` is negative, EIO of
 * a pseudo-terminal whose other end is closed.
 * @throws {TypeError} If an argument is no integer.
 * @throws {OverflowError} If `n` does not fit.
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
  const size = safe(n, "n");
  if (size < 0) throw os_error(EINVAL, { syscall: "read" });
  const buffer = landing_for(size, false);
  const count = BigInt(Math.min(size, buffer.length));
  return taken(buffer, syscall("read", () => libc.read(from, buffer, count)));
}

/**
 * Reads as {@linkcode read} does, without stopping the event loop.
 *
 * @param fd The descriptor.
 * @param n The most bytes to read.
 * @param options `signal`, to end the wait: nothing has been read then.
 * @returns What `read` returns.
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
    const size = safe(n, "n");
    if (size < 0) throw os_error(EINVAL, { syscall: "read" });
    const buffer = landing_for(size, false);
    const got = read_nowait(from, buffer, Math.min(size, buffer.length));
    return got === -1 ? NOT_YET : taken(buffer, got);
  }, options);
}

/** Waits for an event of a descriptor until a call succeeds. */
function until<T>(
  fd: number,
  event: number,
  call: (fd: number) => T | typeof NOT_YET,
  options: WaitOptions | undefined,
): Promise<T> {
  return pending(() => {
    const number = int(fd, "fd");
    const watched = [[number, event] as const];
    return {
      ...FOREIGN,
      in_turn: true,
      timeout: -1,
      watched: () => watched,
      attempt: () => call(number),
      timed_out: () => {
        throw bad_descriptor();
      },
      closed: bad_descriptor,
    };
  }, options);
}

/**
 * Writes bytes: Python's `os.write`, write(2).
 *
 * @param fd The descriptor.
 * @param data The bytes; encode a string first.
 * @returns How many were taken, perhaps not all.
 * @throws {BlockingIOError} If there is no room and the descriptor is non-blocking.
 * @throws {BrokenPipeError} If nobody can read any more; there is no SIGPIPE.
 * @throws {OSError} EBADF, if it is not open for writing.
 * @throws {TypeError} If the data are no bytes, such as a string.
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
 * Writes as {@linkcode write} does, without stopping the event loop.
 *
 * @param fd The descriptor.
 * @param data The bytes; not to be changed until they are written.
 * @param options `signal`, to end the wait: nothing has been written then.
 * @returns How many were taken, perhaps not all.
 * @throws As `write`, but never `BlockingIOError`; the signal's reason once it aborts;
 * `OSError` EBADF if the descriptor is closed meanwhile.
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
  return until(fd, EPOLLOUT, (to) => {
    const buffer = bytes(data, "data");
    const put = write_nowait(to, buffer, length_of(buffer));
    return put === -1 ? NOT_YET : put;
  }, options);
}

/**
 * Reads bytes into several buffers, one after another: Python's `os.readv`, readv(2).
 *
 * @param fd The descriptor.
 * @param buffers The buffers to fill.
 * @returns How many bytes were read in all; 0 at the end.
 * @throws {BlockingIOError} If there is nothing and the descriptor is non-blocking.
 * @throws {OSError} EBADF; EINVAL of more than 1024 buffers.
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
  const from = int(fd, "fd");
  const parts = views_of(buffers, "readv() argument 2");
  return with_msghdr(null, parts, null, ([, , iov]) => {
    return syscall("readv", () => libc.readv(from, iov!, parts.length));
  });
}

/**
 * Writes the bytes of several buffers at once: Python's `os.writev`, writev(2).
 *
 * @param fd The descriptor.
 * @param buffers The buffers.
 * @returns How many bytes were taken, perhaps not all.
 * @throws {BlockingIOError} If there is no room and the descriptor is non-blocking.
 * @throws {BrokenPipeError} If nothing can read any more; there is no SIGPIPE.
 * @throws {OSError} EBADF; EINVAL of more than 1024 buffers.
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
  const to = int(fd, "fd");
  const parts = views_of(buffers, "writev() argument 2");
  return with_msghdr(null, parts, null, ([, , iov]) => {
    return syscall("writev", () => libc.writev(to, iov!, parts.length));
  });
}

/**
 * Copies bytes from one descriptor to another within the kernel: Python's `os.sendfile`,
 * sendfile(2).
 *
 * @param out_fd Where they go: a socket, a pipe, a file.
 * @param in_fd Where they come from: a file, but no socket.
 * @param offset Where in it they start, its position unchanged; `null` for its position,
 * which moves.
 * @param count The most bytes to copy.
 * @returns How many were; 0 at the end of the file.
 * @throws {BlockingIOError} If there is no room and `out_fd` is non-blocking.
 * @throws {OSError} EBADF; EINVAL if `in_fd` is no file or `offset` is negative.
 * @throws {ValueError} If `count` is negative.
 * @throws {TypeError} If an argument is of another type.
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
  // The kernel refuses one that is negative.
  const size = BigInt.asUintN(64, BigInt(safe(count, "count")));
  return syscall("sendfile", () => libc.sendfile(to, from, position, size));
}

/**
 * Moves a file's position: Python's `os.lseek`, lseek(2).
 *
 * @param fd The descriptor.
 * @param pos Where to, in bytes.
 * @param whence From where it counts: SEEK_SET, SEEK_CUR, SEEK_END.
 * @returns The position, from the start.
 * @throws {OSError} ESPIPE of a pipe, socket or terminal; EINVAL; EBADF.
 * @throws {TypeError} If an argument is no integer.
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
 * Sets a file's length: Python's `os.ftruncate`, ftruncate(2).
 *
 * @param fd The descriptor.
 * @param length Bytes; what is added reads as zeros.
 * @throws {OSError} EINVAL if it is no file or the length negative; EBADF.
 * @throws {TypeError} If an argument is no integer.
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
 * Waits until what was written is on the disk: Python's `os.fsync`, fsync(2).
 *
 * @param fd A descriptor, or an object with `fileno()`.
 * @throws {OSError} EINVAL of a pipe, socket or terminal; EBADF; EIO.
 * @throws {TypeError} If it is no descriptor.
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
 * As {@linkcode fsync}, but for times and the like: Python's `os.fdatasync`, fdatasync(2).
 *
 * @param fd A descriptor, or an object with `fileno()`.
 * @throws {OSError} EINVAL of a pipe, socket or terminal; EBADF; EIO.
 * @throws {TypeError} If it is no descriptor.
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

/** Checks a count of bytes or a position: an integer that a number holds exactly. */
function safe(value: unknown, name: string): number {
  const number = whole(value, name);
  if (!Number.isSafeInteger(number)) {
    throw new OverflowError(`${name} is too large: ${number}`);
  }
  return number;
}
