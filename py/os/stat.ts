import { libc } from "../../ffi/libc.ts";
import { c_string } from "../../ffi/memory.ts";
import {
  AT_EMPTY_PATH,
  STATX_BASIC_STATS,
  statx_fields,
  STATX_SIZE,
} from "../../ffi/statx.ts";
import { syscall } from "../../ffi/syscall.ts";
import { type FileDescriptorLike, fileno } from "../arguments.ts";

/** What {@linkcode fstat} returns: Python's `os.stat_result`. */
export interface StatResult {
  /** The type of the file and its permissions: inode(7). */
  readonly st_mode: number;
  /** The inode. */
  readonly st_ino: number;
  /** The device that it is on. */
  readonly st_dev: number;
  /** Its names: 0 if it was unlinked. */
  readonly st_nlink: number;
  /** Its owner. */
  readonly st_uid: number;
  /** Its group. */
  readonly st_gid: number;
  /** Its bytes, of a regular file. */
  readonly st_size: number;
  /** When it was read, in seconds. */
  readonly st_atime: number;
  /** When it was written, in seconds. */
  readonly st_mtime: number;
  /** When anything about it changed, in seconds. */
  readonly st_ctime: number;
  /** When it was read, in nanoseconds. */
  readonly st_atime_ns: bigint;
  /** When it was written, in nanoseconds. */
  readonly st_mtime_ns: bigint;
  /** When anything about it changed, in nanoseconds. */
  readonly st_ctime_ns: bigint;
  /** The best size of a block to read. */
  readonly st_blksize: number;
  /** Blocks of 512 bytes that it takes. */
  readonly st_blocks: number;
  /** The device that it is, if it is one. */
  readonly st_rdev: number;
}

/**
 * Says what a descriptor is: Python's `os.fstat`, fstat(2), by statx(2).
 *
 * `st_mode & 0o170000` tells a socket (0o140000) from a pipe (0o010000), a regular file
 * (0o100000), or a terminal (0o020000); `st_dev` and `st_ino` tell whether two descriptors
 * are the same file.
 *
 * @param fd A descriptor, or an object with `fileno()`.
 * @returns The file's status. An inode above 2^53 is the nearest number.
 * @throws {OSError} EBADF if it is not open.
 * @throws {TypeError} If it is not a descriptor.
 * @throws {ValueError} If it is negative.
 *
 * @example
 * ```ts
 * import { os } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [r, w] = os.pipe();
 * assertEquals(os.fstat(r).st_mode & 0o170000, 0o010000); // stat.S_ISFIFO(…)
 * assertEquals(os.fstat(r).st_ino, os.fstat(w).st_ino);
 * os.close(r);
 * os.close(w);
 * ```
 */
export function fstat(fd: FileDescriptorLike): StatResult {
  const file = fileno(fd);
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
