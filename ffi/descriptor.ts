/**
 * What any descriptor has: close(2), and its flags by fcntl(2).
 *
 * @module
 */

import { ECONNRESET, EINTR } from "./errno.ts";
import { errno, libc } from "./libc.ts";
import { closing } from "./reactor.ts";
import { take_reserve } from "./reserve.ts";
import { os_error, syscall } from "./syscall.ts";

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
