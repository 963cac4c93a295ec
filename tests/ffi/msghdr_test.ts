import { assertEquals } from "@std/assert";
import {
  type Cmsg,
  cmsg_len,
  cmsg_space,
  CMSGHDR_SIZE,
  cmsgs_read,
  cmsgs_write,
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

const SOL_SOCKET = 1, SCM_RIGHTS = 1;

test("cmsg_len() counts no padding, cmsg_space() does", () => {
  assertEquals([0, 1, 4, 8, 12].map(cmsg_len), [16, 17, 20, 24, 28]);
  assertEquals([0, 1, 4, 8, 12].map(cmsg_space), [16, 24, 24, 24, 32]);
  assertEquals(cmsg_space(2 ** 31 - 25), 2 ** 31 - 8);
});

test("cmsgs_write() writes length, level, type and data, padded with zeros to 8 bytes", () => {
  const control = cmsgs_write([
    [SOL_SOCKET, SCM_RIGHTS, new Uint8Array([7, 0, 0, 0])],
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

test("cmsgs_read() reads back what cmsgs_write() wrote, also in the middle of a buffer", () => {
  const messages: Cmsg[] = [
    [1, 2, new Uint8Array([1, 2, 3, 4, 5])],
    [41, 50, new Uint8Array(20).fill(6)],
    [-5, 0, new Uint8Array(0)],
  ];
  const control = cmsgs_write(messages);
  const memory = new Uint8Array(control.length + 64).fill(0xee);
  memory.set(control, 24);
  const found = cmsgs_read(memory.subarray(24), control.length);
  assertEquals(found, messages);
});

test("cmsgs_read() gives copies of the data", () => {
  const control = cmsgs_write([[1, 1, new Uint8Array([7])]]);
  const [[, , data]] = cmsgs_read(control, control.length) as [Cmsg];
  control.fill(0);
  assertEquals([...data], [7]);
});

test("cmsgs_read() returns the part of a truncated message that arrived, and nothing behind it", () => {
  const control = cmsgs_write([
    [1, 1, new Uint8Array([1, 2, 3, 4])],
    [1, 2, new Uint8Array([5, 6, 7, 8, 9, 10, 11, 12])],
  ]);
  const sizes = (controllen: number) =>
    cmsgs_read(control, controllen).map(([, , data]) => data.length);
  assertEquals(sizes(48), [4, 8]);
  assertEquals(sizes(43), [4, 3]);
  assertEquals(sizes(40), [4, 0]);
  // No room for a header: the kernel writes none.
  assertEquals(sizes(39), [4]);
  assertEquals(sizes(18), [2]);
  assertEquals(sizes(15), []);
  assertEquals(sizes(0), []);
  // A length beyond the buffer ends at its end.
  assertEquals(sizes(1000), [4, 8]);
});

test("cmsgs_read() stops at an impossible length", () => {
  for (const length of [0n, 1n, 15n, 2n ** 64n - 1n, 2n ** 63n]) {
    const control = new Uint8Array(2 * CMSGHDR_SIZE);
    new DataView(control.buffer).setBigUint64(0, length, true);
    const found = cmsgs_read(control, control.length);
    assertEquals(found.length, length < 16n ? 0 : 1, `${length}`);
  }
});
