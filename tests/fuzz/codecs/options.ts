import { socket, ValueError } from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as options from "../../../ffi/options.ts";
import { timeval_fields, TIMEVAL_SIZE } from "../../../ffi/timeval.ts";
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
const structs: readonly (readonly [Reader, Reader, number])[] = [
  [options.linger_fields, socket.linger, options.LINGER_SIZE],
  [options.ucred_fields, socket.ucred, options.UCRED_SIZE],
  [timeval_fields, socket.timeval, TIMEVAL_SIZE],
  [options.tcp_info_fields, socket.tcp_info, options.TCP_INFO_LEAST],
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
    [socket.linger, socket.ucred, options.linger_fields, options.ucred_fields],
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
    [socket.timeval, timeval_fields],
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
    [socket.tcp_info, options.tcp_info_fields],
    [any_bytes],
    (struct) => {
      const fields = inside(struct, options.tcp_info_fields)!;
      for (const value of Object.values(fields)) {
        assert(value >= 0 && (Number.isInteger(value) || value === Infinity));
      }
      // More bytes never have fewer fields, nor other values in those.
      const fewer = options.tcp_info_fields(
        struct.subarray(0, struct.length >> 1),
      );
      assertEquals({ ...fields, ...fewer }, fields);
    },
  ),
  codec(
    "structs of options of any bytes are read without looking outside",
    structs.map(([read]) => read),
    [any_bytes],
    (struct) => {
      for (const [read, public_read, least] of structs) {
        inside(struct, read);
        const found = inside(struct, public_read);
        assertEquals(found === null, struct.length < least);
      }
    },
  ),
  codec(
    "structs of options that are no bytes, or too few, are refused",
    structs.map(([, read]) => read),
    [fc.anything({ withBigInt: true, withMap: true, withDate: true })],
    (value) => {
      for (const [, read] of structs) {
        assertThrows(() => read(value as Uint8Array), TypeError, "must be");
        assertThrows(() => read(new Uint8Array(7)), ValueError, "too few");
      }
    },
  ),
];
