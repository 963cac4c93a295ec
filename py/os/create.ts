import { EINVAL } from "../../ffi/errno.ts";
import { libc } from "../../ffi/libc.ts";
import { c_string } from "../../ffi/memory.ts";
import { os_error, syscall } from "../../ffi/syscall.ts";
import {
  type FileDescriptorLike,
  fileno,
  int,
  keywords,
  text,
  whole,
} from "../arguments.ts";
import { OverflowError, ValueError } from "../exceptions.ts";
import { EFD_CLOEXEC, MFD_CLOEXEC, O_CLOEXEC } from "./constants.ts";

const UINT_MAX = 0xffffffff;
const ULLONG_MAX = 2n ** 64n - 1n;

const FLAGS = ["flags"];

/** What {@linkcode eventfd}, {@linkcode pidfd_open} and {@linkcode memfd_create} take by keyword. */
export interface FlagsOptions {
  /** The flags, by `|`; by default what the function says. */
  readonly flags?: number | undefined;
}

const counter = new BigUint64Array(1);

/**
 * Makes a pipe: Python's `os.pipe`, pipe2(2) with O_CLOEXEC.
 *
 * @returns The end to read from and the end to write to, closed on exec (PEP 446).
 * @throws {OSError} EMFILE, if no descriptors are free.
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
 * Makes a pipe with flags: Python's `os.pipe2`, pipe2(2).
 *
 * @param flags O_CLOEXEC, O_NONBLOCK, O_DIRECT, by `|`. Without O_CLOEXEC, programs that
 * this one executes inherit it.
 * @returns The end to read from and the end to write to.
 * @throws {OSError} EINVAL of other flags, EMFILE if no descriptors are free.
 * @throws {TypeError} If the flags are no integer.
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
 * Makes an event counter: Python's `os.eventfd`, eventfd(2).
 *
 * It is readable while it is above 0, and writable while 1 can be added.
 *
 * @param initval What it starts with, 0 to 4294967295.
 * @param flags EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE, by `|`. Without EFD_CLOEXEC, the
 * default, programs that this one executes inherit it. Or {@linkcode FlagsOptions}.
 * @returns A descriptor, to be closed with {@linkcode close}.
 * @throws {OSError} EINVAL of other flags, EMFILE if no descriptor is free.
 * @throws {OverflowError} If `initval` is out of range.
 * @throws {TypeError} If an argument is no integer.
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
  const value = int(initval, "initval", 0, UINT_MAX);
  const options = int(bits, "flags");
  return syscall("eventfd", () => libc.eventfd(value, options));
}

/**
 * Reads an event counter and sets it back: Python's `os.eventfd_read`, eventfd_read(3).
 *
 * @param fd The descriptor, or an object with `fileno()`.
 * @returns What was counted, or 1 with EFD_SEMAPHORE. Above 2^53 the nearest number.
 * @throws {BlockingIOError} If it is 0 and non-blocking; else the call waits.
 * @throws {OSError} EBADF; EINVAL if it is no event counter.
 * @throws {TypeError} If it is no descriptor.
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
 * @param value What to add, 0 to 2^64 - 2; a bigint where a number is not exact.
 * @throws {BlockingIOError} If it does not fit and the counter is non-blocking; else the
 * call waits.
 * @throws {OSError} EBADF; EINVAL of 2^64 - 1.
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

/**
 * Makes a descriptor for a process: Python's `os.pidfd_open`, pidfd_open(2).
 *
 * It becomes readable when the process ends, is closed on exec, and never means another
 * process that gets the same number later.
 *
 * @param pid The process's number.
 * @param flags 0, the default, or PIDFD_NONBLOCK. Or {@linkcode FlagsOptions}.
 * @returns A descriptor, to be closed with {@linkcode close}.
 * @throws {ProcessLookupError} If there is no such process.
 * @throws {OSError} EINVAL of a pid below 1 or other flags, EMFILE if no descriptor is
 * free, ENOSYS before Linux 5.3.
 * @throws {TypeError} If an argument is no integer.
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
  const process = int(pid, "pid");
  const options = int(bits, "flags", 0, UINT_MAX);
  return syscall("pidfd_open", () => libc.pidfd_open(process, options));
}

/**
 * Makes a file in memory: Python's `os.memfd_create`, memfd_create(2).
 *
 * As any regular file it is always ready for select and poll, and epoll refuses it (EPERM).
 *
 * @param name A name to show in `/proc`, of at most 249 bytes; two files may have the same.
 * @param flags MFD_CLOEXEC, MFD_ALLOW_SEALING and so on, by `|`. Without MFD_CLOEXEC, the
 * default, programs that this one executes inherit it. Or {@linkcode FlagsOptions}.
 * @returns A descriptor; the file is gone once all its descriptors are closed.
 * @throws {OSError} EINVAL of other flags or a longer name, EMFILE if no descriptor is free.
 * @throws {TypeError} If the name is no string, or the flags no integer.
 * @throws {ValueError} If the name has a NUL inside.
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
  // What `|` makes of MFD_HUGE_16GB is negative.
  const options = int(bits, "flags", -0x80000000, UINT_MAX) >>> 0;
  return syscall("memfd_create", () => libc.memfd_create(path, options));
}
