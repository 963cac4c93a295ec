import { socket, ValueError } from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as structs from "../../../ffi/structs.ts";
import {
  any_bytes,
  type Codec,
  codec,
  i32,
  i64,
  inside,
  u32,
} from "./property.ts";

type Reader = (bytes: Uint8Array) => object;

/** Each struct: its reader, the public one, and the fewest bytes. */
const readers: readonly (readonly [Reader, Reader, number])[] = [
  [structs.linger_fields, socket.linger, structs.LINGER_SIZE],
  [structs.ucred_fields, socket.ucred, structs.UCRED_SIZE],
  [structs.timeval_fields, socket.timeval, structs.TIMEVAL_SIZE],
  [structs.tcp_info_fields, socket.tcp_info, structs.TCP_INFO_LEAST],
];

function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(4 * i, value, true));
  return bytes;
}

export const codecs: readonly Codec[] = [
  codec(
    "linger and ucred have the words of the struct",
    [socket.linger, socket.ucred, structs.linger_fields, structs.ucred_fields],
    [i32, i32, u32, u32],
    (l_onoff, l_linger, uid, gid) => {
      assertEquals(
        socket.linger(words(l_onoff, l_linger)),
        { l_onoff, l_linger },
      );
      assertEquals(
        socket.ucred(words(l_onoff, uid, gid)),
        { pid: l_onoff, uid, gid },
      );
    },
  ),
  codec(
    "timeval has the words of the struct",
    [socket.timeval, structs.timeval_fields],
    [i64, i64],
    (sec, usec) => {
      assertEquals(
        socket.timeval(new BigInt64Array([sec, usec])),
        { tv_sec: Number(sec), tv_usec: Number(usec) },
      );
    },
  ),
  codec(
    "tcp_info has the fields that are whole, and each is a number",
    [socket.tcp_info, structs.tcp_info_fields],
    [any_bytes],
    (struct) => {
      const fields = inside(struct, structs.tcp_info_fields)!;
      for (const value of Object.values(fields)) {
        assert(value >= 0 && (Number.isInteger(value) || value === Infinity));
      }
      // More bytes never have fewer fields, nor other values in those.
      const fewer = structs.tcp_info_fields(
        struct.subarray(0, struct.length >> 1),
      );
      assertEquals({ ...fields, ...fewer }, fields);
    },
  ),
  codec(
    "structs of options of any bytes are read without looking outside",
    readers.map(([read]) => read),
    [any_bytes],
    (struct) => {
      for (const [read, public_read, least] of readers) {
        inside(struct, read);
        const found = inside(struct, public_read);
        assertEquals(found === null, struct.length < least);
      }
    },
  ),
  codec(
    "structs of options that are no bytes, or too few, are refused",
    readers.map(([, read]) => read),
    [fc.anything({ withBigInt: true, withMap: true, withDate: true })],
    (value) => {
      for (const [, read] of readers) {
        assertThrows(() => read(value as Uint8Array), TypeError, "must be");
        assertThrows(() => read(new Uint8Array(7)), ValueError, "too few");
      }
    },
  ),
];
