/**
 * The parts that all properties of struct codecs use.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";

/** A property, and its name. */
export interface Codec {
  readonly name: string;
  readonly property: fc.IProperty<unknown>;
}

/** Makes a {@linkcode Codec}. */
export function codec<T extends [unknown, ...unknown[]]>(
  name: string,
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  predicate: (...args: T) => void,
): Codec {
  // The types of fast-check need a fixed number of arguments: one tuple.
  const all = fc.tuple(...arbitraries) as unknown as fc.Arbitrary<T>;
  const property = fc.property(all, (args) => predicate(...args));
  return { name, property: property as fc.IProperty<unknown> };
}

const int = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min, max });
const big = (min: bigint, max: bigint): fc.Arbitrary<bigint> =>
  fc.bigInt({ min, max });
export const u8: fc.Arbitrary<number> = int(0, 0xff);
export const u16: fc.Arbitrary<number> = int(0, 0xffff);
export const u32: fc.Arbitrary<number> = int(0, 0xffffffff);
export const i32: fc.Arbitrary<number> = int(-0x80000000, 0x7fffffff);
export const u64: fc.Arbitrary<bigint> = big(0n, 2n ** 64n - 1n);
export const i64: fc.Arbitrary<bigint> = big(-(2n ** 63n), 2n ** 63n - 1n);

type Bytes = Uint8Array<ArrayBuffer>;

/** Between `min` and `max` bytes. */
export function bytes(min: number, max: number = min): fc.Arbitrary<Bytes> {
  // By default an array has some ten items more than the fewest, whatever the most.
  const lengths = { minLength: min, maxLength: max, size: "max" } as const;
  return fc.uint8Array(lengths) as fc.Arbitrary<Bytes>;
}

/** Bytes that no kernel sends, of any length: fewer and more than those of a struct. */
export const any_bytes: fc.Arbitrary<Bytes> = fc.oneof(
  bytes(0, 64),
  bytes(0, 300),
);

// Not a multiple of a word, to detect aligned views.
const BEFORE = 13, BEHIND = 300;

/**
 * Decodes bytes in the middle of a buffer, twice, with other bytes around them. The result must not
 * depend on those, and no byte may change. `decode` may throw a RangeError for too few bytes.
 *
 * @returns The decoded value; `null` if `decode` threw.
 */
export function inside<T>(
  bytes: Uint8Array,
  decode: (view: Uint8Array<ArrayBuffer>) => T,
): T | null {
  const [first, second] = [0x00, 0xff].map((around) => {
    const whole = new Uint8Array(BEFORE + bytes.length + BEHIND).fill(around);
    whole.set(bytes, BEFORE);
    const before = whole.slice();
    const result = result_of(() =>
      decode(whole.subarray(BEFORE, BEFORE + bytes.length))
    );
    assert(same(whole, before), "a byte was changed");
    return result;
  });
  assertEquals(first, second, "the result depends on bytes outside");
  return first!.threw === null ? first!.value as T : null;
}

function result_of(decode: () => unknown): { value: unknown; threw: unknown } {
  try {
    return { value: decode(), threw: null };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { value: null, threw: error.message };
  }
}

/** Whether bytes are equal; `assertEquals` is slow. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
