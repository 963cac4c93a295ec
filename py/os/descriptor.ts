import {
  close_fd,
  duplicate,
  is_cloexec,
  is_nonblocking,
  set_cloexec,
  set_nonblocking,
} from "../../ffi/descriptor.ts";
import { libc } from "../../ffi/libc.ts";
import { closing } from "../../ffi/reactor.ts";
import { strerror as meaning, syscall } from "../../ffi/syscall.ts";
import { int, keywords, truth } from "../arguments.ts";
import { O_CLOEXEC } from "./constants.ts";

/** What {@linkcode dup2} takes by keyword. */
export interface Dup2Options {
  /** Whether a program that this one executes inherits the duplicate: `true` by default. */
  readonly inheritable?: boolean | undefined;
}

/**
 * Closes a descriptor: Python's `os.close`, close(2).
 *
 * It closes what it is told to, as in Python, so be its owner: give a socket's descriptor
 * up with `detach()` first, and close each number once, since the next file opened gets it
 * again. Deno's own files and its event loop are descriptors, too, and no call tells them
 * from yours; without one of them the runtime may fail or end the program.
 *
 * @param fd The descriptor.
 * @throws {OSError} EBADF if it is not open, EIO if what was written could not be saved.
 * @throws {TypeError} If it is no integer.
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
 * @returns Another for the same file, closed on exec (PEP 446); position and O_NONBLOCK
 * are shared.
 * @throws {OSError} EBADF if it is not open, EMFILE if no descriptor is free.
 * @throws {TypeError} If it is no integer.
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

/**
 * Duplicates a descriptor to a number of your choice: Python's `os.dup2`, dup2(2), dup3(2).
 *
 * What had that number is closed first, without a word: of the numbers that you did not
 * open, only 0 to 2 are yours to replace.
 *
 * @param fd The descriptor.
 * @param fd2 The number for the duplicate.
 * @param inheritable Whether a program that this one executes inherits it, as by default. Or
 * {@linkcode Dup2Options}.
 * @returns `fd2`.
 * @throws {OSError} EBADF if `fd` is not open or `fd2` is out of range.
 * @throws {TypeError} If one of them is no integer.
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
  const kept = truth(inherit, "inheritable");
  // An error leaves what is there open, and its waits go on.
  is_cloexec(from);
  if (from !== to) closing(to);
  return kept
    ? syscall("dup2", () => libc.dup2(from, to))
    : syscall("dup3", () => libc.dup3(from, to, O_CLOEXEC));
}

/**
 * Whether calls on a descriptor wait: Python's `os.get_blocking`, F_GETFL of fcntl(2).
 *
 * @param fd The descriptor.
 * @returns `false` if O_NONBLOCK is set.
 * @throws {OSError} EBADF, if it is not open.
 * @throws {TypeError} If it is no integer.
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
 * Sets whether calls on a descriptor wait: Python's `os.set_blocking`, F_SETFL of fcntl(2).
 *
 * It is set for all duplicates, in other processes too: of a terminal, for the shell's.
 *
 * @param fd The descriptor.
 * @param blocking Whether they wait; else they fail with `BlockingIOError`.
 * @throws {OSError} EBADF, if it is not open.
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
 * Whether a program that this one executes inherits a descriptor: Python's
 * `os.get_inheritable`, F_GETFD of fcntl(2).
 *
 * @param fd The descriptor.
 * @returns `false` if it is closed on exec.
 * @throws {OSError} EBADF, if it is not open.
 * @throws {TypeError} If it is no integer.
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
 * Sets whether a program that this one executes inherits a descriptor: Python's
 * `os.set_inheritable`, F_SETFD of fcntl(2).
 *
 * @param fd The descriptor.
 * @param inheritable Whether it does.
 * @throws {OSError} EBADF, if it is not open.
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

/**
 * What an errno means: Python's `os.strerror`, strerror(3).
 *
 * @param code The error number.
 * @returns libc's words for it.
 * @throws {TypeError} If it is no integer.
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
