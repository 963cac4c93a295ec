import { assertEquals } from "@std/assert";
import {
  iovec_set,
  IOVEC_WORDS,
  msghdr_controllen,
  msghdr_flags,
  msghdr_namelen,
  msghdr_set,
  MSGHDR_WORDS,
} from "../../ffi/msghdr.ts";
import { test } from "../descriptors.ts";

test("msghdr_set() writes the fields where both architectures have them, padding zero", () => {
  const msghdr = new BigUint64Array(MSGHDR_WORDS).fill(0xeeeeeeeeeeeeeeeen);
  msghdr_set(
    msghdr,
    { address: 0x7f0102030405n, length: 0x1c },
    { address: 0x7f1112131415n, length: 0x03 },
    { address: 0x7f2122232425n, length: 0x0218 },
  );
  assertEquals([...new Uint8Array(msghdr.buffer)], [
    ...[5, 4, 3, 2, 1, 0x7f, 0, 0], // msg_name
    ...[0x1c, 0, 0, 0, 0, 0, 0, 0], // msg_namelen, padding
    ...[0x15, 0x14, 0x13, 0x12, 0x11, 0x7f, 0, 0], // msg_iov
    ...[3, 0, 0, 0, 0, 0, 0, 0], // msg_iovlen
    ...[0x25, 0x24, 0x23, 0x22, 0x21, 0x7f, 0, 0], // msg_control
    ...[0x18, 2, 0, 0, 0, 0, 0, 0], // msg_controllen
    ...[0, 0, 0, 0, 0, 0, 0, 0], // msg_flags, padding
  ]);
});

test("msghdr_namelen(), msghdr_controllen() and msghdr_flags() read what the kernel wrote, not the padding", () => {
  const msghdr = new BigUint64Array(MSGHDR_WORDS);
  const bytes = new Uint8Array(msghdr.buffer);
  bytes.set([0x10, 0, 0, 0, 0xee, 0xee, 0xee, 0xee], 8);
  bytes.set([0x28, 1, 0, 0, 0, 0, 0, 0], 40);
  bytes.set([0x28, 0, 0, 0x40, 0xee, 0xee, 0xee, 0xee], 48);
  assertEquals(msghdr_namelen(msghdr), 16);
  assertEquals(msghdr_controllen(msghdr), 0x128);
  assertEquals(msghdr_flags(msghdr), 0x40000028);
});

test("iovec_set() writes base and length of one entry and leaves the others", () => {
  const iov = new BigUint64Array(3 * IOVEC_WORDS).fill(0xeeeeeeeeeeeeeeeen);
  iovec_set(iov, 1, { address: 0x7f0102030405n, length: 0x0123456789 });
  const other = Array(16).fill(0xee);
  assertEquals([...new Uint8Array(iov.buffer)], [
    ...other,
    ...[5, 4, 3, 2, 1, 0x7f, 0, 0, 0x89, 0x67, 0x45, 0x23, 1, 0, 0, 0],
    ...other,
  ]);
});
