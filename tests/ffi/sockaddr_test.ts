import { assertEquals } from "@std/assert";
import * as ffi from "../../ffi/sockaddr.ts";
import {
  sockaddr_family,
  sockaddr_in,
  sockaddr_in6,
  sockaddr_in6_fields,
  sockaddr_in_text,
  sockaddr_port,
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

test("sockaddr_in_text() does not confuse two addresses in turn", () => {
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

test("sockaddr_un() writes the family alone for an empty name: the kernel chooses one", () => {
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

/** The bytes amid others, so that offsets count. */
function amid(bytes: Uint8Array): Uint8Array {
  const memory = new Uint8Array(200).fill(0xee);
  memory.set(bytes, 40);
  return memory.subarray(40, 168);
}

test("sockaddr_ll() writes the protocol in network order, the rest in the machine's", () => {
  const fields: ffi.LinkFields = {
    protocol: 0x0806,
    ifindex: 0x01020304,
    hatype: 0x0304,
    pkttype: 2,
    addr: new Uint8Array([1, 2, 3, 4, 5, 6]),
  };
  const bytes = ffi.sockaddr_ll(17, fields);
  assertEquals(
    [...bytes],
    [17, 0, 8, 6, 4, 3, 2, 1, 4, 3, 2, 6, 1, 2, 3, 4, 5, 6, 0, 0],
  );
  assertEquals(ffi.sockaddr_ll_fields(amid(bytes)), fields);
});

test("sockaddr_ll_fields() takes a hardware address of more than 8 bytes, as InfiniBand's", () => {
  const addr = Uint8Array.from({ length: 20 }, (_, i) => i);
  const bytes = new Uint8Array(32);
  bytes.set([17, 0, 0, 3, 2, 0, 0, 0, 32, 0, 0, 20]);
  bytes.set(addr, 12);
  assertEquals(ffi.sockaddr_ll_fields(amid(bytes)).addr, addr);
});

test("sockaddr_nl() writes two words behind the padding", () => {
  const expected = [4, 3, 2, 1, 8, 7, 6, 0xf5];
  for (const family of [16, 42]) {
    const bytes = ffi.sockaddr_nl(family, 0x01020304, 0xf5060708);
    assertEquals([...bytes], [family, 0, 0, 0, ...expected]);
    assertEquals(
      ffi.sockaddr_nl_fields(amid(bytes)),
      [0x01020304, 0xf5060708],
    );
  }
});

test("sockaddr_vm() writes the port before the context", () => {
  const bytes = ffi.sockaddr_vm(40, 0xffffffff, 0x01020304);
  assertEquals(
    [...bytes],
    [40, 0, 0, 0, 4, 3, 2, 1, 255, 255, 255, 255, 0, 0, 0, 0],
  );
  assertEquals(ffi.sockaddr_vm_fields(amid(bytes)), [0xffffffff, 0x01020304]);
});

test("sockaddr_can() writes the protocol's part of the union", () => {
  const head = [29, 0, 0, 0, 3, 0, 0, 0];
  assertEquals(
    [...ffi.sockaddr_can(29, { ifindex: 3 })],
    [...head, ...Array(16).fill(0)],
  );
  const tp = { rx_id: 0x80000001, tx_id: 0x01020304 };
  const isotp = ffi.sockaddr_can(29, { ifindex: 3, tp });
  assertEquals(
    [...isotp],
    [...head, 1, 0, 0, 0x80, 4, 3, 2, 1, ...Array(8).fill(0)],
  );
  const j1939 = { name: 0x8102030405060708n, pgn: 0x3ffff, addr: 0xfe };
  const named = ffi.sockaddr_can(29, { ifindex: 3, j1939 });
  assertEquals(
    [...named],
    [...head, 8, 7, 6, 5, 4, 3, 2, 0x81, 0xff, 0xff, 3, 0, 0xfe, 0, 0, 0],
  );
  assertEquals(ffi.sockaddr_can_fields(amid(isotp)).tp, tp);
  assertEquals(ffi.sockaddr_can_fields(amid(named)).j1939, j1939);
  assertEquals(ffi.sockaddr_can_fields(amid(named)).ifindex, 3);
});

test("sockaddr_tipc() writes type and scope as bytes, then three words", () => {
  const bytes = ffi.sockaddr_tipc(30, 1, [0x01020304, 5, 0xf0000006], -1);
  assertEquals(
    [...bytes],
    [30, 0, 1, 255, 4, 3, 2, 1, 5, 0, 0, 0, 6, 0, 0, 0xf0],
  );
  assertEquals(ffi.sockaddr_tipc_fields(amid(bytes)), {
    addrtype: 1,
    words: [0x01020304, 5, 0xf0000006],
    scope: -1,
  });
});

test("sockaddr_alg() writes names that end with NUL, however long they are", () => {
  const fields: ffi.AlgFields = {
    type: encode("hash"),
    name: encode("sha256"),
    feat: 0x0102,
    mask: 0x0304,
  };
  const bytes = ffi.sockaddr_alg(38, fields);
  const expected = new Uint8Array(88);
  expected.set([38, 0, 0x68, 0x61, 0x73, 0x68]);
  expected.set([2, 1, 0, 0, 4, 3, 0, 0], 16);
  expected.set(encode("sha256"), 24);
  assertEquals(bytes, expected);
  assertEquals(ffi.sockaddr_alg_fields(amid(bytes)), fields);
  const long = encode("x".repeat(100));
  const cut = ffi.sockaddr_alg_fields(
    ffi.sockaddr_alg(38, { ...fields, type: long, name: long }),
  );
  assertEquals([cut.type.length, cut.name.length], [13, 63]);
});

test("ifreq() writes a name that ends with NUL, or an index", () => {
  const named = ffi.ifreq(encode("lo"), 0);
  assertEquals([...named], [0x6c, 0x6f, ...Array(38).fill(0)]);
  assertEquals(ffi.ifreq_name(named), encode("lo"));
  const indexed = ffi.ifreq(null, 0x01020304);
  assertEquals([...indexed.subarray(16, 20)], [4, 3, 2, 1]);
  assertEquals(ffi.ifreq_ifindex(indexed), 0x01020304);
  assertEquals(ffi.ifreq_name(ffi.ifreq(encode("y".repeat(40)), 0)).length, 15);
});
