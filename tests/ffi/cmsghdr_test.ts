import { assertEquals } from "@std/assert";
import {
  type Cmsg,
  cmsg_len,
  cmsg_space,
  CMSGHDR_SIZE,
  cmsgs_read,
  cmsgs_write,
} from "../../ffi/msghdr.ts";
import { test } from "../descriptors.ts";

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
    ...[
      20,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      1,
      0,
      0,
      0,
      1,
      0,
      0,
      0,
      7,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
    ],
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

test("cmsgs_read() gives what is there of a message that was cut off, and nothing behind it", () => {
  const control = cmsgs_write([
    [1, 1, new Uint8Array([1, 2, 3, 4])],
    [1, 2, new Uint8Array([5, 6, 7, 8, 9, 10, 11, 12])],
  ]);
  const sizes = (controllen: number) =>
    cmsgs_read(control, controllen).map(([, , data]) => data.length);
  assertEquals(sizes(48), [4, 8]);
  assertEquals(sizes(43), [4, 3]);
  assertEquals(sizes(40), [4, 0]);
  // Not even a head: the kernel writes none there.
  assertEquals(sizes(39), [4]);
  assertEquals(sizes(18), [2]);
  assertEquals(sizes(15), []);
  assertEquals(sizes(0), []);
  // More than there is: only what there is.
  assertEquals(sizes(1000), [4, 8]);
});

test("cmsgs_read() ends at a length that makes no sense", () => {
  for (const length of [0n, 1n, 15n, 2n ** 64n - 1n, 2n ** 63n]) {
    const control = new Uint8Array(2 * CMSGHDR_SIZE);
    new DataView(control.buffer).setBigUint64(0, length, true);
    const found = cmsgs_read(control, control.length);
    assertEquals(found.length, length < 16n ? 0 : 1, `${length}`);
  }
});
