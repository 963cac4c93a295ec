/**
 * Checks on arguments, with the error classes that Python raises for them, and classes that are
 * called without `new`.
 *
 * @module
 */

import { buffer_of, length_of, offset_of } from "../ffi/memory.ts";
import { OverflowError, ValueError } from "./exceptions.ts";

export { length_of } from "../ffi/memory.ts";

/** The largest C int. */
export const INT_MAX = 0x7fffffff;

/** Python's bytes-like object: any view, or a buffer. */
export type BytesLike = ArrayBufferView | ArrayBufferLike;

/** An object with a descriptor: a socket, an epoll object, anything with `fileno()`. */
export interface HasFileno {
  /** Returns the descriptor. */
  fileno(): number;
}

/** A descriptor, or an object that has one. */
export type FileDescriptorLike = number | HasFileno;

/** Formats an argument for an error message. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "function") return "a function";
  return typeof value === "bigint" ? `${value}n` : String(value);
}

/**
 * The optional arguments of a call: by position, by keyword in a last object, or the first by
 * position and the rest by keyword.
 *
 * @typeParam Positional The types, in order, with their names: `[family: number, type: number]`.
 * @typeParam Options The object: an interface with the same names, all optional, and the
 * keyword-only ones.
 */
export type Keywords<Positional extends unknown[], Options> =
  | { [Index in keyof Positional]?: Positional[Index] | undefined }
  | [
    ...{ [Index in keyof Positional]: Positional[Index] | undefined },
    options: Options | undefined,
  ]
  | (Positional extends [...infer Before, unknown] ? Keywords<Before, Options>
    : never);

/**
 * Sorts a call's optional arguments, which have the form of {@linkcode Keywords}.
 *
 * Only the object's own properties count. Before the last place it must be a plain object: an
 * address or a buffer is a positional argument.
 *
 * @param caller The function's name, for messages.
 * @param given The arguments.
 * @param names The names of the positional arguments, in order.
 * @param only The names of the keyword-only arguments.
 * @returns The values in the order of `names`, then of `only`; `undefined` for omitted ones.
 * @throws {TypeError} If a keyword is unknown or repeats a positional argument, or if the last
 * argument is not an object.
 */
export function keywords(
  caller: string,
  given: readonly unknown[],
  names: readonly string[],
  only: readonly string[] = [],
): unknown[] {
  let count = given.length;
  while (count > 0 && given[count - 1] === undefined) count--;
  // Not given[-1]: V8 takes 0.7 us to look up that name, of 18 in a pollAsync().
  if (count === 0) return [];
  const last = given[count - 1];
  if (count <= names.length && !is_plain(last)) return given.slice(0, count);
  if (typeof last !== "object" || last === null) {
    throw new TypeError(
      `${caller}(): options must be an object, not ${shown(last)}`,
    );
  }
  const values = given.slice(0, count - 1);
  const all = [...names, ...only];
  for (const [name, value] of Object.entries(last)) {
    const index = all.indexOf(name);
    if (index === -1) {
      throw new TypeError(
        `${caller}() got an unexpected keyword argument '${name}'`,
      );
    }
    if (value === undefined) continue;
    if (values[index] !== undefined) {
      throw new TypeError(
        `${caller}() got multiple values for argument '${name}'`,
      );
    }
    values[index] = value;
  }
  return values;
}

/**
 * Returns the object of keywords among a call's arguments, which has a twin's `signal`.
 *
 * @param given The arguments, before {@linkcode keywords} has checked them.
 * @returns The object, if there is one.
 */
export function options_of(given: readonly unknown[]): object | undefined {
  if (given.length === 0) return undefined;
  const last = given.findLast((value) => value !== undefined);
  return typeof last === "object" && last !== null ? last : undefined;
}

/** Returns whether a value is a plain object, such as `{ timeout: 5 }`. */
export function is_plain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Throws for an argument of a wrong type.
 *
 * Messages are made apart from the checks: their bytecode would keep V8 from inlining those.
 */
function wrong_type(name: string, wanted: string, value: unknown): never {
  throw new TypeError(`${name} must be ${wanted}, not ${shown(value)}`);
}

function too_large(name: string, value: number): never {
  throw new OverflowError(`${name} is too large: ${value}`);
}

/**
 * Checks that a value is a whole number.
 *
 * @throws {TypeError} If it is not.
 */
export function whole(value: unknown, name: string): number {
  // FFI refuses -0; adding 0 makes it 0. The same holds for every number below.
  if (typeof value === "number" && Number.isInteger(value)) return value + 0;
  // Python's bool is an int: setsockopt(..., True) is common.
  if (typeof value === "boolean") return value ? 1 : 0;
  wrong_type(name, "an integer", value);
}

/**
 * Checks that a value is a boolean or a number, and returns its truth.
 *
 * @throws {TypeError} If it is neither: the languages disagree on an empty list.
 */
export function truth(value: unknown, name: string): boolean {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value !== 0;
  wrong_type(name, "a boolean", value);
}

/**
 * Checks that a value is a whole number from `min` to `max`.
 *
 * @throws {TypeError} If it is not a whole number.
 * @throws {OverflowError} If it is out of range.
 */
export function int(
  value: unknown,
  name: string,
  min = -INT_MAX - 1,
  max = INT_MAX,
): number {
  const number = whole(value, name);
  if (number < min || number > max) out_of_range(name, min, max, number);
  return number;
}

function out_of_range(
  name: string,
  min: number,
  max: number,
  number: number,
): never {
  throw new OverflowError(
    `${name} must be in ${min} to ${max}, and ${number} is not`,
  );
}

/**
 * Checks that a count or a position is a whole number that a JavaScript number holds exactly.
 *
 * @throws {TypeError} If it is not a whole number.
 * @throws {OverflowError} If it is above 2^53 - 1, or below -(2^53 - 1).
 */
export function safe(value: unknown, name: string): number {
  const number = whole(value, name);
  if (!Number.isSafeInteger(number)) too_large(name, number);
  return number;
}

/**
 * Checks that a value is a whole number that fits libc's ssize_t, as CPython does first.
 *
 * @throws {TypeError} If it is not a whole number.
 * @throws {OverflowError} If it does not fit.
 */
export function ssize(value: unknown, name: string): number {
  const size = whole(value, name);
  if (size < -(2 ** 63) || size >= 2 ** 63) too_large(name, size);
  return size;
}

/**
 * Checks a time-out in seconds.
 *
 * @returns Seconds, `null` for none.
 * @throws {TypeError} If it is neither a number nor null nor left out.
 * @throws {ValueError} If it is NaN.
 * @throws {OverflowError} If it exceeds 2^63 nanoseconds, as in CPython.
 */
export function seconds(
  value: unknown,
  name = "timeout",
): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "number") wrong_type(name, "a number or null", value);
  if (Number.isNaN(value)) throw new ValueError(`${name} must not be NaN`);
  if (Math.abs(value) >= 2 ** 63 / 1e9) too_large(name, value);
  return value + 0;
}

/**
 * Checks a time-out in seconds that cannot be negative.
 *
 * @returns Seconds, `null` for none.
 * @throws As {@linkcode seconds}; {@linkcode TypeError} if it is left out, {@linkcode ValueError}
 * if it is negative.
 */
export function timeout_of(value: unknown): number | null {
  if (value === undefined) wrong_type("timeout", "a number or null", value);
  const limit = seconds(value);
  if (limit === null) return null;
  if (limit < 0) {
    throw new ValueError(
      `Timeout value out of range: timeout must be non-negative, and ${limit} is not`,
    );
  }
  // Round up to nanoseconds, as CPython does.
  return Math.ceil(limit * 1e9) / 1e9;
}

/**
 * Checks a time-out for poll(2) and epoll_wait(2), which take an int of milliseconds.
 *
 * @param value The time-out; null or negative for none.
 * @param unit Its unit in milliseconds: 1, or 1000 for seconds.
 * @returns Milliseconds, rounded up; -1 for none.
 * @throws As {@linkcode seconds}; {@linkcode OverflowError} if it does not fit an int.
 */
export function milliseconds_of(value: unknown, unit: 1 | 1000): number {
  const limit = seconds(value);
  if (limit === null) return -1;
  const milliseconds = Math.ceil(limit * unit);
  if (Math.abs(milliseconds) > INT_MAX) too_large("timeout", limit);
  return limit < 0 ? -1 : milliseconds;
}

/**
 * Checks that a value is a string without NUL, as a C string must be.
 *
 * @throws {TypeError} If it is not a string.
 * @throws {ValueError} If it contains NUL.
 */
export function text(value: unknown, name: string): string {
  if (typeof value !== "string") {
    wrong_type(name, "a string", value);
  }
  if (value.includes("\0")) {
    throw new ValueError(`${name} must not contain a null character`);
  }
  return value;
}

/** Makes a converter to size_t. It keeps the last result: a new bigint costs 30 ns. */
export function size_t(): (size: number) => bigint {
  let last = 0, count = 0n;
  return (size) => {
    if (size !== last) {
      count = BigInt(size);
      last = size;
    }
    return count;
  };
}

/** Returns the bytes from an index on, without a copy; a subclass may override `subarray()`. */
export function bytes_from(
  bytes: Uint8Array,
  start: number,
): Uint8Array<ArrayBuffer> {
  const length = length_of(bytes) - start;
  return new Uint8Array(buffer_of(bytes), offset_of(bytes) + start, length);
}

/**
 * Takes an `ArrayBufferView` or `ArrayBuffer` as bytes, without a copy.
 *
 * @throws {TypeError} If it is neither; for a string it says to encode it.
 */
export function bytes(value: unknown, name: string): Uint8Array<ArrayBuffer> {
  if (value instanceof Uint8Array) return value as Uint8Array<ArrayBuffer>;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  }
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return new Uint8Array(value as ArrayBuffer);
  }
  if (typeof value === "string") {
    throw new TypeError(
      `${name} must be bytes, not a string: encode it with new TextEncoder().encode()`,
    );
  }
  wrong_type(name, "an ArrayBufferView or an ArrayBuffer", value);
}

/** Returns a private view of the same bytes, whose length a caller cannot redefine. */
export function own_view(
  value: unknown,
  name: string,
): Uint8Array<ArrayBuffer> {
  const view = bytes(value, name);
  // A detached buffer cannot have a view.
  return length_of(view) === 0 ? new Uint8Array(0) : bytes_from(view, 0);
}

/**
 * Checks that a value is iterable.
 *
 * @throws {TypeError} If it is not.
 */
export function iterable(value: unknown, name: string): Iterable<unknown> {
  const items = value as Partial<Iterable<unknown>> | null | undefined;
  if (typeof items?.[Symbol.iterator] !== "function") {
    wrong_type(name, "an iterable", value);
  }
  return items as Iterable<unknown>;
}

/** Returns private views of the buffers in an iterable. */
export function views_of(
  value: unknown,
  argument: string,
): Uint8Array<ArrayBuffer>[] {
  // Refuse strings here: an empty one has no items to refuse.
  if (typeof value === "string") bytes(value, argument);
  const items = [...iterable(value, argument)];
  return items.map((item) => own_view(item, `${argument}: an item`));
}

/** Returns the number of bytes in all views, whatever a subclass says. */
export function total(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + length_of(part), 0);
}

/** Returns the bytes of all views, one after another, in a copy. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(total(parts));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += length_of(part);
  }
  return all;
}

/** Checks that views have not shrunk: the caller may transfer a buffer. */
export function check_unshrunk(
  parts: readonly Uint8Array[],
  size: number,
): void {
  if (total(parts) < size) {
    throw new ValueError("buffer shrank during the wait");
  }
}

/**
 * Returns the descriptor of a number or an object, as CPython's `PyObject_AsFileDescriptor`.
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

/**
 * Lets `instanceof` accept a factory function: `socket.socket` and `select.poll` are classes in
 * Python.
 *
 * @param maker The function.
 * @param class_ The class.
 */
export function instances_of(
  maker: object,
  class_: abstract new (...args: never[]) => object,
): void {
  Object.defineProperty(maker, Symbol.hasInstance, {
    value: (object: unknown) => object instanceof class_,
  });
}

/**
 * Lets a class be called without `new`, as in Python.
 *
 * `instanceof` and `extends` still work: the class makes the object.
 *
 * @param name The class's name.
 * @param class_ The class.
 * @returns The class, callable.
 */
export function callable<Constructor>(
  name: string,
  class_: new (...args: never[]) => object,
): Constructor {
  const proxy = new Proxy(class_, {
    apply: (target, _receiver, args) => Reflect.construct(target, args),
  });
  Object.defineProperty(class_, "name", { value: name });
  class_.prototype.constructor = proxy;
  return proxy as Constructor;
}
