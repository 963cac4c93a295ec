import { assertEquals } from "@std/assert";
import { address_of } from "../../ffi/memory.ts";
import { peek, peek_string, peek_words } from "../../ffi/peek.ts";
import { test } from "../descriptors.ts";

test("peek() reads a buffer, an address and NULL", () => {
  const bytes = new Uint8Array([1, 2, 3, 4, 5]);
  assertEquals(peek(bytes, 3), new Uint8Array([1, 2, 3]));
  assertEquals(peek(bytes.subarray(2), 100), new Uint8Array([3, 4, 5]));
  assertEquals(peek(address_of(bytes), 4), new Uint8Array([1, 2, 3, 4]));
  for (const nothing of [null, 0n, undefined]) {
    assertEquals(peek(nothing, 4), new Uint8Array(0));
  }
  assertEquals(peek(address_of(bytes), 0), new Uint8Array(0));
});

test("peek() reads more than it has read before", () => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i);
  assertEquals(peek(address_of(bytes), 5000), bytes);
});

test("peek_words() reads the given number of words", () => {
  const words = new Int32Array([7, -1, 3]);
  assertEquals(peek_words(words, 3), words);
  assertEquals(peek_words(words, 100), words);
  assertEquals(peek_words(0n, 3), new Int32Array(0));
});

test("peek_string() ends with NUL", () => {
  const text = new TextEncoder().encode("host\0more");
  assertEquals(peek_string(text, 100), "host");
  assertEquals(peek_string(text.subarray(5), 100), "more");
});
