/**
 * Python's `struct` module: packs numbers and bytes in the layout of C structs.
 *
 * A format begins with its byte order: `@` or nothing for native order, sizes and alignment,
 * `=` for native order with standard sizes, `<` for little-endian, `>` or `!` for big-endian,
 * the network's order. Format characters follow, each with an optional count before it:
 * `x c b B ? h H i I l L q Q n N e f d s p P`. Integers of 8 bytes are `bigint`s, since a
 * number holds only 53 bits. `?` is a boolean, `c`, `s` and `p` are bytes, all others are
 * numbers.
 *
 * @example
 * ```ts
 * import * as struct from "@iomux/py/struct";
 * import { assertEquals } from "@std/assert";
 *
 * const header = struct.pack("!HI", 7, 1024);
 * const [kind, length] = struct.unpack("!HI", header);
 * assertEquals([kind, length], [7, 1024]);
 * ```
 *
 * @module
 */

import { view_of } from "../ffi/memory.ts";
import { bytes, type BytesLike, callable, shown, whole } from "./arguments.ts";
import { OverflowError } from "./exceptions.ts";

/** The error of a wrong format, or of values or buffers that do not fit: `struct.error`. */
export class StructError extends Error {
  static {
    this.prototype.name = "struct.error";
  }
}

export { type BytesLike, StructError as error };

/** A value to pack. */
export type Value = number | bigint | boolean | Uint8Array<ArrayBuffer>;

/** The type of each format character's value, with standard sizes. */
export type Values =
  & Record<"b" | "B" | "h" | "H" | "i" | "I" | "l" | "L", number>
  & Record<"e" | "f" | "d", number>
  & Record<"q" | "Q", bigint>
  & Record<"c", Uint8Array<ArrayBuffer>>
  & Record<"?", boolean>;

/** The type of each format character's value, with native sizes: C's `long` has 8 bytes. */
export type NativeValues =
  & Omit<Values, "l" | "L">
  & Record<"l" | "L" | "n" | "N" | "P", bigint>;

/** A digit of a count. */
export type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";

/** A tuple of `Count` values; beyond 32 an array. */
export type Repeat<T, Count extends string, Found extends T[] = []> =
  `${Found["length"]}` extends Count ? Found
    : Found["length"] extends 32 ? T[]
    : Repeat<T, Count, [...Found, T]>;

/** The values of a format without its byte order, as a tuple. */
export type Codes<Format extends string, Table, Count extends string = ""> =
  Format extends `${infer Code}${infer Rest}`
    ? Code extends Digit ? Codes<Rest, Table, `${Count}${Code}`>
    : Code extends "x" | " " ? Codes<Rest, Table>
    : Code extends "s" | "p" ? [Uint8Array<ArrayBuffer>, ...Codes<Rest, Table>]
    : Code extends keyof Table ? [
        ...(Count extends "" ? [Table[Code]] : Repeat<Table[Code], Count>),
        ...Codes<Rest, Table>,
      ]
    : Value[]
    : [];

/** The values of a format: a tuple if the format is a literal. */
export type Unpacked<Format extends string> = string extends Format ? Value[]
  : Format extends `${"=" | "<" | ">" | "!"}${infer Rest}` ? Codes<Rest, Values>
  : Format extends `@${infer Rest}` ? Codes<Rest, NativeValues>
  : Codes<Format, NativeValues>;

// CPython caches compiled formats too, and clears a full cache.
const MOST_KEPT = 100;
const kept = new Map<string, Struct>();

function struct<Format extends string>(format: Format): Struct<Format> {
  let found = kept.get(format);
  if (found === undefined) {
    found = new Compiled<string>(format);
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(format, found);
  }
  return found as unknown as Struct<Format>;
}

/**
 * Packs values: Python's `struct.pack`.
 *
 * @param format The format, as the module describes it.
 * @param values A value for each format character.
 * @returns The bytes.
 * @throws {StructError} If the format is wrong, or the values do not fit it.
 * @throws {OverflowError} If a number is too large for `e` or `f`. In native order, `f` makes it
 * infinite, as C does.
 *
 * @example
 * ```ts
 * import * as struct from "@iomux/py/struct";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(struct.pack("!I", 1024), new Uint8Array([0, 0, 4, 0]));
 * ```
 */
export function pack(
  format: string,
  ...values: readonly Value[]
): Uint8Array<ArrayBuffer> {
  return struct(format).pack(...values);
}

/**
 * Packs values into a buffer: Python's `struct.pack_into`.
 *
 * @param format The format, as the module describes it.
 * @param buffer The buffer to write to.
 * @param offset The start in bytes; a negative offset counts from the end.
 * @param values A value for each format character.
 * @throws {StructError} If the format is wrong, or the values or the buffer do not fit it.
 * @throws {OverflowError} If a number is too large for `e` or `f`. In native order, `f` makes it
 * infinite, as C does.
 *
 * @example
 * ```ts
 * import * as struct from "@iomux/py/struct";
 * import { assertEquals } from "@std/assert";
 *
 * const buffer = new Uint8Array(4);
 * struct.pack_into("!H", buffer, 2, 513);
 * assertEquals(buffer, new Uint8Array([0, 0, 2, 1]));
 * ```
 */
export function pack_into(
  format: string,
  buffer: BytesLike,
  offset: number,
  ...values: readonly Value[]
): void {
  struct(format).pack_into(buffer, offset, ...values);
}

/**
 * Unpacks a buffer of exactly the format's size: Python's `struct.unpack`.
 *
 * @param format The format, as the module describes it.
 * @param buffer The bytes.
 * @returns A value for each format character.
 * @throws {StructError} If the format is wrong, or the buffer has another length.
 *
 * @example
 * ```ts
 * import * as struct from "@iomux/py/struct";
 * import { assertEquals } from "@std/assert";
 *
 * const [length] = struct.unpack("!I", new Uint8Array([0, 0, 4, 0]));
 * assertEquals(length, 1024);
 * ```
 */
export function unpack<const Format extends string>(
  format: Format,
  buffer: BytesLike,
): Unpacked<Format> {
  return struct(format).unpack(buffer);
}

/**
 * Unpacks a part of a buffer: Python's `struct.unpack_from`.
 *
 * @param format The format, as the module describes it.
 * @param buffer The bytes.
 * @param offset The start in bytes; a negative offset counts from the end.
 * @returns A value for each format character.
 * @throws {StructError} If the format is wrong, or the buffer is too small.
 *
 * @example
 * ```ts
 * import * as struct from "@iomux/py/struct";
 * import { assertEquals } from "@std/assert";
 *
 * const [port] = struct.unpack_from("!H", new Uint8Array([9, 9, 0, 80]), 2);
 * assertEquals(port, 80);
 * ```
 */
export function unpack_from<const Format extends string>(
  format: Format,
  buffer: BytesLike,
  offset = 0,
): Unpacked<Format> {
  return struct(format).unpack_from(buffer, offset);
}

/**
 * Unpacks one struct after another: Python's `struct.iter_unpack`.
 *
 * @param format The format, as the module describes it.
 * @param buffer The bytes: a multiple of the format's size.
 * @returns An iterator over the structs.
 * @throws {StructError} If the format is wrong or empty, or the length is not a multiple of its
 * size.
 *
 * @example
 * ```ts
 * import * as struct from "@iomux/py/struct";
 * import { assertEquals } from "@std/assert";
 *
 * const pairs = struct.iter_unpack("BB", new Uint8Array([1, 2, 3, 4]));
 * assertEquals([...pairs], [[1, 2], [3, 4]]);
 * ```
 */
export function iter_unpack<const Format extends string>(
  format: Format,
  buffer: BytesLike,
): IterableIterator<Unpacked<Format>> {
  return struct(format).iter_unpack(buffer);
}

/**
 * Returns the size of a struct: Python's `struct.calcsize`.
 *
 * @param format The format, as the module describes it.
 * @returns The size in bytes.
 * @throws {StructError} If the format is wrong.
 *
 * @example
 * ```ts
 * import * as struct from "@iomux/py/struct";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(struct.calcsize("!HI"), 6);
 * // C aligns the int.
 * assertEquals(struct.calcsize("HI"), 8);
 * ```
 */
export function calcsize(format: string): number {
  return struct(format).size;
}

/** A compiled format, as {@linkcode Struct} makes it. */
export interface Struct<Format extends string = string> {
  /** The format. */
  readonly format: Format;
  /** The size of the struct in bytes. */
  readonly size: number;
  /**
   * Packs values.
   *
   * @param values A value for each format character.
   * @returns `size` bytes.
   * @throws {StructError} If the number of values, a type or a range is wrong.
   * @throws {OverflowError} If a number is too large for `e` or `f`. In native order, `f` makes it
   * infinite, as C does.
   */
  pack(...values: readonly Value[]): Uint8Array<ArrayBuffer>;
  /**
   * Packs values into a buffer.
   *
   * @param buffer The buffer to write to.
   * @param offset The start in bytes; a negative offset counts from the end.
   * @param values A value for each format character.
   * @throws {StructError} If the buffer is too small; all that {@linkcode pack} throws.
   */
  pack_into(
    buffer: BytesLike,
    offset: number,
    ...values: readonly Value[]
  ): void;
  /**
   * Unpacks a buffer of exactly `size` bytes.
   *
   * @param buffer The bytes.
   * @returns A value for each format character.
   * @throws {StructError} If the buffer has another length.
   */
  unpack(buffer: BytesLike): Unpacked<Format>;
  /**
   * Unpacks a part of a buffer.
   *
   * @param buffer The bytes.
   * @param offset The start in bytes; a negative offset counts from the end.
   * @returns A value for each format character.
   * @throws {StructError} If the buffer is too small.
   */
  unpack_from(buffer: BytesLike, offset?: number): Unpacked<Format>;
  /**
   * Unpacks one struct after another.
   *
   * @param buffer The bytes: a multiple of `size`.
   * @returns An iterator over the structs.
   * @throws {StructError} If the length is not a multiple of `size`, or `size` is 0.
   */
  iter_unpack(buffer: BytesLike): IterableIterator<Unpacked<Format>>;
}

/** The class: called with or without `new`. */
export interface StructConstructor {
  /** Compiles a format. */
  new <Format extends string>(format: Format): Struct<Format>;
  /** Compiles a format. */
  <Format extends string>(format: Format): Struct<Format>;
  /** The methods of the compiled formats. */
  readonly prototype: Struct;
}

class Compiled<Format extends string> implements Struct<Format> {
  readonly format: Format;
  readonly size: number;
  readonly #fields: readonly Field[];
  readonly #little: boolean;

  constructor(format: Format) {
    if (typeof format !== "string") {
      throw new TypeError(
        `Struct() argument 1 must be a string, not ${shown(format)}`,
      );
    }
    const order = /^[@=<>!]/.exec(format)?.[0] ?? "";
    const { fields, size } = compile(
      format.slice(order.length),
      order === "" || order === "@",
    );
    this.format = format;
    this.size = size;
    this.#fields = fields;
    // x86-64 and arm64 are little-endian on Linux.
    this.#little = order !== ">" && order !== "!";
  }

  pack(...values: readonly Value[]): Uint8Array<ArrayBuffer> {
    const packed = new Uint8Array(this.size);
    this.#write(packed, values, "pack");
    return packed;
  }

  pack_into(
    buffer: BytesLike,
    offset: number,
    ...values: readonly Value[]
  ): void {
    const part = this.#part(buffer, offset, "pack_into");
    this.#write(part, values, "pack_into");
  }

  unpack(buffer: BytesLike): Unpacked<Format> {
    const packed = bytes(buffer, "buffer");
    if (packed.byteLength !== this.size) {
      throw new StructError(
        `unpack requires a buffer of ${this.size} bytes, not ${packed.byteLength}`,
      );
    }
    return this.#read(packed);
  }

  unpack_from(buffer: BytesLike, offset = 0): Unpacked<Format> {
    return this.#read(this.#part(buffer, offset, "unpack_from"));
  }

  iter_unpack(buffer: BytesLike): IterableIterator<Unpacked<Format>> {
    const packed = bytes(buffer, "buffer"), { size } = this;
    if (size === 0) {
      throw new StructError(
        "cannot iteratively unpack with a struct of length 0",
      );
    }
    if (packed.byteLength % size !== 0) {
      throw new StructError(
        `iterative unpacking requires a buffer of a multiple of ${size} bytes, not ${packed.byteLength}`,
      );
    }
    return this.#each(packed);
  }

  *#each(packed: Uint8Array<ArrayBuffer>): Generator<Unpacked<Format>> {
    for (let at = 0; at < packed.byteLength; at += this.size) {
      yield this.unpack_from(packed, at);
    }
  }

  #part(buffer: BytesLike, offset: number, caller: string): Uint8Array {
    const all = bytes(buffer, "buffer");
    const start = whole(offset, "offset");
    const { byteLength } = all, { size } = this;
    const from = start < 0 ? byteLength + start : start;
    if (from < 0) {
      throw new StructError(
        `offset ${start} out of range for ${byteLength}-byte buffer`,
      );
    }
    if (byteLength - from < size) {
      const what = caller === "pack_into" ? "packing" : "unpacking";
      throw new StructError(
        `${caller} requires a buffer of at least ${from + size} bytes for ` +
          `${what} ${size} bytes at offset ${start} ` +
          `(actual buffer size is ${byteLength})`,
      );
    }
    return all.subarray(from, from + size);
  }

  #read(packed: Uint8Array): Unpacked<Format> {
    const view = view_of(packed);
    const values = this.#fields.map(({ offset, code }) =>
      code.read(view, offset, this.#little)
    );
    return values as Unpacked<Format>;
  }

  #write(
    packed: Uint8Array,
    values: readonly Value[],
    caller: string,
  ): void {
    if (values.length !== this.#fields.length) {
      throw new StructError(
        `${caller} expected ${this.#fields.length} items for packing (got ${values.length})`,
      );
    }
    const view = view_of(packed);
    packed.fill(0);
    for (const [i, { offset, code }] of this.#fields.entries()) {
      code.write(view, offset, values[i], this.#little);
    }
  }
}

/**
 * A compiled format: Python's `struct.Struct`.
 *
 * @param format The format, as the module describes it.
 * @throws {TypeError} If it is not a string.
 * @throws {StructError} If a format character is unknown or missing.
 *
 * @example
 * ```ts
 * import * as struct from "@iomux/py/struct";
 * import { assertEquals } from "@std/assert";
 *
 * const point = struct.Struct("<hh");
 * assertEquals(point.size, 4);
 * assertEquals(point.unpack(point.pack(3, -4)), [3, -4]);
 * ```
 */
export const Struct: StructConstructor = callable("Struct", Compiled);

/** A field of a struct. */
interface Field {
  readonly offset: number;
  readonly code: Layout;
}

function compile(
  codes: string,
  is_native: boolean,
): { fields: Field[]; size: number } {
  const table = is_native ? native : standard;
  const fields: Field[] = [];
  let size = 0;
  for (const [, digits, name] of codes.matchAll(/[ \t-\r]*(\d*)(\D?)/g)) {
    if (name === "" && digits === "") continue;
    if (name === "") {
      throw new StructError("repeat count given without format specifier");
    }
    const count = digits === "" ? 1 : Number(digits);
    if (name === "s" || name === "p") {
      // Their count is a length.
      fields.push({ offset: size, code: string(name, count) });
      size += count;
      check_size(size);
      continue;
    }
    const code = table.get(name!);
    if (code === undefined) {
      throw new StructError(`bad char in struct format: ${shown(name)}`);
    }
    // C aligns a member to its size; a count of 0 aligns too.
    if (is_native) size = Math.ceil(size / code.size) * code.size;
    check_size(size + count * code.size);
    for (let i = 0; i < count && name !== "x"; i++) {
      fields.push({ offset: size + i * code.size, code });
    }
    size += count * code.size;
  }
  return { fields, size };
}

// Fields are created one by one: a larger size is a mistake that would fill the memory.
const MOST = 2 ** 26;

function check_size(size: number): void {
  if (size > MOST) {
    throw new StructError(`total struct size too long: over ${MOST} bytes`);
  }
}

/** The layout of a format character: its size, and how to read and write a value. */
interface Layout {
  readonly size: number;
  read(view: DataView, at: number, little: boolean): Value;
  write(view: DataView, at: number, value: unknown, little: boolean): void;
}

function exact(value: unknown): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number" && Number.isInteger(value)) {
    return BigInt(value);
  }
  throw new StructError(
    `required argument is not an integer: ${shown(value)}`,
  );
}

/** The layout of an integer; one of 8 bytes is read as a bigint. */
function integer(
  size: 1 | 2 | 4 | 8,
  signed: boolean,
  min = signed ? -(2n ** BigInt(8 * size - 1)) : 0n,
): Layout {
  const max = 2n ** BigInt(signed ? 8 * size - 1 : 8 * size) - 1n;
  const big = size === 8;
  const kind = `${big ? "Big" : ""}${signed ? "Int" : "Uint"}`;
  const name = `${kind}${8 * size}` as "Int16";
  return {
    size,
    read: (view, at, little) => view[`get${name}`](at, little),
    write(view, at, value, little) {
      const number = exact(value);
      if (number < min || number > max) {
        throw new StructError(
          `format requires ${min} <= number <= ${max}, and ${value} is not`,
        );
      }
      const word = big ? number : Number(number);
      view[`set${name}`](at, word as number, little);
    },
  };
}

function float(
  name: "Float16" | "Float32" | "Float64",
  size: number,
  may_overflow = false,
): Layout {
  return {
    size,
    read: (view, at, little) => view[`get${name}`](at, little),
    write(view, at, value, little) {
      if (!["number", "bigint", "boolean"].includes(typeof value)) {
        throw new StructError(
          `required argument is not a float: ${shown(value)}`,
        );
      }
      const number = Number(value), is_bigint = typeof value === "bigint";
      view[`set${name}`](at, number, little);
      const overflows = isFinite(number) &&
        !isFinite(view[`get${name}`](at, little));
      // A bigint may be beyond every number.
      if ((overflows && !may_overflow) || (is_bigint && !isFinite(number))) {
        const Class = is_bigint ? StructError : OverflowError;
        throw new Class(`float too large to pack: ${value}`);
      }
    },
  };
}

/** The layout of `s`, a string, and of `p`, a length byte of at most 255 and a string. */
function string(code: "s" | "p", size: number): Layout {
  const field_of = ({ buffer, byteOffset }: DataView, at: number) =>
    new Uint8Array(buffer as ArrayBuffer, byteOffset + at, size);
  return {
    size,
    read(view, at) {
      const field = field_of(view, at);
      return code === "s" ? field.slice() : field.slice(1, 1 + (field[0] ?? 0));
    },
    write(view, at, value) {
      if (!(value instanceof Uint8Array)) {
        throw new StructError(
          `argument for '${code}' must be a bytes object, not ${shown(value)}`,
        );
      }
      const field = field_of(view, at);
      if (code === "s") return field.set(value.subarray(0, size));
      const text = value.subarray(0, Math.max(size - 1, 0));
      field[0] = Math.min(text.length, 255);
      field.set(text, Math.min(size, 1));
    },
  };
}

const int64 = integer(8, true), uint64 = integer(8, false);
const int32 = integer(4, true), uint32 = integer(4, false);

const standard: ReadonlyMap<string, Layout> = new Map<string, Layout>([
  ["x", { size: 1, read: () => 0, write: () => {} }],
  ["c", {
    size: 1,
    read: (view, at) => new Uint8Array([view.getUint8(at)]),
    write(view, at, value) {
      const byte = value instanceof Uint8Array ? value : new Uint8Array(0);
      if (byte.length !== 1) {
        throw new StructError(
          `char format requires a bytes object of length 1, not ${
            value instanceof Uint8Array ? `of ${byte.length}` : shown(value)
          }`,
        );
      }
      view.setUint8(at, byte[0]!);
    },
  }],
  ["b", integer(1, true)],
  ["B", integer(1, false)],
  ["?", {
    size: 1,
    read: (view, at) => view.getUint8(at) !== 0,
    write(view, at, value) {
      // As in Python, empty bytes are false and NaN is true.
      const truth = value instanceof Uint8Array ? value.length : value;
      view.setUint8(at, truth || Number.isNaN(truth) ? 1 : 0);
    },
  }],
  ["h", integer(2, true)],
  ["H", integer(2, false)],
  ["i", int32],
  ["I", uint32],
  ["l", int32],
  ["L", uint32],
  ["q", int64],
  ["Q", uint64],
  ["e", float("Float16", 2)],
  ["f", float("Float32", 4)],
  ["d", float("Float64", 8)],
]);

// On x86-64 and arm64, C's long, ssize_t and pointers have 8 bytes. The last three are native only.
// C converts a double that is too large for a float to infinity.
const native: ReadonlyMap<string, Layout> = new Map([
  ...standard,
  ["f", float("Float32", 4, true)],
  ["l", int64],
  ["L", uint64],
  ["n", int64],
  ["N", uint64],
  // A negative address wraps around, as in C.
  ["P", integer(8, false, -(2n ** 63n))],
]);
