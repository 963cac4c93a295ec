/**
 * What the properties of struct codecs have in common.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";

/** A property, and the functions that it puts to the test. */
export interface Codec {
  readonly name: string;
  readonly tested: readonly unknown[];
  readonly property: fc.IProperty<unknown>;
}

/** Makes a {@linkcode Codec}. */
export function codec<T extends [unknown, ...unknown[]]>(
  name: string,
  tested: readonly unknown[],
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  predicate: (...args: T) => void,
): Codec {
  // fast-check wants to be told each time how many arguments there are.
  const all = fc.tuple(...arbitraries) as fc.Arbitrary<unknown> as fc.Arbitrary<
    T
  >;
  return {
    name,
    tested,
    property: fc.property(all, (args) => predicate(...args)) as fc.IProperty<
      unknown
    >,
  };
}

export const u8: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xff });
export const u16: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xffff });
export const u32: fc.Arbitrary<number> = fc.integer({
  min: 0,
  max: 0xffffffff,
});
export const i32: fc.Arbitrary<number> = fc.integer({
  min: -0x80000000,
  max: 0x7fffffff,
});
export const u64: fc.Arbitrary<bigint> = fc.bigInt({
  min: 0n,
  max: 2n ** 64n - 1n,
});
export const i64: fc.Arbitrary<bigint> = fc.bigInt({
  min: -(2n ** 63n),
  max: 2n ** 63n - 1n,
});

/** Between `min` and `max` bytes. */
export function bytes(
  min: number,
  max = min,
): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return fc.uint8Array({ minLength: min, maxLength: max }) as fc.Arbitrary<
    Uint8Array<ArrayBuffer>
  >;
}

/** Bytes as a kernel would not send them: any, and of any length, those of a struct and more. */
export const any_bytes: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc.oneof(
  bytes(0, 64),
  bytes(0, 300),
);

// No multiple of a word, so that what wants an aligned view is found.
const BEFORE = 13, BEHIND = 300;

/**
 * Decodes bytes that lie in the middle of others, twice, with different ones around.
 *
 * Neither may the result depend on those, nor may any byte change. What is too short may be
 * refused, with a RangeError.
 *
 * @returns What `decode` returned; `null` if it threw.
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

/** Whether bytes are equal; `assertEquals` takes its time. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
