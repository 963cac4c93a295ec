import { assertEquals } from "@std/assert";
import { c_string } from "../../ffi/memory.ts";
import { addrinfo_get, ADDRINFO_SIZE } from "../../ffi/netdb.ts";
import { test } from "../descriptors.ts";

test("addrinfo_get() reads the fields where C has them", () => {
  // Amid other bytes, so that offsets count.
  const memory = new Uint8Array(8 + ADDRINFO_SIZE).fill(0xee);
  memory.set([
    ...[0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0],
    ...[16, 0, 0, 0, 0xaa, 0xaa, 0xaa, 0xaa],
    ...[0x10, 0x20, 0x30, 0x40, 0x50, 0x7f, 0, 0],
    ...[0x11, 0x21, 0x31, 0x41, 0x51, 0x7f, 0, 0],
    ...[0x12, 0x22, 0x32, 0x42, 0x52, 0x7f, 0, 0],
  ], 8);
  assertEquals(addrinfo_get(memory.subarray(8)), {
    family: 2,
    socktype: 1,
    protocol: 6,
    addrlen: 16,
    addr: 0x7f5040302010n,
    canonname: 0x7f5141312111n,
    next: 0x7f5242322212n,
  });
});

test("c_string() is UTF-8 with a NUL at its end", () => {
  assertEquals([...c_string("aé")], [0x61, 0xc3, 0xa9, 0]);
  assertEquals([...c_string("")], [0]);
});
