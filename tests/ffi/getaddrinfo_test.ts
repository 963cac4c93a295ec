import { assertEquals } from "@std/assert";
import { getaddrinfo } from "../../ffi/netdb.ts";
import { c_string } from "../../ffi/memory.ts";
import { test } from "../descriptors.ts";

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
      sockaddr: new Uint8Array([
        2,
        0,
        0x1f,
        0x90,
        127,
        0,
        0,
        1,
        ...Array(8).fill(0),
      ]),
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
