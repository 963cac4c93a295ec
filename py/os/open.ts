import {
  AT_FDCWD,
  duplicate,
  is_cloexec,
  move_up,
  path_of,
  target_of,
} from "../../ffi/descriptor.ts";
import { EINTR, EISDIR, ELOOP } from "../../ffi/errno.ts";
import { errno, libc } from "../../ffi/libc.ts";
import { c_string } from "../../ffi/memory.ts";
import { os_error } from "../../ffi/syscall.ts";
import { int, type Keywords, keywords, text } from "../arguments.ts";
import { FileExistsError, FileNotFoundError, OSError } from "../exceptions.ts";
import {
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
} from "./constants.ts";
import { type Access, check_path } from "./permission.ts";

/** What {@linkcode open} takes by keyword. */
export interface OpenOptions {
  /** The permissions of a file that is made, less the umask: 0o777 by default. */
  readonly mode?: number | undefined;
  /** The folder that a relative path starts from; `null`, the default, for the working folder. */
  readonly dir_fd?: number | null | undefined;
}

/**
 * Opens a file, a device or a FIFO: Python's `os.open`, openat(2).
 *
 * Opening a FIFO without O_NONBLOCK waits for its other end, and stops the event loop.
 *
 * It needs no permission but `--allow-ffi`, and honours `--deny-read` and `--deny-write`: for
 * the path as it is given, and for the file that it leads to, through symbolic links, `..` and
 * `/proc/self/fd`. A refused call has made, cut and opened nothing. `/proc` has to be mounted.
 *
 * @param path The path.
 * @param flags O_RDONLY, O_WRONLY or O_RDWR, and others by `|`.
 * @param options `mode`, or {@linkcode OpenOptions}.
 * @returns A descriptor, the lowest that is free, closed on exec (PEP 446); to be closed with
 * {@linkcode close}.
 * @throws {FileNotFoundError} If it is missing, and O_CREAT is not given.
 * @throws {FileExistsError} If it is there, and O_CREAT and O_EXCL are given.
 * @throws {PermissionError} If the kernel does not allow it.
 * @throws {OSError} Any other failure; `filename` is the path.
 * @throws {Deno.errors.NotCapable} If Deno was told to deny it, or it is the memory of a
 * process (`/proc/self/mem`), to be written.
 * @throws {TypeError} If an argument is of another type.
 * @throws {ValueError} If the path has a NUL inside.
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
  const [mode = 0o777, dir_fd] = keywords("open", options, ["mode"], [
    "dir_fd",
  ]);
  const filename = text(path, "path");
  const wanted = int(flags, "flags") | O_CLOEXEC;
  const request: Request = {
    filename,
    flags: wanted,
    mode: int(mode, "mode"),
    accesses: accesses_of(wanted),
  };
  const folder = dir_fd === undefined || dir_fd === null
    ? AT_FDCWD
    : int(dir_fd, "dir_fd");
  if (folder === AT_FDCWD || filename.startsWith("/")) {
    check_path(request.accesses, filename);
  } else {
    // EBADF, where /proc would say that there is no such file.
    is_cloexec(folder);
    check_path(request.accesses, `${path_of(folder)}/${filename}`);
  }
  check_flags(request);
  return open_at(request, folder, filename, 0);
}

/** A call of {@linkcode open}, checked. */
interface Request {
  readonly filename: string;
  readonly flags: number;
  readonly mode: number;
  readonly accesses: readonly Access[];
}

function accesses_of(flags: number): Access[] {
  const way = flags & O_ACCMODE;
  // All other flags mean nothing then.
  if ((flags & O_PATH) !== 0) return ["read"];
  const accesses: Access[] = [];
  if (way !== O_WRONLY) accesses.push("read");
  if (way !== O_RDONLY || (flags & (O_CREAT | O_TRUNC)) !== 0) {
    accesses.push("write");
  }
  return accesses;
}

/** Raises EINVAL of flags that do not go together, which the kernel looks at before all else. */
function check_flags(request: Request): void {
  try {
    openat(request, AT_FDCWD, "", request.flags, 0);
  } catch (error) {
    if (!(error instanceof FileNotFoundError)) throw error;
  }
}

// As the kernel has it.
const MOST_LINKS = 40;

/**
 * Opens in three steps, since the path may lead elsewhere by the time it is opened: finds the
 * file, checks what was found, and opens just that.
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
    // With O_EXCL it is a new file of that name, and not what a link leads to.
    return openat(request, folder.fd, name, flags | O_EXCL, mode);
  } catch (error) {
    if (exclusive || !(error instanceof FileExistsError)) throw error;
    // A link to a file that is missing, or another program was faster.
    const next = linked(`${folder.link}/${name}`) ?? name;
    return open_at(request, folder.fd, next, links + 1);
  }
}

/** A file that was found, and not opened: no FIFO waits, no device starts, nothing is cut. */
class Place implements Disposable {
  readonly fd: number;

  constructor(request: Request, dir_fd: number, path: string, flags: number) {
    const found = openat(request, dir_fd, path, flags | O_PATH | O_CLOEXEC, 0);
    // So that the result is the lowest descriptor, as daemons rely on.
    this.fd = move_up(found);
  }

  /** Where it is. */
  get path(): string {
    return path_of(this.fd);
  }

  /** A path that leads to it, whatever is done to its names meanwhile. */
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

/** Where a symbolic link leads; `null` if it is none. */
function linked(path: string): string | null {
  try {
    return target_of(path);
  } catch (error) {
    if (error instanceof OSError) return null;
    throw error;
  }
}

function check_file({ accesses }: Request, path: string): void {
  // A pipe or a socket, by its name in /proc: it has no path.
  if (!path.startsWith("/")) return;
  check_path(accesses, path);
  // So the kernel shows a file that has lost its name.
  check_path(accesses, path.replace(/ \(deleted\)$/, ""));
  if (
    accesses.includes("write") && /^\/proc\/\d+(\/task\/\d+)?\/mem$/.test(path)
  ) {
    throw new Deno.errors.NotCapable(
      `Cannot open "${path}" to be written: it is the memory of a process`,
    );
  }
}
