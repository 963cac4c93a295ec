/**
 * `os.open`, which honours `--deny-read` and `--deny-write`, and its flags.
 *
 * @module
 */

import {
  AT_FDCWD,
  duplicate,
  is_cloexec,
  move_up,
  path_of,
  target_of,
} from "../../ffi/descriptor.ts";
import { EINTR, EISDIR, ELOOP } from "../../ffi/errno.ts";
import { bare, errno, libc } from "../../ffi/libc.ts";
import { c_string } from "../../ffi/memory.ts";
import { os_error } from "../../ffi/syscall.ts";
import { int, type Keywords, keywords, text } from "../arguments.ts";
import { FileExistsError, FileNotFoundError, OSError } from "../exceptions.ts";

// Linux on arm64 has its own values for four flags of open(2).
const arm64 = Deno.build.arch === "aarch64";

/** Open for reading: flag of {@linkcode open}. */
export const O_RDONLY: number = 0;
/** Open for writing: flag of {@linkcode open}. */
export const O_WRONLY: number = 1;
/** Open for reading and writing: flag of {@linkcode open}. */
export const O_RDWR: number = 2;
/** The mask of O_RDONLY, O_WRONLY and O_RDWR. */
export const O_ACCMODE: number = 3;
/** Create the file if it is missing: flag of {@linkcode open}. */
export const O_CREAT: number = 64;
/** With O_CREAT, fail if the file exists: flag of {@linkcode open}. */
export const O_EXCL: number = 128;
/** Do not make it the controlling terminal: flag of {@linkcode open}. */
export const O_NOCTTY: number = 256;
/** Truncate the file to 0 bytes: flag of {@linkcode open}. */
export const O_TRUNC: number = 512;
/** Write at the end of the file: flag of {@linkcode open}. */
export const O_APPEND: number = 1024;
/** Fail with `BlockingIOError` instead of blocking: flag of {@linkcode open} and `pipe2`. */
export const O_NONBLOCK: number = 2048;
/** The same as O_NONBLOCK. */
export const O_NDELAY: number = 2048;
/** Each write waits until its data is on the disk: flag of {@linkcode open}. */
export const O_DSYNC: number = 4096;
/** Signal readiness by SIGIO: flag of {@linkcode open}. */
export const O_ASYNC: number = 8192;
/**
 * For a file: bypass the page cache, flag of {@linkcode open}. For a pipe: packet mode, each
 * read returns at most one write, flag of `pipe2`.
 */
export const O_DIRECT: number = arm64 ? 65536 : 16384;
/** Without effect, large files are always supported: flag of {@linkcode open}. */
export const O_LARGEFILE: number = 0;
/** Fail if it is not a directory: flag of {@linkcode open}. */
export const O_DIRECTORY: number = arm64 ? 16384 : 65536;
/** Fail if it is a symbolic link: flag of {@linkcode open}. */
export const O_NOFOLLOW: number = arm64 ? 32768 : 131072;
/** Do not update the time of the last read: flag of {@linkcode open}. */
export const O_NOATIME: number = 262144;
/** Close the descriptor on exec: flag of `pipe2`; {@linkcode open} always sets it. */
export const O_CLOEXEC: number = 524288;
/** Each write waits until data and metadata are on the disk: flag of {@linkcode open}. */
export const O_SYNC: number = 1052672;
/** The same as O_SYNC. */
export const O_FSYNC: number = 1052672;
/** The same as O_SYNC. */
export const O_RSYNC: number = 1052672;
/** Neither read nor write, only name a file, as for `dir_fd`: flag of {@linkcode open}. */
export const O_PATH: number = 2097152;
/** Create an unnamed file in this directory: flag of {@linkcode open}. */
export const O_TMPFILE: number = 4194304 | O_DIRECTORY;

/** Keywords of {@linkcode open}. */
export interface OpenOptions {
  /** The permissions of a file that is created, less the umask: 0o777 by default. */
  readonly mode?: number | undefined;
  /** Where a relative path starts; `null`, the default, for the working directory. */
  readonly dir_fd?: number | null | undefined;
}

/**
 * Opens a file, a device or a FIFO: Python's `os.open`, openat(2).
 *
 * Opening a FIFO without O_NONBLOCK blocks the event loop until the other end is open.
 *
 * The call needs only `--allow-ffi`, but honours `--deny-read` and `--deny-write`, both for the
 * path as given and for the file behind symbolic links, `..` and `/proc/self/fd`. A refused
 * call creates, truncates and opens nothing. `/proc` must be mounted.
 *
 * @param path The path.
 * @param flags O_RDONLY, O_WRONLY or O_RDWR, and other flags by `|`.
 * @param options `mode`, or {@linkcode OpenOptions}.
 * @returns The lowest free descriptor, closed on exec (PEP 446). Close it with
 * `close`.
 * @throws {FileNotFoundError} If the file is missing and O_CREAT is not given.
 * @throws {FileExistsError} If the file exists and O_CREAT and O_EXCL are given.
 * @throws {PermissionError} If the kernel does not allow it.
 * @throws {OSError} Any other failure; `filename` is the path.
 * @throws {Deno.errors.NotCapable} If `--deny-read` or `--deny-write` refuses it, or it would
 * write to the memory of a process (`/proc/self/mem`).
 * @throws {TypeError} If an argument is of another type.
 * @throws {ValueError} If the path contains a NUL.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const zero = os.open("/dev/zero", os.O_RDONLY | os.O_NONBLOCK);
 * assertEquals([...os.read(zero, 3)], [0, 0, 0]);
 * os.close(zero);
 * ```
 */
export function open(
  path: string,
  flags: number,
  ...options: Keywords<[mode: number], OpenOptions>
): number {
  const [mode = 0o777, dir_fd = null] = keywords(
    "open",
    options,
    ["mode"],
    ["dir_fd"],
  );
  const filename = text(path, "path");
  const wanted = int(flags, "flags") | O_CLOEXEC;
  const request: Request = {
    filename,
    flags: wanted,
    mode: int(mode, "mode"),
    accesses: accesses_of(wanted),
  };
  check_flags(request);
  const folder = dir_fd === null ? AT_FDCWD : int(dir_fd, "dir_fd");
  if (folder === AT_FDCWD || filename.startsWith("/")) {
    check_path(request.accesses, filename);
  } else {
    // Raises EBADF here; the path in /proc would raise ENOENT.
    is_cloexec(folder);
    check_path(request.accesses, `${path_of(folder)}/${filename}`);
  }
  return open_at(request, folder, filename, 0);
}

/** The checked arguments of {@linkcode open}. */
interface Request {
  readonly filename: string;
  readonly flags: number;
  readonly mode: number;
  readonly accesses: readonly Access[];
}

function accesses_of(flags: number): Access[] {
  const way = flags & O_ACCMODE;
  // O_PATH makes the kernel ignore the access mode.
  if ((flags & O_PATH) !== 0) return ["read"];
  const accesses: Access[] = [];
  if (way !== O_WRONLY) accesses.push("read");
  if (way !== O_RDONLY || (flags & (O_CREAT | O_TRUNC)) !== 0) {
    accesses.push("write");
  }
  return accesses;
}

/** Raises EINVAL for flags that exclude each other, which the kernel checks first. */
function check_flags(request: Request): void {
  try {
    openat(request, AT_FDCWD, "", request.flags, 0);
  } catch (error) {
    const missing = error instanceof FileNotFoundError;
    if (!missing || request.filename === "") throw error;
  }
}

// MAXSYMLINKS of the kernel.
const MOST_LINKS = 40;

/**
 * Finds the file with O_PATH, checks its path, and opens that file: a path that is checked
 * first may lead to another file by the time it is opened.
 */
function open_at(
  request: Request,
  dir_fd: number,
  path: string,
  links: number,
): number {
  const { flags, mode, filename } = request;
  const creates = (flags & (O_CREAT | O_PATH)) === O_CREAT;
  const exclusive = creates && (flags & O_EXCL) !== 0;
  if (creates && path.endsWith("/")) {
    throw os_error(EISDIR, { syscall: "openat", filename });
  }
  if (links > MOST_LINKS) {
    throw os_error(ELOOP, { syscall: "openat", filename });
  }
  if (!exclusive) {
    try {
      const how = flags & (O_DIRECTORY | O_NOFOLLOW);
      using place = new Place(request, dir_fd, path, how);
      check_file(request, place.path);
      if ((flags & O_PATH) !== 0) return duplicate(place.fd);
      return openat(request, AT_FDCWD, place.link, flags & ~O_NOFOLLOW, mode);
    } catch (error) {
      if (!creates || !(error instanceof FileNotFoundError)) throw error;
    }
  }
  const start = path.lastIndexOf("/") + 1;
  const name = path.slice(start), above = path.slice(0, start) || ".";
  using folder = new Place(request, dir_fd, above, O_DIRECTORY);
  check_file(request, `${folder.path}/${name}`);
  try {
    // O_EXCL creates a new file of that name and never follows a link.
    return openat(request, folder.fd, name, flags | O_EXCL, mode);
  } catch (error) {
    if (exclusive || !(error instanceof FileExistsError)) throw error;
    // A link to a missing file, or another program has just created the file.
    const next = linked(`${folder.link}/${name}`) ?? name;
    return open_at(request, folder.fd, next, links + 1);
  }
}

/** A file found with O_PATH: no FIFO blocks, no device starts, no file is truncated. */
class Place implements Disposable {
  readonly fd: number;

  constructor(request: Request, dir_fd: number, path: string, flags: number) {
    const found = openat(request, dir_fd, path, flags | O_PATH | O_CLOEXEC, 0);
    // Frees the lowest number for the result: daemons rely on it.
    this.fd = move_up(found);
  }

  /** The current path. */
  get path(): string {
    return path_of(this.fd);
  }

  /** A path that leads to this file even after a rename. */
  get link(): string {
    return `/proc/self/fd/${this.fd}`;
  }

  [Symbol.dispose](): void {
    libc.close(this.fd);
  }
}

function openat(
  { filename }: Request,
  dir_fd: number,
  path: string,
  flags: number,
  mode: number,
): number {
  const name = c_string(path);
  for (;;) {
    const fd = libc.openat(dir_fd, name, flags, mode >>> 0);
    if (fd !== -1) return fd;
    const error = errno();
    if (error === EINTR) continue;
    throw os_error(error, { syscall: "openat", filename });
  }
}

/** Returns the target of a symbolic link, `null` if the file is not one. */
function linked(path: string): string | null {
  try {
    return target_of(path);
  } catch (error) {
    if (error instanceof OSError) return null;
    throw error;
  }
}

function check_file({ accesses }: Request, path: string): void {
  // A pipe or a socket has a name in /proc, such as `pipe:[4711]`, but no path.
  if (!path.startsWith("/")) return;
  check_path(accesses, path);
  // The kernel appends " (deleted)" to the path of an unlinked file.
  check_path(accesses, path.replace(/ \(deleted\)$/, ""));
  if (
    accesses.includes("write") && /^\/proc\/\d+(\/task\/\d+)?\/mem$/.test(path)
  ) {
    throw new Deno.errors.NotCapable(
      `Cannot open "${path}" to be written: it is the memory of a process`,
    );
  }
}

/** The names of Deno's permissions. */
type Access = "read" | "write";

/**
 * Honours `--deny-read` and `--deny-write`, which FFI would bypass. Access that Deno would
 * prompt for is allowed.
 *
 * @throws {Deno.errors.NotCapable} If one of the accesses to the path is denied.
 */
function check_path(accesses: readonly Access[], path: string): void {
  for (const name of accesses) {
    // Bare: Deno would read further fields from Object.prototype.
    const { state } = Deno.permissions.querySync(bare({ name, path }));
    if (state !== "denied") continue;
    throw new Deno.errors.NotCapable(
      `Requires ${name} access to "${path}", which --deny-${name} refuses`,
    );
  }
}
