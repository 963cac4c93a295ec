import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  timeval_fields,
  timeval_set,
  TIMEVAL_SIZE,
  TIMEVAL_WORDS,
} from "../../ffi/structs.ts";
import { test } from "../descriptors.ts";

function timeval(seconds: number): Uint32Array {
  const words = new Uint32Array(TIMEVAL_WORDS).fill(0xaaaaaaaa);
  timeval_set(words, seconds);
  return words;
}

test("timeval_set() writes seconds and microseconds, 64 bits each", () => {
  assertEquals(
    [...new Uint8Array(timeval(258.5).buffer)],
    [2, 1, 0, 0, 0, 0, 0, 0, 0x20, 0xa1, 0x07, 0, 0, 0, 0, 0],
  );
});

test("timeval_set() writes seconds above 2^32", () => {
  assertEquals([...timeval(2 ** 33 + 7)], [7, 2, 0, 0]);
});

test("timeval_set() rounds up to the next microsecond", () => {
  const expected = [
    [0, 0, 0],
    [1e-9, 0, 1],
    [0.0000015, 0, 2],
    [1.0000000001, 1, 1],
    [2.25, 2, 250000],
    [Number.MIN_VALUE, 0, 1],
  ] as const;
  for (const [seconds, whole, micros] of expected) {
    assertEquals([...timeval(seconds)], [whole, 0, micros, 0], `${seconds} s`);
  }
});

test("timeval_set() carries what rounds up to a whole second", () => {
  assertEquals([...timeval(3.9999999)], [4, 0, 0, 0]);
});

test("timeval_set() never writes less than asked, nor a microsecond of 10^6", () => {
  for (let i = 1; i < 5000; i++) {
    const seconds = i * 0.000731;
    const words = timeval(seconds);
    assert(words[2]! < 1e6, `${seconds} s`);
    assert(words[0]! * 1e6 + words[2]! >= seconds * 1e6 - 1e-3, `${seconds} s`);
  }
});

test("timeval_fields() reads two 64-bit numbers, wherever they lie", () => {
  const bytes = [1, 0, 0, 0, 1, 0, 0, 0, 0x90, 0xd0, 3, 0, 0, 0, 0, 0];
  const amid = new Uint8Array([0xee, 0xee, 0xee, ...bytes, 0xee]);
  assertEquals(timeval_fields(amid.subarray(3, 19)), {
    tv_sec: 2 ** 32 + 1,
    tv_usec: 250000,
  });
});

test("timeval_fields() reads what timeval_set() wrote", () => {
  for (const seconds of [0, 0.000001, 0.25, 1, 59.999999, 2 ** 33 + 0.5]) {
    const bytes = new Uint8Array(timeval(seconds).buffer);
    assertEquals(bytes.length, TIMEVAL_SIZE);
    const { tv_sec, tv_usec } = timeval_fields(bytes);
    assertAlmostEquals(tv_sec + tv_usec / 1e6, seconds, 1e-6);
  }
});
