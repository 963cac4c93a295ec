import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as addrinfo from "../../../ffi/netdb.ts";
import * as msghdr from "../../../ffi/msghdr.ts";
import {
  any_bytes,
  bytes,
  type Codec,
  codec,
  i32,
  inside,
  u32,
  u64,
} from "./property.ts";

const memory = fc.record({ address: u64, length: fc.nat(0xffffffff) });
const cmsgs = fc.array(fc.tuple(i32, i32, bytes(0, 40)), { maxLength: 6 });

/** A `cmsg_len` that is wrong more often than random ones are. */
const lengths = fc.oneof(
  fc.constantFrom(0n, 15n, 16n, 17n, 23n, 24n, 2n ** 31n, 2n ** 63n),
  u64,
);

export const codecs: readonly Codec[] = [
  codec(
    "ancillary messages are read as they were written",
    [
      msghdr.cmsgs_write,
      msghdr.cmsgs_read,
      msghdr.cmsg_len,
      msghdr.cmsg_space,
    ],
    [cmsgs],
    (messages) => {
      const control = msghdr.cmsgs_write(messages);
      let space = 0;
      for (const [, , { length }] of messages) {
        space += msghdr.cmsg_space(length);
        assert(msghdr.cmsg_len(length) <= msghdr.cmsg_space(length));
      }
      assertEquals(control.length, space);
      assertEquals(msghdr.cmsgs_read(control, control.length), messages);
    },
  ),
  codec(
    "ancillary messages that were cut off are read as far as they go",
    [],
    [cmsgs, fc.nat(400)],
    (messages, controllen) => {
      const control = msghdr.cmsgs_write(messages);
      const found = inside(
        control,
        (it) => msghdr.cmsgs_read(it, controllen),
      )!;
      found.forEach(([level, type, data], i) => {
        const [was_level, was_type, was_data] = messages[i]!;
        assertEquals([level, type], [was_level, was_type]);
        assertEquals(data, was_data.subarray(0, data.length));
      });
    },
  ),
  codec(
    "ancillary messages of any bytes are read without looking outside",
    [],
    [any_bytes, fc.nat(1000), fc.array(fc.tuple(fc.nat(10), lengths))],
    (control, controllen, wrong) => {
      const view = new DataView(control.buffer);
      for (const [word, length] of wrong) {
        const at = 8 * word;
        if (at + 8 <= control.length) view.setBigUint64(at, length, true);
      }
      const found = inside(
        control,
        (it) => msghdr.cmsgs_read(it, controllen),
      )!;
      let size = 0;
      for (const [, , { length }] of found) {
        size += msghdr.CMSGHDR_SIZE + length;
      }
      assert(size <= Math.min(controllen, control.length));
    },
  ),
  codec(
    "msghdr points where it was told",
    [
      msghdr.msghdr_set,
      msghdr.msghdr_namelen,
      msghdr.msghdr_controllen,
      msghdr.msghdr_flags,
    ],
    [memory, memory, memory],
    (name, iov, control) => {
      const words = new BigUint64Array(msghdr.MSGHDR_WORDS).fill(~0n);
      msghdr.msghdr_set(words, name, iov, control);
      assertEquals(
        [...words.subarray(0, 6)],
        [name, iov, control].flatMap((it) => [it.address, BigInt(it.length)]),
      );
      assertEquals(msghdr.msghdr_namelen(words), name.length);
      assertEquals(msghdr.msghdr_controllen(words), control.length);
      assertEquals(msghdr.msghdr_flags(words), 0);
    },
  ),
  codec(
    "msghdr of any words has lengths and flags that are numbers",
    [],
    [fc.bigUint64Array({ minLength: 7, maxLength: 7 })],
    (words) => {
      for (
        const read of [
          msghdr.msghdr_namelen,
          msghdr.msghdr_controllen,
          msghdr.msghdr_flags,
        ]
      ) assert(Number.isInteger(read(words)) && read(words) >= 0);
      // socklen_t and int: what lies in the upper halves is padding.
      assert(msghdr.msghdr_namelen(words) < 2 ** 32);
      assert(msghdr.msghdr_flags(words) < 2 ** 32);
    },
  ),
  codec(
    "iovec_set writes one entry and no other, iovec_fields reads it",
    [msghdr.iovec_set, msghdr.iovec_fields],
    [fc.array(memory, { minLength: 1, maxLength: 8 }), fc.nat(7)],
    (parts, which) => {
      const iov = new BigUint64Array(msghdr.IOVEC_WORDS * parts.length);
      parts.forEach((part, i) => msghdr.iovec_set(iov, i, part));
      const index = which % parts.length;
      msghdr.iovec_set(iov, index, { address: 1n, length: 2 });
      parts[index] = { address: 1n, length: 2 };
      assertEquals(
        [...iov],
        parts.flatMap((it) => [it.address, BigInt(it.length)]),
      );
      parts.forEach((part, i) =>
        assertEquals(msghdr.iovec_fields(iov, i), { ...part })
      );
    },
  ),
  codec(
    "msghdr_iov reads where the parts are, and how many",
    [msghdr.msghdr_iov],
    [fc.array(u64, { minLength: 7, maxLength: 7 }), u64, fc.nat(1024)],
    (words, address, length) => {
      const struct = BigUint64Array.from(words);
      struct[2] = address;
      struct[3] = BigInt(length);
      assertEquals(msghdr.msghdr_iov(struct), { address, length });
    },
  ),
  codec(
    "af_alg_iv is the vector behind its length",
    [msghdr.af_alg_iv],
    [any_bytes],
    (vector) => {
      const struct = msghdr.af_alg_iv(vector);
      const { buffer, byteLength } = struct;
      assertEquals(new DataView(buffer).getUint32(0, true), vector.length);
      assertEquals(byteLength, 4 + vector.length);
      assertEquals(struct.subarray(4), vector);
    },
  ),
  codec(
    "addrinfo has what the hints say",
    [addrinfo.addrinfo_hints, addrinfo.addrinfo_get],
    [i32, i32, i32, i32],
    (flags, family, socktype, protocol) => {
      const hints = addrinfo.addrinfo_hints(flags, family, socktype, protocol);
      assertEquals(hints.length, addrinfo.ADDRINFO_SIZE);
      assertEquals(new DataView(hints.buffer).getInt32(0, true), flags);
      assertEquals(addrinfo.addrinfo_get(hints), {
        family,
        socktype,
        protocol,
        addrlen: 0,
        addr: 0n,
        canonname: 0n,
        next: 0n,
      });
    },
  ),
  codec(
    "addrinfo of any bytes is read without looking outside",
    [],
    [any_bytes, u32],
    (struct, addrlen) => {
      if (struct.length >= addrinfo.ADDRINFO_SIZE) {
        new DataView(struct.buffer).setUint32(16, addrlen, true);
      }
      const found = inside(struct, addrinfo.addrinfo_get);
      assertEquals(found === null, struct.length < addrinfo.ADDRINFO_SIZE);
      if (found !== null) assertEquals(found.addrlen, addrlen);
    },
  ),
];
