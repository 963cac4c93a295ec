/**
 * What any descriptor has: close(2), and its flags by fcntl(2).
 *
 * @module
 */

import { ECONNRESET, EINTR, ENAMETOOLONG } from "./errno.ts";
import { errno, libc } from "./libc.ts";
import { closing } from "./reactor.ts";
import { take_reserve } from "./reserve.ts";
import { c_string } from "./memory.ts";
import { os_error, syscall } from "./syscall.ts";

/** `dirfd` of openat(2): a relative path starts at the working folder. */
export const AT_FDCWD = -100;
const PATH_MAX = 4096;

/** `cmd` of fcntl(2): the flags of the descriptor. It fails, with EBADF, of one that is not open. */
export const F_GETFD = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const FD_CLOEXEC = 1;
const O_NONBLOCK = 2048;

/** Closes a descriptor that is ours, and ends the waits for it. */
export function close_fd(fd: number): void {
  closing(fd);
  const closed = libc.close(fd) === 0, number = errno();
  take_reserve();
  if (closed) return;
  // The descriptor is gone in both cases, and close(2) must not be tried again.
  if (number === EINTR || number === ECONNRESET) return;
  throw os_error(number, { syscall: "close" });
}

/** Duplicates a descriptor, to be closed on exec. */
export function duplicate(fd: number): number {
  return syscall("fcntl", () => libc.fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

/**
 * Duplicates a descriptor to a higher number, and closes it: its own number is free for what
 * is opened next.
 */
export function move_up(fd: number): number {
  try {
    return syscall("fcntl", () => libc.fcntl(fd, F_DUPFD_CLOEXEC, fd + 1));
  } finally {
    libc.close(fd);
  }
}

/** Where a descriptor's file is; a pipe or a socket has no path, and is `pipe:[4711]`. */
export function path_of(fd: number): string {
  return target_of(`/proc/self/fd/${fd}`);
}

/** What a symbolic link says: readlink(2). */
export function target_of(link: string): string {
  const path = c_string(link), buffer = new Uint8Array(PATH_MAX);
  const size = BigInt(PATH_MAX);
  const length = syscall("readlink", () => libc.readlink(path, buffer, size));
  // It does not say that it has cut a longer one.
  if (length === PATH_MAX) throw os_error(ENAMETOOLONG, {});
  return new TextDecoder().decode(buffer.subarray(0, length));
}

/** Whether a descriptor is closed on exec. */
export function is_cloexec(fd: number): boolean {
  return (get(fd, F_GETFD) & FD_CLOEXEC) !== 0;
}

/** Sets whether a descriptor is closed on exec. */
export function set_cloexec(fd: number, on: boolean): void {
  set(fd, F_SETFD, get(fd, F_GETFD), FD_CLOEXEC, on);
}

/** Whether calls on a descriptor fail with EAGAIN instead of waiting. */
export function is_nonblocking(fd: number): boolean {
  return (get(fd, F_GETFL) & O_NONBLOCK) !== 0;
}

/** Sets whether calls on a descriptor fail with EAGAIN instead of waiting. */
export function set_nonblocking(fd: number, on: boolean): void {
  set(fd, F_SETFL, get(fd, F_GETFL), O_NONBLOCK, on);
}

function get(fd: number, command: number): number {
  return syscall("fcntl", () => libc.fcntl(fd, command, 0));
}

function set(
  fd: number,
  command: number,
  flags: number,
  flag: number,
  on: boolean,
): void {
  const changed = on ? flags | flag : flags & ~flag;
  if (changed === flags) return;
  syscall("fcntl", () => libc.fcntl(fd, command, changed));
}
