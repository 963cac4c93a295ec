import { AT_FDCWD, close_fd } from "../../ffi/descriptor.ts";
import { libc } from "../../ffi/libc.ts";
import { c_text } from "../../ffi/memory.ts";
import { os_error, syscall } from "../../ffi/syscall.ts";
import { int } from "../arguments.ts";
import { O_CLOEXEC, O_NOCTTY, O_RDWR } from "./constants.ts";

// PATH_MAX: longer than the name of any terminal.
const MOST_NAME = 4096;

/**
 * Whether a descriptor is a terminal: Python's `os.isatty`, isatty(3).
 *
 * @param fd The descriptor.
 * @returns `false`, too, if it is not open.
 * @throws {TypeError} If it is no integer.
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

/**
 * The path of a terminal: Python's `os.ttyname`, ttyname_r(3).
 *
 * @param fd The terminal's descriptor.
 * @returns A path such as `/dev/pts/0`.
 * @throws {OSError} ENOTTY if it is no terminal, EBADF if it is not open, ENODEV if it has
 * no path here.
 * @throws {TypeError} If it is no integer.
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
    name("ttyname_r", (buffer, size) => libc.ttyname_r(terminal, buffer, size)),
  );
}

/**
 * Makes a pseudo-terminal: Python's `os.openpty`, posix_openpt(3).
 *
 * @returns The end of the program that plays the terminal, and the end that is one for
 * whoever uses it; closed on exec (PEP 446).
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
 * // The terminal makes of a line feed what a teletype needs.
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
    const path = name(
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

/** The C string that a function writes, which returns errno instead of setting it. */
function name(
  syscall: string,
  call: (buffer: Uint8Array<ArrayBuffer>, size: bigint) => number,
): Uint8Array<ArrayBuffer> {
  const buffer = new Uint8Array(MOST_NAME);
  const number = call(buffer, BigInt(MOST_NAME));
  if (number !== 0) throw os_error(number, { syscall });
  return buffer;
}
