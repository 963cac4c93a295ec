import { assertEquals } from "@std/assert";
import {
  itimerspec_interval,
  itimerspec_set,
  itimerspec_value,
  ITIMERSPEC_WORDS,
} from "../../ffi/structs.ts";
import { test } from "../descriptors.ts";

function itimerspec(value: bigint, interval: bigint): BigInt64Array {
  const spec = new BigInt64Array(ITIMERSPEC_WORDS).fill(-1n);
  itimerspec_set(spec, value, interval);
  return spec;
}

test("itimerspec_set() writes the interval, then the value", () => {
  assertEquals(
    [...new Uint8Array(itimerspec(258_000_000_259n, 1_000_000_002n).buffer)],
    [
      ...[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0],
      ...[2, 1, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0],
    ],
  );
});

test("itimerspec_set() keeps nanoseconds below a second", () => {
  assertEquals([...itimerspec(999_999_999n, 1n)], [0n, 1n, 0n, 999_999_999n]);
  assertEquals([...itimerspec(10n ** 9n, 10n ** 18n)], [10n ** 9n, 0n, 1n, 0n]);
});

test("itimerspec_set() writes a negative time with negative seconds", () => {
  assertEquals([...itimerspec(-1n, 0n)], [0n, 0n, -1n, 999_999_999n]);
  assertEquals([...itimerspec(-(10n ** 9n), 0n)], [0n, 0n, -1n, 0n]);
  assertEquals([...itimerspec(0n, -1_500_000_000n)], [
    -2n,
    500_000_000n,
    0n,
    0n,
  ]);
});

test("itimerspec_value() and itimerspec_interval() read what the kernel wrote", () => {
  const spec = new BigInt64Array(
    new Uint8Array([
      ...[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0],
      ...[2, 1, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0],
    ]).buffer,
  );
  assertEquals(itimerspec_interval(spec), 1_000_000_002n);
  assertEquals(itimerspec_value(spec), 258_000_000_259n);
});

test("itimerspec_value() and itimerspec_interval() read what itimerspec_set() wrote", () => {
  for (const time of [0n, 1n, 10n ** 9n - 1n, 10n ** 9n, 2n ** 63n - 1n, -7n]) {
    const spec = itimerspec(time, 3n * time / 4n);
    assertEquals(itimerspec_value(spec), time);
    assertEquals(itimerspec_interval(spec), 3n * time / 4n);
  }
});
