/**
 * Properties of addresses: the codec of each sockaddr, and the addresses of `Socket.bind()`.
 *
 * @module
 */

import { OSError } from "@iomux/py";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as ffi from "../../../ffi/sockaddr.ts";
import { from_sockaddr, to_sockaddr } from "../../../py/socket/address.ts";
import * as names from "../../../py/socket/constants.ts";
import {
  any_bytes,
  bytes,
  type Codec,
  codec,
  i32,
  inside,
  u16,
  u32,
  u64,
  u8,
} from "./property.ts";

/** A path or an abstract name that fits into `struct sockaddr_un`. */
const path = fc.oneof(
  bytes(0, 107).map((one) => one.map((byte) => byte || 1)),
  bytes(1, 108).map((one) => (one[0] = 0, one)),
);

const ip_and_unix: readonly Codec[] = [
  codec(
    "sockaddr_in holds an address and a port",
    [bytes(4), u16],
    (address, port) => {
      const sockaddr = ffi.sockaddr_in(names.AF_INET, address, port);
      assertEquals(sockaddr.length, ffi.SOCKADDR_IN_SIZE);
      assertEquals(ffi.sockaddr_family(sockaddr), names.AF_INET);
      assertEquals(ffi.sockaddr_port(sockaddr), port);
      assertEquals(ffi.sockaddr_in_address(sockaddr), address);
      assertEquals(ffi.sockaddr_in_text(sockaddr), address.join("."));
    },
  ),
  codec(
    "sockaddr_set_port changes the port alone",
    [bytes(16, 128), u16],
    (sockaddr, port) => {
      const changed = sockaddr.slice();
      ffi.sockaddr_set_port(changed, port);
      assertEquals(ffi.sockaddr_port(changed), port);
      changed.set(sockaddr.subarray(2, 4), 2);
      assertEquals(changed, sockaddr);
    },
  ),
  codec(
    "sockaddr_in6 holds all its fields",
    [bytes(16), u16, u32, u32],
    (address, port, flowinfo, scope_id) => {
      const sockaddr = ffi.sockaddr_in6(
        names.AF_INET6,
        address,
        port,
        flowinfo,
        scope_id,
      );
      assertEquals(sockaddr.length, ffi.SOCKADDR_IN6_SIZE);
      assertEquals(ffi.sockaddr_family(sockaddr), names.AF_INET6);
      assertEquals(ffi.sockaddr_port(sockaddr), port);
      assertEquals(
        ffi.sockaddr_in6_fields(sockaddr),
        { address, flowinfo, scope_id },
      );
    },
  ),
  codec("sockaddr_un holds a path", [path], (name) => {
    const sockaddr = ffi.sockaddr_un(names.AF_UNIX, name);
    assert(sockaddr.length <= ffi.SUN_PATH_OFFSET + ffi.SUN_PATH_SIZE);
    assertEquals(ffi.sockaddr_family(sockaddr), names.AF_UNIX);
    assertEquals(ffi.sockaddr_un_path(sockaddr, sockaddr.length), name);
  }),
  codec(
    "sockaddr_family, _port, _in_text and _in6_fields read any bytes, and none outside",
    [any_bytes],
    (sockaddr) => {
      inside(sockaddr, ffi.sockaddr_family);
      inside(sockaddr, ffi.sockaddr_port);
      inside(sockaddr, ffi.sockaddr_in_text);
      const fields = inside(sockaddr, ffi.sockaddr_in6_fields);
      assertEquals(fields === null, sockaddr.length < ffi.SOCKADDR_IN6_SIZE);
    },
  ),
  codec(
    "sockaddr_un_path reads any bytes, and none outside",
    [any_bytes, fc.nat(400)],
    (sockaddr, addrlen) => {
      const name = inside(sockaddr, (it) => ffi.sockaddr_un_path(it, addrlen))!;
      const most = Math.min(addrlen, sockaddr.length) - ffi.SUN_PATH_OFFSET;
      assert(name.length <= Math.max(0, most));
    },
  ),
];

const family = fc.integer({ min: 0, max: 47 });

/** The bytes of a name, without NUL. */
function name(most: number): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return bytes(0, most).map((it) => it.map((byte) => byte || 1));
}

const readers: readonly ((sockaddr: Uint8Array) => unknown)[] = [
  ffi.sockaddr_ll_fields,
  ffi.sockaddr_nl_fields,
  ffi.sockaddr_vm_fields,
  ffi.sockaddr_can_fields,
  ffi.sockaddr_tipc_fields,
  ffi.sockaddr_alg_fields,
  ffi.ifreq_ifindex,
  ffi.ifreq_name,
];

const of_linux: readonly Codec[] = [
  codec(
    "sockaddr_ll holds all its fields",
    [
      family,
      fc.record({
        protocol: u16,
        ifindex: i32,
        hatype: u16,
        pkttype: u8,
        addr: bytes(0, 8),
      }),
    ],
    (family, fields) => {
      const sockaddr = ffi.sockaddr_ll(family, fields);
      assertEquals(sockaddr.length, ffi.SOCKADDR_LL_SIZE);
      assertEquals(ffi.sockaddr_ll_fields(sockaddr), { ...fields });
    },
  ),
  codec(
    "sockaddr_nl and _vm hold two words",
    [family, u32, u32],
    (family, one, two) => {
      const nl = ffi.sockaddr_nl(family, one, two);
      const vm = ffi.sockaddr_vm(family, one, two);
      assertEquals(
        [nl.length, vm.length],
        [ffi.SOCKADDR_NL_SIZE, ffi.SOCKADDR_VM_SIZE],
      );
      assertEquals(ffi.sockaddr_nl_fields(nl), [one, two]);
      assertEquals(ffi.sockaddr_vm_fields(vm), [one, two]);
    },
  ),
  codec(
    "sockaddr_can holds the fields of each protocol",
    [i32, u32, u32, u64, u32, u8],
    (ifindex, rx_id, tx_id, name, pgn, addr) => {
      const tp = { rx_id, tx_id }, j1939 = { name, pgn, addr };
      const fields = (it: ffi.CanFields) =>
        ffi.sockaddr_can_fields(ffi.sockaddr_can(29, it));
      assertEquals(fields({ ifindex }).ifindex, ifindex);
      assertEquals(fields({ ifindex, tp }).tp, tp);
      assertEquals(fields({ ifindex, j1939 }).j1939, j1939);
    },
  ),
  codec(
    "sockaddr_tipc holds all its fields",
    [u8, fc.tuple(u32, u32, u32), fc.integer({ min: -128, max: 127 })],
    (addrtype, words, scope) => {
      const sockaddr = ffi.sockaddr_tipc(30, addrtype, words, scope);
      assertEquals(sockaddr.length, ffi.SOCKADDR_TIPC_SIZE);
      assertEquals(
        ffi.sockaddr_tipc_fields(sockaddr),
        { addrtype, words, scope },
      );
    },
  ),
  codec(
    "sockaddr_alg holds all its fields",
    [fc.record({ type: name(13), name: name(63), feat: u32, mask: u32 })],
    (fields) => {
      const sockaddr = ffi.sockaddr_alg(38, fields);
      assertEquals(sockaddr.length, ffi.SOCKADDR_ALG_SIZE);
      assertEquals(ffi.sockaddr_alg_fields(sockaddr), { ...fields });
    },
  ),
  codec(
    "sockaddr_alg and ifreq truncate long names",
    [bytes(0, 200)],
    (long) => {
      const alg = { type: long, name: long, feat: 0, mask: 0 };
      const { type, name } = ffi.sockaddr_alg_fields(ffi.sockaddr_alg(38, alg));
      assert(type.length <= 13 && name.length <= 63);
      assert(ffi.ifreq_name(ffi.ifreq(long, 0)).length < ffi.IFNAMSIZ);
    },
  ),
  codec("ifreq holds a name and an index", [name(15), i32], (name, ifindex) => {
    const request = ffi.ifreq(name, ifindex);
    assertEquals(request.length, ffi.IFREQ_SIZE);
    assertEquals(ffi.ifreq_name(request), name);
    assertEquals(ffi.ifreq_ifindex(request), ifindex);
    assertEquals(ffi.ifreq_name(ffi.ifreq(null, ifindex)).length, 0);
  }),
  codec(
    "sockaddr_ll_fields and its siblings read any bytes, and none outside",
    [any_bytes],
    (sockaddr) => {
      for (const read of readers) inside(sockaddr, read);
    },
  ),
];

const families = [
  ...[names.AF_UNIX, names.AF_INET, names.AF_INET6, names.AF_NETLINK],
  ...[names.AF_PACKET, names.AF_CAN, names.AF_TIPC, names.AF_ALG],
  ...[names.AF_VSOCK, names.AF_QIPCRTR],
];
const { CAN_RAW, CAN_BCM, CAN_ISOTP, CAN_J1939 } = names;
const protocols = [0, CAN_RAW, CAN_BCM, CAN_ISOTP, CAN_J1939];

/** A socket without a descriptor, so no interface can be looked up. */
function of(family: number, proto = 0) {
  return {
    fd: -1,
    kind: { family, type: 1, proto },
    timeout: null,
    unblocked: false,
    drained: -1,
    drains: null,
  };
}

const dotted = bytes(4).map((it) => it.join("."));
/** An IPv6 address without zeros, in the form of inet_ntop(3). */
const colons = fc.array(fc.integer({ min: 1, max: 0xffff }), {
  minLength: 8,
  maxLength: 8,
}).map((it) => it.map((word) => word.toString(16)).join(":"));
const word = fc.string({
  unit: "grapheme-ascii",
  maxLength: 13,
}).filter((it) => !it.includes("\0"));

/** A socket of each family, and an address that survives the round trip. */
const whole = fc.oneof(
  fc.tuple(fc.constant(of(names.AF_INET)), fc.tuple(dotted, u16)),
  fc.tuple(
    fc.constant(of(names.AF_INET6)),
    fc.tuple(colons, u16, fc.nat(0xfffff), u32),
  ),
  fc.tuple(
    fc.constant(of(names.AF_UNIX)),
    fc.oneof(word, word.map((it) => `\0${it}`)),
  ),
  fc.tuple(
    fc.constantFrom(
      of(names.AF_NETLINK),
      of(names.AF_VSOCK),
      of(names.AF_QIPCRTR),
    ),
    fc.tuple(u32, u32),
  ),
  fc.tuple(
    fc.constant(of(names.AF_CAN, CAN_ISOTP)),
    fc.tuple(fc.constant(""), u32, u32),
  ),
  fc.tuple(
    fc.constant(of(names.AF_CAN, CAN_J1939)),
    fc.tuple(fc.constant(""), u64, u32, u8),
  ),
  fc.tuple(fc.constant(of(names.AF_CAN, CAN_RAW)), fc.constant([""])),
  fc.tuple(
    fc.constant(of(names.AF_TIPC)),
    fc.tuple(fc.constant(1), u32, u32, u32, fc.integer({ min: -9, max: 9 })),
  ),
  fc.tuple(fc.constant(of(names.AF_ALG)), fc.tuple(word, word, u16, u16)),
);

/** Values that are not addresses. Without names: a name server would be asked for them. */
const anything = fc.anything({
  withBigInt: true,
  withMap: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
});
const host = fc.oneof(
  dotted,
  colons,
  fc.constantFrom(
    "",
    "<broadcast>",
    "127.1",
    "0x7f.1",
    "::",
    "1.2.3.4\0",
    "::ffff:1.2.3.4",
  ),
  anything.filter((it) => typeof it !== "string"),
);
const number = fc.oneof(u32, fc.double(), fc.bigInt(), anything);
const wrong = fc.oneof(
  fc.array(fc.oneof(number, host), { maxLength: 6 })
    .filter((it) => typeof it[0] !== "string"),
  fc.tuple(host, number),
  fc.tuple(host, number, number),
  fc.tuple(host, number, number, number),
  fc.tuple(
    fc.constantFrom("", "lo", "x".repeat(20)),
    number,
    number,
    number,
    anything,
  ),
  fc.string({ maxLength: 120, size: "max" }),
  bytes(0, 120),
  anything.filter((it) => !Array.isArray(it)),
);

const of_sockets: readonly Codec[] = [
  codec(
    "from_sockaddr returns the address that to_sockaddr was given",
    [whole],
    ([socket, address]) => {
      const { bytes } = to_sockaddr(socket, address, "bind");
      assertEquals(
        from_sockaddr(bytes, bytes.length, socket),
        address as unknown,
      );
    },
  ),
  codec(
    "to_sockaddr raises Python's class for a value that is not an address",
    [
      fc.constantFrom(...families, names.AF_RDS, 47),
      fc.constantFrom(...protocols),
      wrong,
    ],
    (family, proto, address) => {
      try {
        const { bytes } = to_sockaddr(of(family, proto), address, "bind");
        assert(
          bytes.length <= 128 &&
            bytes[0] === (family === names.AF_RDS ? names.AF_INET : family),
        );
      } catch (error) {
        if (error instanceof TypeError || error instanceof OSError) return;
        // ValueError or OverflowError: a plain RangeError comes from the engine, because of a bug.
        assert(
          error instanceof RangeError && error.constructor !== RangeError,
          String(error),
        );
      }
    },
  ),
  codec(
    "from_sockaddr makes an address of any bytes, and uses none behind the length",
    [
      any_bytes,
      fc.constantFrom(...families),
      fc.constantFrom(...protocols),
      fc.nat(140),
    ],
    (filled, family, proto, addrlen) => {
      if (filled.length >= 2) filled.set([family, 0]);
      // The kernel leaves the bytes of an earlier address behind the length.
      const [first, second] = [0x00, 0xff].map((before) => {
        const sockaddr = new Uint8Array(128).fill(before);
        sockaddr.set(filled.subarray(0, 128));
        return from_sockaddr(
          sockaddr,
          Math.min(addrlen, filled.length),
          of(family, proto),
        );
      });
      assertEquals(first, second, "the result depends on bytes outside");
      assert(!JSON.stringify(first, plain).includes("undefined"));
    },
  ),
  codec(
    "from_sockaddr reads a whole sockaddr, and no bytes outside",
    [any_bytes, fc.constantFrom(...families, 47)],
    (sockaddr, family) => {
      if (sockaddr.length >= 2) sockaddr.set([family, 0]);
      inside(sockaddr, (it) => from_sockaddr(it, it.length, of(family)));
    },
  ),
];

function plain(_: string, value: unknown): unknown {
  if (value === undefined) return "undefined";
  return typeof value === "bigint" ? String(value) : value;
}

/** The properties of this file. */
export const codecs: readonly Codec[] = [
  ...ip_and_unix,
  ...of_linux,
  ...of_sockets,
];
