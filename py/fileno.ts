/**
 * What Python calls "a file object or fd".
 *
 * @module
 */

import { INT_MAX, shown } from "./arguments.ts";
import { OverflowError, ValueError } from "./exceptions.ts";

/** An object that has a descriptor: a socket, an epoll object, anything with `fileno()`. */
export interface HasFileno {
  /** The descriptor. */
  fileno(): number;
}

/** A descriptor, or an object that has one. */
export type FileDescriptorLike = number | HasFileno;

/**
 * The descriptor of a number or an object: `PyObject_AsFileDescriptor`.
 *
 * @throws {TypeError} If it is neither an integer nor an object with a `fileno()` that returns one.
 * @throws {ValueError} If the descriptor is negative: a closed socket's is -1.
 * @throws {OverflowError} If it does not fit a C int.
 */
export function fileno(file: unknown): number {
  let fd = file;
  if (typeof file === "object" && file !== null) {
    const method = (file as Partial<HasFileno>).fileno;
    if (typeof method !== "function") {
      throw new TypeError("argument must be an int, or have a fileno() method");
    }
    fd = method.call(file);
    if (typeof fd !== "number" || !Number.isInteger(fd)) {
      throw new TypeError(`fileno() returned ${shown(fd)}, not an integer`);
    }
  } else if (typeof file !== "number" || !Number.isInteger(file)) {
    throw new TypeError(
      `argument must be an int, or have a fileno() method, not ${shown(file)}`,
    );
  }
  const number = fd as number + 0;
  if (number < 0) {
    throw new ValueError(
      `file descriptor cannot be a negative integer (${number})`,
    );
  }
  if (number > INT_MAX) {
    throw new OverflowError(`file descriptor is above ${INT_MAX}: ${number}`);
  }
  return number;
}
