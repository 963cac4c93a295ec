import { assertEquals } from "@std/assert";
import {
  addrinfo_get,
  addrinfo_hints,
  ADDRINFO_SIZE,
} from "../../ffi/netdb.ts";
import { test } from "../descriptors.ts";

test("addrinfo_hints() writes four ints and leaves the pointers NULL", () => {
  const hints = addrinfo_hints(0x0401, 10, 1, 6);
  assertEquals(
    [...hints],
    [1, 4, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, ...Array(32).fill(0)],
  );
  assertEquals(hints.length, ADDRINFO_SIZE);
});

test("addrinfo_get() reads the fields where C has them", () => {
  // A struct in the middle of other bytes: the offset counts.
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

test("addrinfo_get() reads back what addrinfo_hints() wrote", () => {
  const { family, socktype, protocol, addr, canonname, next } = addrinfo_get(
    addrinfo_hints(0, 2, -1, 17),
  );
  assertEquals([family, socktype, protocol], [2, -1, 17]);
  assertEquals([addr, canonname, next], [0n, 0n, 0n]);
});
