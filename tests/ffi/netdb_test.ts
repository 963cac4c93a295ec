import { assertEquals } from "@std/assert";
import { c_string } from "../../ffi/memory.ts";
import {
  addrinfo_get,
  addrinfo_hints,
  ADDRINFO_SIZE,
  getaddrinfo,
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

const AF_UNSPEC = 0, AF_INET = 2, AF_INET6 = 10;
const SOCK_STREAM = 1, SOCK_DGRAM = 2;
const IPPROTO_TCP = 6, IPPROTO_UDP = 17;
const AI_CANONNAME = 2, AI_NUMERICHOST = 4;
const EAI_NONAME = -2;

test("c_string() is UTF-8 with a NUL at its end", () => {
  assertEquals([...c_string("aé")], [0x61, 0xc3, 0xa9, 0]);
  assertEquals([...c_string("")], [0]);
});

test("getaddrinfo() gives the sockaddr of a number", () => {
  assertEquals(getaddrinfo("127.0.0.1", "8080", 0, SOCK_STREAM, 0, 0), {
    error: 0,
    errno: 0,
    addresses: [{
      family: AF_INET,
      socktype: SOCK_STREAM,
      protocol: IPPROTO_TCP,
      canonname: "",
      sockaddr: new Uint8Array(
        [2, 0, 0x1f, 0x90, 127, 0, 0, 1, ...Array(8).fill(0)],
      ),
    }],
  });
});

test("getaddrinfo() walks the list to its end", () => {
  const found = getaddrinfo("::1", "53", AF_UNSPEC, 0, 0, AI_NUMERICHOST);
  assertEquals(found.error, 0);
  assertEquals(
    found.addresses.slice(0, 2).map((a) => [a.family, a.socktype, a.protocol]),
    [[AF_INET6, SOCK_STREAM, IPPROTO_TCP], [AF_INET6, SOCK_DGRAM, IPPROTO_UDP]],
  );
  for (const { sockaddr } of found.addresses) {
    assertEquals(sockaddr.length, 28);
    assertEquals(sockaddr[23], 1);
  }
});

test("getaddrinfo() reads the canonical name", () => {
  const found = getaddrinfo(
    "192.0.2.1",
    null,
    AF_INET,
    SOCK_DGRAM,
    0,
    AI_CANONNAME | AI_NUMERICHOST,
  );
  assertEquals(found.error, 0);
  assertEquals(found.addresses[0]!.canonname, "192.0.2.1");
});

test("getaddrinfo() returns the resolver's error", () => {
  const found = getaddrinfo("no number", null, 0, 0, 0, AI_NUMERICHOST);
  assertEquals([found.error, found.addresses], [EAI_NONAME, []]);
});
