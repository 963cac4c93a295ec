import { assertEquals } from "@std/assert";
import {
  sockaddr_family,
  sockaddr_in,
  sockaddr_in6,
  sockaddr_in6_fields,
  sockaddr_in_text,
  sockaddr_port,
  sockaddr_set_port,
  SOCKADDR_STORAGE_SIZE,
  sockaddr_un,
  sockaddr_un_path,
  SUN_PATH_OFFSET,
  SUN_PATH_SIZE,
} from "../../ffi/sockaddr.ts";
import { test } from "../descriptors.ts";

const AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10;

const encode = (text: string) => new TextEncoder().encode(text);
const address6 = Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i);

test("sockaddr_in() writes family, port in network order, address, and 8 zeros", () => {
  assertEquals(
    [...sockaddr_in(AF_INET, new Uint8Array([192, 0, 2, 7]), 0x1f90)],
    [2, 0, 0x1f, 0x90, 192, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0],
  );
});

test("sockaddr_in_text() says the address in dotted form", () => {
  const sockaddr = sockaddr_in(AF_INET, new Uint8Array([192, 0, 2, 255]), 80);
  assertEquals(sockaddr_in_text(sockaddr), "192.0.2.255");
});

test("sockaddr_in_text() tells addresses apart that come in turn", () => {
  const texts = ["0.0.0.0", "127.0.0.1", "127.0.0.1", "1.0.0.127", "0.0.0.0"];
  for (const text of [...texts, "255.255.255.255", "128.0.0.0"]) {
    const numbers = Uint8Array.from(text.split("."), Number);
    assertEquals(sockaddr_in_text(sockaddr_in(AF_INET, numbers, 80)), text);
  }
});

test("sockaddr_in6() writes flowinfo in network order, scope_id in the machine's", () => {
  assertEquals(
    [...sockaddr_in6(AF_INET6, address6, 443, 0xa1b2c, 0x01020304)],
    [10, 0, 0x01, 0xbb, 0, 0x0a, 0x1b, 0x2c, ...address6, 4, 3, 2, 1],
  );
});

test("sockaddr_in6_fields() reads them back, also in the middle of a buffer", () => {
  const memory = new Uint8Array(64).fill(0xee);
  memory.set(sockaddr_in6(AF_INET6, address6, 443, 0xfffff, 0xffffffff), 12);
  const sockaddr = memory.subarray(12);
  assertEquals(sockaddr_in6_fields(sockaddr), {
    address: address6,
    flowinfo: 0xfffff,
    scope_id: 0xffffffff,
  });
  assertEquals(sockaddr_family(sockaddr), AF_INET6);
  assertEquals(sockaddr_port(sockaddr), 443);
});

test("sockaddr_in6_fields() gives a copy of the address", () => {
  const sockaddr = sockaddr_in6(AF_INET6, address6, 0, 0, 0);
  const { address } = sockaddr_in6_fields(sockaddr);
  sockaddr.fill(0);
  assertEquals(address, address6);
});

test("sockaddr_family() reads 16 bits in the machine's order", () => {
  assertEquals(sockaddr_family(new Uint8Array([0x02, 0x01])), 0x0102);
});

test("sockaddr_port() reads back every port that sockaddr_set_port() writes", () => {
  const sockaddr = sockaddr_in(AF_INET, new Uint8Array(4), 0);
  for (const port of [0, 1, 255, 256, 0x1234, 65535]) {
    sockaddr_set_port(sockaddr, port);
    assertEquals(sockaddr_port(sockaddr), port);
  }
  assertEquals([...sockaddr.subarray(0, 5)], [2, 0, 0xff, 0xff, 0]);
});

test("sockaddr_un() ends a path with NUL", () => {
  assertEquals(
    [...sockaddr_un(AF_UNIX, encode("/tmp/s"))],
    [1, 0, 0x2f, 0x74, 0x6d, 0x70, 0x2f, 0x73, 0],
  );
});

test("sockaddr_un() leaves an abstract name as long as it is", () => {
  assertEquals(
    [...sockaddr_un(AF_UNIX, encode("\0ab"))],
    [1, 0, 0, 0x61, 0x62],
  );
});

test("sockaddr_un() is the family alone for an empty name, so that the kernel chooses", () => {
  assertEquals([...sockaddr_un(AF_UNIX, new Uint8Array(0))], [1, 0]);
});

test("sockaddr_un_path() reads back what sockaddr_un() wrote", () => {
  for (const name of ["/tmp/s", "\0abstract", "\0a\0b", ""]) {
    const sockaddr = sockaddr_un(AF_UNIX, encode(name));
    const storage = new Uint8Array(SOCKADDR_STORAGE_SIZE).fill(0xee);
    storage.set(sockaddr);
    assertEquals(sockaddr_un_path(storage, sockaddr.length), encode(name));
  }
});

test("sockaddr_un_path() takes a path of 108 bytes, which has no NUL", () => {
  const sockaddr = new Uint8Array(SOCKADDR_STORAGE_SIZE).fill(0xee);
  sockaddr.set([AF_UNIX, 0]);
  sockaddr.fill(0x61, SUN_PATH_OFFSET, SUN_PATH_OFFSET + SUN_PATH_SIZE);
  const addrlen = SUN_PATH_OFFSET + SUN_PATH_SIZE;
  assertEquals(
    sockaddr_un_path(sockaddr, addrlen),
    encode("a".repeat(SUN_PATH_SIZE)),
  );
});

test("sockaddr_un_path() is empty for an unnamed socket", () => {
  const storage = new Uint8Array(SOCKADDR_STORAGE_SIZE).fill(0x61);
  assertEquals(sockaddr_un_path(storage, 2), new Uint8Array(0));
  assertEquals(sockaddr_un_path(storage, 0), new Uint8Array(0));
});
