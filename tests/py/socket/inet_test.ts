import { OSError, OverflowError, socket, ValueError } from "@iomux/py";
import { assertEquals, assertThrows } from "@std/assert";
import { raises } from "../raises.ts";
import { test } from "../../descriptors.ts";
import {
  encode,
  raises_errno,
  raises_plain,
  throws_errno,
  throws_plain,
} from "./setup.ts";

const { AF_INET, AF_INET6 } = socket;
const { inet_aton, inet_ntoa, inet_ntop, inet_pton } = socket;

function bytes(...items: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(items);
}

/** 16 bytes: the first ones, zeros, the last ones. */
function long(first: number[], last: number[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(16);
  packed.set(first);
  packed.set(last, 16 - last.length);
  return packed;
}

const ADDRESSES: [number, string, Uint8Array<ArrayBuffer>][] = [
  [AF_INET, "0.0.0.0", bytes(0, 0, 0, 0)],
  [AF_INET, "127.0.0.1", bytes(127, 0, 0, 1)],
  [AF_INET, "255.255.255.255", bytes(255, 255, 255, 255)],
  [AF_INET, "170.170.170.170", bytes(170, 170, 170, 170)],
  [AF_INET6, "::", long([], [])],
  [AF_INET6, "::1", long([], [1])],
  [AF_INET6, "1::", long([0, 1], [])],
  [AF_INET6, "45ef:76cb:1a::1", long([0x45, 0xef, 0x76, 0xcb, 0, 0x1a], [1])],
  [AF_INET6, "fe80::aa:1", long([0xfe, 0x80], [0xaa, 0, 1])],
  [AF_INET6, "::ffff:1.2.3.4", long([], [0xff, 0xff, 1, 2, 3, 4])],
  [
    AF_INET6,
    "1111:2222:3333:4444:5555:6666:7777:8888",
    new Uint8Array(16).map((_, i) => 0x11 * ((i >> 1) + 1)),
  ],
];

test("inet_pton() and inet_ntop() turn text into bytes and back", () => {
  for (const [family, text, packed] of ADDRESSES) {
    assertEquals(inet_pton(family, text), packed, text);
    assertEquals(inet_ntop(family, packed), text);
  }
  // Other spellings of IPv6.
  assertEquals(inet_pton(AF_INET6, "0:0:0:0:0:0:0:1"), long([], [1]));
  assertEquals(inet_pton(AF_INET6, "::1.2.3.4"), long([], [1, 2, 3, 4]));
  assertEquals(inet_pton(AF_INET6, "FE80::AA"), long([0xfe, 0x80], [0xaa]));
});

test("inet_pton() raises OSError without errno for other text", () => {
  const message = "illegal IP address string passed to inet_pton";
  const wrong: [number, string[]][] = [
    [AF_INET, ["", "1.2.3", "1.2.3.4.5", "256.0.0.1", "0x7f.0.0.1", "::1"]],
    [AF_INET, [" 1.2.3.4", "1.2.3.4 ", "01.2.3.4x", "1.2.3.-4", "localhost"]],
    [AF_INET6, ["", ":", ":::", "1:2", "::1::", "12345::", "127.0.0.1"]],
    [AF_INET6, ["::1%lo", "[::1]", "g::", "1:2:3:4:5:6:7:8:9"]],
  ];
  for (const [family, texts] of wrong) {
    for (const text of texts) {
      throws_plain(() => inet_pton(family, text), OSError, message);
    }
  }
});

test("inet_pton() raises TypeError, ValueError or OSError EAFNOSUPPORT for other arguments", () => {
  for (const wrong of [null, undefined, 5, {}, encode("1.2.3.4")]) {
    const text = wrong as unknown as string;
    assertThrows(() => inet_pton(AF_INET, text), TypeError, "ip_string");
    assertThrows(() => inet_aton(text), TypeError, "ip_string");
  }
  assertThrows(() => inet_pton(AF_INET, "127.0.0.1\0"), ValueError, "null");
  assertThrows(() => inet_aton("127.0.0.1\0"), ValueError, "null");
  throws_errno(() => inet_pton(99, "1.2.3.4"), OSError, "EAFNOSUPPORT");
  raises_errno(OSError, {
    EAFNOSUPPORT: () => inet_pton(socket.AF_UNIX, "1.2.3.4"),
  });
  assertThrows(() => inet_pton(1.5, "1.2.3.4"), TypeError, "address_family");
});

test("inet_ntop() raises ValueError when the bytes are too few or too many", () => {
  for (const length of [0, 3, 5, 15, 16, 17]) {
    const packed = new Uint8Array(length);
    assertThrows(() => inet_ntop(AF_INET, packed), ValueError, "length");
    if (length === 16) continue;
    assertThrows(() => inet_ntop(AF_INET6, packed), ValueError, "length");
  }
  raises(TypeError, {
    packed_ip: () => inet_ntop(AF_INET, "1234" as unknown as Uint8Array),
  });
  assertThrows(() => inet_ntop(99, bytes(1, 2, 3, 4)), ValueError, "family");
});

test("inet_aton() reads the old forms of IPv4", () => {
  for (
    const [text, packed] of [
      ["127.0.0.1", [127, 0, 0, 1]],
      ["255.255.255.255", [255, 255, 255, 255]],
      ["0x7f000001", [127, 0, 0, 1]],
      ["127.1", [127, 0, 0, 1]],
      ["1.2.772", [1, 2, 3, 4]],
      ["010.0.0.1", [8, 0, 0, 1]],
      ["0", [0, 0, 0, 0]],
    ] as [string, number[]][]
  ) {
    assertEquals(inet_aton(text), bytes(...packed), text);
  }
});

test("inet_aton() raises OSError without errno for other text", () => {
  for (const text of ["", "x", "256.0.0.1", "1.2.3.4.5", "1..2", "::1", "08"]) {
    raises_plain(OSError, {
      "illegal IP address string passed to inet_aton": () => inet_aton(text),
    });
  }
});

test("inet_ntoa() writes four bytes of any view, and raises for fewer or more", () => {
  const four = bytes(10, 0, 200, 255);
  for (const packed of [four, four.buffer, new DataView(four.buffer)]) {
    assertEquals(inet_ntoa(packed), "10.0.200.255");
  }
  assertEquals(inet_ntoa(new Uint16Array(four.buffer)), "10.0.200.255");
  assertEquals(inet_ntoa(bytes(9, 1, 2, 3, 4).subarray(1)), "1.2.3.4");
  for (const length of [0, 3, 5, 16]) {
    raises_plain(OSError, {
      "packed IP wrong length": () => inet_ntoa(new Uint8Array(length)),
    });
  }
  raises(TypeError, { packed_ip: () => inet_ntoa("1234" as never) });
});

test("htons(), ntohs(), htonl() and ntohl() swap bytes, and twice restore them", () => {
  assertEquals(socket.htons(0x1234), 0x3412);
  assertEquals(socket.ntohs(80), 0x5000);
  assertEquals(socket.htonl(0x12345678), 0x78563412);
  assertEquals(socket.ntohl(1), 0x01000000);
  // No sign appears: these have the highest bit set.
  assertEquals(socket.htonl(0x000000ff), 0xff000000);
  assertEquals(socket.htons(0x00ff), 0xff00);
  for (const x of [0, 1, 255, 256, 0x8000, 0xfffe, 0xffff]) {
    assertEquals(socket.ntohs(socket.htons(x)), x);
    assertEquals(socket.ntohl(socket.htonl(x * 0x10001)), x * 0x10001);
  }
});

test("htons(), ntohs(), htonl() and ntohl() refuse numbers out of range", () => {
  for (
    const [swap, bits] of [
      [socket.htons, 16],
      [socket.ntohs, 16],
      [socket.htonl, 32],
      [socket.ntohl, 32],
    ] as [(x: number) => number, number][]
  ) {
    for (const x of [-1, 2 ** bits, 2 ** 53]) {
      assertThrows(() => swap(x), OverflowError, swap.name);
    }
    for (const x of [1.5, NaN, Infinity, "1", null, undefined, 1n, {}]) {
      assertThrows(() => swap(x as number), TypeError, swap.name);
    }
  }
});
