import { assert, assertEquals, assertFalse } from "@std/assert";
import { FD_ISSET, FD_SET, fd_set_words } from "../../ffi/structs.ts";
import { test } from "../descriptors.ts";

function bytes_of(set: Int32Array): number[] {
  return [...new Uint8Array(set.buffer)];
}

test("fd_set_words() counts whole 64-bit longs, as the kernel copies them", () => {
  const expected = [
    [0, 0],
    [1, 2],
    [32, 2],
    [33, 2],
    [64, 2],
    [65, 4],
    [1024, 32],
    [1025, 34],
    [20000, 626],
    [0x7fffffff, 0x4000000],
  ] as const;
  for (const [nfds, words] of expected) {
    assertEquals(fd_set_words(nfds), words, `nfds ${nfds}`);
  }
});

test("FD_SET() sets the bit that the C macro sets", () => {
  const set = new Int32Array(4);
  for (const fd of [0, 9, 31, 32, 63, 64, 127]) FD_SET(fd, set);
  assertEquals(
    bytes_of(set),
    [0x01, 0x02, 0, 0x80, 0x01, 0, 0, 0x80, 0x01, 0, 0, 0, 0, 0, 0, 0x80],
  );
});

test("FD_SET() reaches past the 1,024 of C's fd_set", () => {
  const set = new Int32Array(fd_set_words(5001));
  FD_SET(1024, set);
  FD_SET(5000, set);
  const bytes = bytes_of(set);
  assertEquals(bytes[128], 0x01);
  assertEquals(bytes[625], 0x01);
  assertEquals(bytes.filter((byte) => byte !== 0).length, 2);
});

test("FD_ISSET() finds what FD_SET() set, and nothing else", () => {
  const chosen = new Set([0, 1, 31, 32, 63, 64, 100, 127]);
  const set = new Int32Array(4);
  for (const fd of chosen) FD_SET(fd, set);
  for (let fd = 0; fd < 128; fd++) {
    assertEquals(FD_ISSET(fd, set), chosen.has(fd), `descriptor ${fd}`);
  }
});

test("FD_ISSET() reads a set that the kernel wrote, byte by byte", () => {
  const set = new Int32Array(
    new Uint8Array([0, 0, 0, 0x80, 0, 0, 0, 1]).buffer,
  );
  assert(FD_ISSET(31, set));
  assert(FD_ISSET(56, set));
  assertFalse(FD_ISSET(30, set));
  assertFalse(FD_ISSET(32, set));
});
