import { assertEquals } from "@std/assert";
import { address_of } from "../../ffi/memory.ts";
import { peek, peek_string, peek_words } from "../../ffi/peek.ts";
import { is_readable, is_writable, unread } from "../../ffi/descriptor.ts";
import { errno, libc, set_errno, untraced } from "../../ffi/libc.ts";
import { socket } from "../../mod.ts";
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

test("is_readable(), is_writable() and unread() ask without reading", () => {
  const [a, b] = socket.socketpair();
  assertEquals(is_readable(b.fileno()), false);
  assertEquals(is_writable(a.fileno()), true);
  a.send(new Uint8Array(7));
  assertEquals([is_readable(b.fileno()), unread(b.fileno())], [true, 7]);
  assertEquals(b.recv(10).length, 7);
  assertEquals(unread(b.fileno()), 0);
  a.close();
  assertEquals([is_readable(b.fileno()), unread(b.fileno())], [true, 0]);
  b.close();
  assertEquals([is_readable(-1), is_writable(-1), unread(-1)], [
    false,
    false,
    0,
  ]);
});

test("set_errno() restores errno", () => {
  libc.close(-1);
  const before = errno();
  untraced.listen(0, 1);
  set_errno(before);
  assertEquals(errno(), before);
});
