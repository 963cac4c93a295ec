/**
 * `struct statx` of statx(2), which is the same on every machine, unlike `struct stat`.
 *
 * @module
 */

import { view_of } from "./memory.ts";

/** Bytes in a `struct statx`. */
export const STATX_SIZE = 256;
/** The mask that asks for the type of the file. */
export const STATX_TYPE = 1;
/** The mask that asks for all that a `struct stat` has. */
export const STATX_BASIC_STATS = 0x7ff;
/** With an empty path, what is asked about is the descriptor itself. */
export const AT_EMPTY_PATH = 0x1000;

/** The fields of a `struct statx` that a `struct stat` has, too. Times in nanoseconds. */
export interface Statx {
  /** The type of the file and its permissions. */
  readonly mode: number;
  /** The inode. */
  readonly ino: bigint;
  /** The device that it is on. */
  readonly dev: number;
  /** The device that it is, if it is one. */
  readonly rdev: number;
  /** Its names. */
  readonly nlink: number;
  /** Its owner. */
  readonly uid: number;
  /** Its group. */
  readonly gid: number;
  /** Its bytes. */
  readonly size: bigint;
  /** The best size of a block to read. */
  readonly blksize: number;
  /** Blocks of 512 bytes that it takes. */
  readonly blocks: bigint;
  /** When it was read. */
  readonly atime: bigint;
  /** When it was written. */
  readonly mtime: bigint;
  /** When anything about it changed. */
  readonly ctime: bigint;
}

/** Reads a `struct statx`. */
export function statx_fields(struct: Uint8Array): Statx {
  const view = view_of(struct);
  const u32 = (at: number) => view.getUint32(at, true);
  const u64 = (at: number) => view.getBigUint64(at, true);
  const time = (at: number) =>
    view.getBigInt64(at, true) * 1_000_000_000n + BigInt(u32(at + 8));
  return {
    mode: view.getUint16(28, true),
    ino: u64(32),
    dev: makedev(u32(136), u32(140)),
    rdev: makedev(u32(128), u32(132)),
    nlink: u32(16),
    uid: u32(20),
    gid: u32(24),
    size: u64(40),
    blksize: u32(4),
    blocks: u64(48),
    atime: time(64),
    ctime: time(96),
    mtime: time(112),
  };
}

/** makedev(3), whose upper halves no device of today's has: they would not be exact. */
function makedev(major: number, minor: number): number {
  const low = (minor & 0xff) | ((major & 0xfff) << 8);
  const high = (minor >>> 8) * 0x100000 + (major >>> 12) * 2 ** 44;
  return low + high;
}
