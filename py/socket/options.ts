import { libc } from "../../ffi/libc.ts";
import { view_of } from "../../ffi/memory.ts";
import { syscall } from "../../ffi/syscall.ts";
import { bytes, int, INT_MAX, length_of } from "../arguments.ts";
import { OSError, OverflowError } from "../exceptions.ts";
import { check_option } from "./lasting.ts";

// The longest option that getsockopt() makes room for, as in CPython.
const MOST_OPTLEN = 1024;

// SO_GET_FILTER counts its length in instructions of 8 bytes, and writes as many.
const OPTLEN_UNIT = 8;

// The room for an option, then its length.
const filled = new Uint32Array(1);

/** getsockopt(2) of an option that is an int. */
export function getsockopt_int(
  fd: number,
  level: number,
  optname: number,
): number {
  return view_of(getsockopt(fd, level, optname, 4)).getInt32(0, true);
}

/** getsockopt(2) of an option that is a struct: as many bytes as it has. */
export function getsockopt_bytes(
  fd: number,
  level: number,
  optname: number,
  buflen: number,
): Uint8Array<ArrayBuffer> {
  if (buflen < 0 || buflen > MOST_OPTLEN) {
    throw new OSError(`getsockopt buflen out of range: ${buflen}`);
  }
  const value = getsockopt(fd, level, optname, buflen);
  // NETLINK_LIST_MEMBERSHIPS says how many there are, whatever the room.
  return value.slice(0, Math.min(filled[0]!, buflen));
}

function getsockopt(
  fd: number,
  level: number,
  optname: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  const value = new Uint8Array(length * OPTLEN_UNIT);
  filled[0] = length;
  syscall(
    "getsockopt",
    () => libc.getsockopt(fd, level, optname, value, filled),
  );
  return value;
}

/** An option's value for setsockopt(2), and its length. */
export type Option = [
  value: Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer> | null,
  optlen: number,
];

/** Checks an option's value. */
export function option_of(value: unknown, optlen: unknown): Option {
  if (value === null) {
    if (optlen === undefined) {
      throw new TypeError("optlen is needed where value is null");
    }
    return [null, int(optlen, "optlen", 0, 0xffffffff)];
  }
  if (optlen !== undefined) {
    throw new TypeError("optlen is only for a value of null");
  }
  if (typeof value === "number" || typeof value === "boolean") {
    return [new Int32Array([int(value, "value")]), 4];
  }
  const option = bytes(value, "value"), length = length_of(option);
  if (length > INT_MAX) {
    throw new OverflowError(
      `value must have at most ${INT_MAX} bytes, and has ${length}`,
    );
  }
  return [option, length];
}

/** setsockopt(2). */
export function setsockopt(
  fd: number,
  level: number,
  optname: number,
  [value, optlen]: Option,
): void {
  check_option(level, optname);
  syscall(
    "setsockopt",
    () => libc.setsockopt(fd, level, optname, value, optlen),
  );
}
