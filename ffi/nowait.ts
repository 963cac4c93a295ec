/**
 * read(2) and write(2) that wait for no peer, whatever flags the descriptor has.
 *
 * O_NONBLOCK belongs to the open file, which other processes may share, as a shell shares its
 * terminal. RWF_NOWAIT belongs to the one call.
 *
 * @module
 */

import { is_nonblocking } from "./descriptor.ts";
import { EAGAIN, ENOSYS, EOPNOTSUPP } from "./errno.ts";
import { errno, libc } from "./libc.ts";
import { address_of, c_string, Pinned } from "./memory.ts";
import {
  AT_EMPTY_PATH,
  statx_fields,
  STATX_SIZE,
  STATX_TYPE,
} from "./statx.ts";
import { again, attempt, wait_for } from "./syscall.ts";

const POLLIN = 1;
const POLLOUT = 4;
const PIPE_BUF = 4096;
const RWF_NOWAIT = 8;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFBLK = 0o060000;
// The file's own position.
const POSITION = -1n;

// struct iovec: void *iov_base, size_t iov_len.
const iovec = new Pinned(BigUint64Array, 2);

/**
 * Reads what is there.
 *
 * @returns How many bytes; -1 if the call would have to wait.
 * @throws {OSError} As read(2) fails.
 */
export function read_nowait(
  fd: number,
  buffer: Uint8Array<ArrayBuffer>,
  size: number,
): number {
  const read = (most: number) => libc.read(fd, buffer, BigInt(most));
  return nowait("read", fd, buffer, size, read, libc.preadv2, POLLIN);
}

/**
 * Writes what there is room for.
 *
 * @returns How many bytes; -1 if the call would have to wait.
 * @throws {OSError} As write(2) fails.
 */
export function write_nowait(
  fd: number,
  buffer: Uint8Array<ArrayBuffer>,
  size: number,
): number {
  const write = (most: number) => libc.write(fd, buffer, BigInt(most));
  return nowait("write", fd, buffer, size, write, libc.pwritev2, POLLOUT);
}

const NO_PATH = c_string("");
const status = new Uint8Array(STATX_SIZE);

/** Whether a descriptor is of a regular file or a disk. */
function is_on_disk(fd: number): boolean {
  if (libc.statx(fd, NO_PATH, AT_EMPTY_PATH, STATX_TYPE, status) === -1) {
    return false;
  }
  const type = statx_fields(status).mode & S_IFMT;
  return type === S_IFREG || type === S_IFBLK;
}

function nowait(
  name: string,
  fd: number,
  buffer: Uint8Array<ArrayBuffer>,
  size: number,
  plain: (most: number) => number,
  vectored: typeof libc.preadv2,
  event: number,
): number {
  if (size === 0 || is_nonblocking(fd)) return attempt(name, () => plain(size));
  for (;;) {
    iovec.view[0] = address_of(buffer);
    iovec.view[1] = BigInt(size);
    const moved = vectored(fd, iovec.address, 1, POSITION, RWF_NOWAIT);
    if (moved !== -1) return moved;
    const error = errno();
    if (error === EAGAIN) {
      // Not in memory yet, and epoll reports no file on a disk: the call waits for the disk.
      return is_on_disk(fd) ? attempt(name, () => plain(size)) : -1;
    }
    if (error === EOPNOTSUPP || error === ENOSYS) break;
    again(name, error);
  }
  // This kind of file does not know the flag. With something to read, read(2) blocks only if
  // another reader takes it first; with room for PIPE_BUF, a write to a pipe of no more does
  // not. A file in memory has no such bound.
  if (!wait_for(fd, event, 0)) return -1;
  const bounded = event === POLLOUT && size > PIPE_BUF && !is_on_disk(fd);
  return attempt(name, () => plain(bounded ? PIPE_BUF : size));
}
