import { assertEquals } from "@std/assert";
import * as ffi from "../../ffi/sockaddr.ts";
import { test } from "../descriptors.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** The bytes in the middle of others, so that offsets count. */
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

test("sockaddr_nl() and sockaddr_qrtr() write two words behind the padding", () => {
  const expected = [4, 3, 2, 1, 8, 7, 6, 0xf5];
  for (
    const [family, make, fields] of [
      [16, ffi.sockaddr_nl, ffi.sockaddr_nl_fields],
      [42, ffi.sockaddr_qrtr, ffi.sockaddr_qrtr_fields],
    ] as const
  ) {
    const bytes = make(family, 0x01020304, 0xf5060708);
    assertEquals([...bytes], [family, 0, 0, 0, ...expected]);
    assertEquals(fields(amid(bytes)), [0x01020304, 0xf5060708]);
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
