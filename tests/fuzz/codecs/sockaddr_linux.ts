import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as ffi from "../../../ffi/sockaddr.ts";
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

const family = fc.integer({ min: 0, max: 47 });

/** The bytes of a name: none of them NUL. */
function name(most: number): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return bytes(0, most).map((it) => it.map((byte) => byte || 1));
}

const readers: readonly ((sockaddr: Uint8Array) => unknown)[] = [
  ffi.sockaddr_ll_fields,
  ffi.sockaddr_nl_fields,
  ffi.sockaddr_vm_fields,
  ffi.sockaddr_can_fields,
  ffi.sockaddr_tipc_fields,
  ffi.sockaddr_qrtr_fields,
  ffi.sockaddr_alg_fields,
  ffi.ifreq_ifindex,
  ffi.ifreq_name,
];

export const codecs: readonly Codec[] = [
  codec(
    "sockaddr_ll holds all its fields",
    [ffi.sockaddr_ll, ffi.sockaddr_ll_fields],
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
    "sockaddr_nl, _vm and _qrtr hold two words",
    [
      ffi.sockaddr_nl,
      ffi.sockaddr_nl_fields,
      ffi.sockaddr_vm,
      ffi.sockaddr_vm_fields,
      ffi.sockaddr_qrtr,
      ffi.sockaddr_qrtr_fields,
    ],
    [family, u32, u32],
    (family, one, two) => {
      const nl = ffi.sockaddr_nl(family, one, two);
      const vm = ffi.sockaddr_vm(family, one, two);
      const qrtr = ffi.sockaddr_qrtr(family, one, two);
      assertEquals(
        [nl.length, vm.length, qrtr.length],
        [ffi.SOCKADDR_NL_SIZE, ffi.SOCKADDR_VM_SIZE, ffi.SOCKADDR_QRTR_SIZE],
      );
      assertEquals(ffi.sockaddr_nl_fields(nl), [one, two]);
      assertEquals(ffi.sockaddr_vm_fields(vm), [one, two]);
      assertEquals(ffi.sockaddr_qrtr_fields(qrtr), [one, two]);
    },
  ),
  codec(
    "sockaddr_can holds the fields of each protocol",
    [ffi.sockaddr_can, ffi.sockaddr_can_fields],
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
    [ffi.sockaddr_tipc, ffi.sockaddr_tipc_fields],
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
    [ffi.sockaddr_alg, ffi.sockaddr_alg_fields],
    [fc.record({ type: name(13), name: name(63), feat: u32, mask: u32 })],
    (fields) => {
      const sockaddr = ffi.sockaddr_alg(38, fields);
      assertEquals(sockaddr.length, ffi.SOCKADDR_ALG_SIZE);
      assertEquals(ffi.sockaddr_alg_fields(sockaddr), { ...fields });
    },
  ),
  codec(
    "sockaddr_alg and ifreq cut a name that is too long",
    [],
    [bytes(0, 200)],
    (long) => {
      const alg = { type: long, name: long, feat: 0, mask: 0 };
      const { type, name } = ffi.sockaddr_alg_fields(ffi.sockaddr_alg(38, alg));
      assert(type.length <= 13 && name.length <= 63);
      assert(ffi.ifreq_name(ffi.ifreq(long, 0)).length < ffi.IFNAMSIZ);
    },
  ),
  codec(
    "ifreq holds a name and an index",
    [ffi.ifreq, ffi.ifreq_name, ffi.ifreq_ifindex],
    [name(15), i32],
    (name, ifindex) => {
      const request = ffi.ifreq(name, ifindex);
      assertEquals(request.length, ffi.IFREQ_SIZE);
      assertEquals(ffi.ifreq_name(request), name);
      assertEquals(ffi.ifreq_ifindex(request), ifindex);
      assertEquals(ffi.ifreq_name(ffi.ifreq(null, ifindex)).length, 0);
    },
  ),
  codec(
    "a sockaddr of Linux's families, of any bytes, is read without looking outside",
    readers,
    [any_bytes],
    (sockaddr) => {
      for (const read of readers) inside(sockaddr, read);
    },
  ),
];
