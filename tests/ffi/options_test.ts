import { assertEquals } from "@std/assert";
import {
  linger_fields,
  tcp_info_fields,
  TCP_INFO_LEAST,
  ucred_fields,
} from "../../ffi/structs.ts";
import { test } from "../descriptors.ts";

/** The bytes in the middle of others, so that offsets count. */
function amid(bytes: number[]): Uint8Array {
  return new Uint8Array([0xee, 0xee, 0xee, ...bytes, 0xee]).subarray(
    3,
    3 + bytes.length,
  );
}

test("linger_fields() reads two ints", () => {
  assertEquals(linger_fields(amid([1, 0, 0, 0, 0x2c, 1, 0, 0])), {
    l_onoff: 1,
    l_linger: 300,
  });
});

test("ucred_fields() reads pid, uid and gid: nobody's ids are not negative", () => {
  const bytes = [1, 2, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0, 0];
  assertEquals(ucred_fields(amid(bytes)), {
    pid: 513,
    uid: 0xffffffff,
    gid: 65534,
  });
});

test("tcp_info_fields() splits the bit fields", () => {
  const bytes = Array(TCP_INFO_LEAST).fill(0);
  bytes[6] = 0xa7;
  bytes[7] = 0b101;
  const fields = tcp_info_fields(amid(bytes));
  assertEquals(fields.tcpi_snd_wscale, 7);
  assertEquals(fields.tcpi_rcv_wscale, 10);
  assertEquals(fields.tcpi_delivery_rate_app_limited, 1);
  assertEquals(fields.tcpi_fastopen_client_fail, 2);
});

test("tcp_info_fields() leaves out what is not there whole, and passes over what it does not know", () => {
  const fields = (length: number) => tcp_info_fields(new Uint8Array(length));
  assertEquals(Object.keys(fields(92)).at(-1), "tcpi_reordering");
  assertEquals(Object.keys(fields(95)).at(-1), "tcpi_reordering");
  assertEquals(Object.keys(fields(104)).at(-1), "tcpi_total_retrans");
  assertEquals(Object.keys(fields(111)).at(-1), "tcpi_total_retrans");
  assertEquals(Object.keys(fields(112)).at(-1), "tcpi_pacing_rate");
  assertEquals(Object.keys(fields(248)).at(-1), "tcpi_total_rto_time");
  assertEquals(fields(1024), fields(248));
});

test("tcp_info_fields() reads a rate without a limit as Infinity", () => {
  const bytes = new Uint8Array(248).fill(0xff, 104, 112);
  assertEquals(tcp_info_fields(bytes).tcpi_pacing_rate, Infinity);
});
