// The bytes of structs, and rare values. tests/fuzz/codecs/ has the properties of every function,
// with positions in memory and any bytes; headers_test.ts compares with this machine's C.

import { assertEquals } from "@std/assert";
import { type Cmsg, cmsgs_read, cmsgs_write } from "../../ffi/msghdr.ts";
import * as ffi from "../../ffi/sockaddr.ts";
import {
  epoll_event_layout,
  EPOLL_EVENT_WORDS,
  itimerspec_set,
  ITIMERSPEC_WORDS,
  tcp_info_fields,
  timeval_set,
} from "../../ffi/structs.ts";
import { test } from "../descriptors.ts";

test("epoll_event_layout() is packed into 12 bytes on x86-64, aligned to 16 on aarch64", () => {
  assertEquals(epoll_event_layout("x86_64"), { words: 3, data: 1 });
  assertEquals(epoll_event_layout("aarch64"), { words: 4, data: 2 });
  assertEquals(EPOLL_EVENT_WORDS, epoll_event_layout(Deno.build.arch).words);
});

test("timeval_set() rounds up to the next microsecond, and carries", () => {
  const timeval = new Uint32Array(4).fill(0xaaaaaaaa);
  for (
    const [seconds, ...expected] of [
      [1e-9, 0, 0, 1, 0],
      [0.0000015, 0, 0, 2, 0],
      [1.0000000001, 1, 0, 1, 0],
      [3.9999999, 4, 0, 0, 0],
      [2 ** 33, 0, 2, 0, 0],
    ] as const
  ) {
    timeval_set(timeval, seconds);
    assertEquals([...timeval], expected, `${seconds} s`);
  }
});

test("itimerspec_set() writes the interval before the value", () => {
  const spec = new BigInt64Array(ITIMERSPEC_WORDS);
  itimerspec_set(spec, 258_000_000_259n, -1_500_000_000n);
  assertEquals([...spec], [-2n, 500_000_000n, 258n, 259n]);
  itimerspec_set(spec, 0n, -1_000_000_000n);
  assertEquals([...spec], [-1n, 0n, 0n, 0n]);
});

test("tcp_info_fields() splits bit fields, leaves out truncated fields, and skips unknown ones", () => {
  const bytes = new Uint8Array(1024).fill(0xff, 104, 112);
  bytes.set([0xa7, 0b101], 6);
  const fields = (length: number) => tcp_info_fields(bytes.subarray(0, length));
  const { tcpi_snd_wscale, tcpi_rcv_wscale, ...others } = fields(1024);
  assertEquals([tcpi_snd_wscale, tcpi_rcv_wscale], [7, 10]);
  assertEquals(others.tcpi_delivery_rate_app_limited, 1);
  assertEquals(others.tcpi_fastopen_client_fail, 2);
  // No limit.
  assertEquals(others.tcpi_pacing_rate, Infinity);
  const last = [92, 95, 104, 111, 112, 248, 1024].map((length) =>
    Object.keys(fields(length)).at(-1)
  );
  assertEquals(
    last,
    ["reordering", "reordering", "total_retrans", "total_retrans"]
      .concat("pacing_rate", "total_rto_time", "total_rto_time")
      .map((name) => `tcpi_${name}`),
  );
});

test("cmsgs_write() writes length, level, type and data, padded with zeros to 8 bytes", () => {
  const control = cmsgs_write([
    [1, 1, new Uint8Array([7, 0, 0, 0])],
    [-1, 0x01020304, new Uint8Array([9])],
    [0, 8, new Uint8Array(0)],
  ]);
  assertEquals([...control], [
    ...[20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0],
    ...[7, 0, 0, 0, 0, 0, 0, 0],
    ...[17, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 4, 3, 2, 1],
    ...[9, 0, 0, 0, 0, 0, 0, 0],
    ...[16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0],
  ]);
});

test("cmsgs_read() returns copies, and of a truncated message the part that arrived", () => {
  const control = cmsgs_write([
    [1, 1, new Uint8Array([1, 2, 3, 4])],
    [1, 2, new Uint8Array([5, 6, 7, 8, 9, 10, 11, 12])],
  ]);
  // Without room for a header, the kernel writes none; a length may lie beyond the buffer.
  for (
    const [controllen, ...sizes] of [
      ...[[48, 4, 8], [43, 4, 3], [40, 4, 0], [39, 4], [18, 2], [15], [0]],
      [1000, 4, 8],
    ]
  ) {
    const found = cmsgs_read(control, controllen!);
    assertEquals(found.map(([, , data]) => data.length), sizes);
  }
  const [[, , data]] = cmsgs_read(control, 48) as [Cmsg];
  control.fill(0);
  assertEquals([...data], [1, 2, 3, 4]);
  // A length that is impossible.
  control[0] = 15;
  assertEquals(cmsgs_read(control, 48), []);
});

const encode = (text: string) => new TextEncoder().encode(text);
const address6 = Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i);
const zeros = (count: number) => Array<number>(count).fill(0);
const can = [29, 0, 0, 0, 3, 0, 0, 0];
const alg = { type: encode("hash"), name: encode("sha256") };

/** Each sockaddr, and its bytes. Ports are in network order, other numbers in the machine's. */
const sockaddrs: Record<string, [written: Uint8Array, bytes: number[]]> = {
  in: [
    ffi.sockaddr_in(2, new Uint8Array([192, 0, 2, 7]), 0x1f90),
    [2, 0, 0x1f, 0x90, 192, 0, 2, 7, ...zeros(8)],
  ],
  in6: [
    ffi.sockaddr_in6(10, address6, 443, 0xa1b2c, 0x01020304),
    [10, 0, 1, 0xbb, 0, 0x0a, 0x1b, 0x2c, ...address6, 4, 3, 2, 1],
  ],
  "un of a path": [
    ffi.sockaddr_un(1, encode("/tmp/s")),
    [1, 0, 0x2f, 0x74, 0x6d, 0x70, 0x2f, 0x73, 0],
  ],
  "un of an abstract name": [
    ffi.sockaddr_un(1, encode("\0ab")),
    [1, 0, 0, 0x61, 0x62],
  ],
  "un that the kernel names": [ffi.sockaddr_un(1, new Uint8Array(0)), [1, 0]],
  ll: [
    ffi.sockaddr_ll(17, {
      ...{ protocol: 0x0806, ifindex: 0x01020304, hatype: 0x0304, pkttype: 2 },
      addr: new Uint8Array([1, 2, 3, 4, 5, 6]),
    }),
    [17, 0, 8, 6, 4, 3, 2, 1, 4, 3, 2, 6, 1, 2, 3, 4, 5, 6, 0, 0],
  ],
  nl: [
    ffi.sockaddr_nl(16, 0x01020304, 0xf5060708),
    [16, 0, 0, 0, 4, 3, 2, 1, 8, 7, 6, 0xf5],
  ],
  vm: [
    ffi.sockaddr_vm(40, 0xffffffff, 0x01020304),
    [40, 0, 0, 0, 4, 3, 2, 1, 255, 255, 255, 255, 0, 0, 0, 0],
  ],
  can: [ffi.sockaddr_can(29, { ifindex: 3 }), [...can, ...zeros(16)]],
  "can of ISO-TP": [
    ffi.sockaddr_can(29, {
      ifindex: 3,
      tp: { rx_id: 0x80000001, tx_id: 0x01020304 },
    }),
    [...can, 1, 0, 0, 0x80, 4, 3, 2, 1, ...zeros(8)],
  ],
  "can of J1939": [
    ffi.sockaddr_can(29, {
      ifindex: 3,
      j1939: { name: 0x8102030405060708n, pgn: 0x3ffff, addr: 0xfe },
    }),
    [...can, 8, 7, 6, 5, 4, 3, 2, 0x81, 0xff, 0xff, 3, 0, 0xfe, 0, 0, 0],
  ],
  tipc: [
    ffi.sockaddr_tipc(30, 1, [0x01020304, 5, 0xf0000006], -1),
    [30, 0, 1, 255, 4, 3, 2, 1, 5, 0, 0, 0, 6, 0, 0, 0xf0],
  ],
  alg: [
    ffi.sockaddr_alg(38, { ...alg, feat: 0x0102, mask: 0x0304 }),
    [
      ...[38, 0, ...alg.type, ...zeros(10), 2, 1, 0, 0, 4, 3, 0, 0],
      ...[...alg.name, ...zeros(58)],
    ],
  ],
  "ifreq of a name": [ffi.ifreq(encode("lo"), 0), [0x6c, 0x6f, ...zeros(38)]],
  "ifreq of an index": [
    ffi.ifreq(null, 0x01020304),
    [...zeros(16), 4, 3, 2, 1, ...zeros(20)],
  ],
};

for (const [name, [written, bytes]] of Object.entries(sockaddrs)) {
  test(`ffi/sockaddr.ts writes the bytes of a sockaddr: ${name}`, () =>
    assertEquals([...written], bytes));
}

test("sockaddr_family() reads 16 bits in the machine's order", () => {
  assertEquals(ffi.sockaddr_family(new Uint8Array([0x02, 0x01])), 0x0102);
});

test("sockaddr_in_text() does not confuse two addresses in turn, whichever bit differs", () => {
  for (let bit = 0; bit < 32; bit++) {
    for (const base of [0, 0xff]) {
      const numbers = new Uint8Array(4).fill(base);
      for (let turn = 0; turn < 3; turn++) {
        const sockaddr = ffi.sockaddr_in(2, numbers, 80);
        assertEquals(ffi.sockaddr_in_text(sockaddr), numbers.join("."));
        if (turn === 0) numbers[bit >> 3]! ^= 1 << (bit & 7);
      }
    }
  }
});

test("sockaddr_in6_fields() gives a copy of the address", () => {
  const sockaddr = ffi.sockaddr_in6(10, address6, 0, 0, 0);
  const { address } = ffi.sockaddr_in6_fields(sockaddr);
  sockaddr.fill(0);
  assertEquals(address, address6);
});

test("sockaddr_un_path() takes 108 bytes without a NUL, and none for an unnamed socket", () => {
  const sockaddr = new Uint8Array(ffi.SOCKADDR_STORAGE_SIZE).fill(0xee);
  sockaddr.fill(0x61, 2, 110);
  assertEquals(ffi.sockaddr_un_path(sockaddr, 110), encode("a".repeat(108)));
  for (const addrlen of [2, 0]) {
    assertEquals(ffi.sockaddr_un_path(sockaddr, addrlen), new Uint8Array(0));
  }
});

test("sockaddr_ll_fields() copies a hardware address, of more than 8 bytes, too, as InfiniBand's", () => {
  const addr = Uint8Array.from({ length: 20 }, (_, i) => i);
  const head = [17, 0, 0, 3, 2, 0, 0, 0, 32, 0, 0, 20];
  const sockaddr = new Uint8Array([...head, ...addr]);
  const fields = ffi.sockaddr_ll_fields(sockaddr);
  sockaddr.fill(0);
  assertEquals(fields.addr, addr);
});

test("sockaddr_alg() and ifreq() cut long names", () => {
  const long = encode("x".repeat(100));
  const { type, name } = ffi.sockaddr_alg_fields(
    ffi.sockaddr_alg(38, { type: long, name: long, feat: 0, mask: 0 }),
  );
  assertEquals([type.length, name.length], [13, 63]);
  assertEquals(ffi.ifreq_name(ffi.ifreq(long, 0)).length, 15);
});
