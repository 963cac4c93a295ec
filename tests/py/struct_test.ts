import { OverflowError } from "@iomux/py";
import * as struct from "@iomux/py/struct";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { python } from "../machine.ts";
import { test_unless } from "./socket/setup.ts";
import { Buffer } from "node:buffer";

const { error } = struct;

function hex(bytes: Uint8Array): string {
  return bytes.toHex();
}

Deno.test("pack() uses the byte order of the format", () => {
  assertEquals(
    hex(struct.pack("<hIq", -2, 1, -1n)),
    "feff01000000ffffffffffffffff",
  );
  assertEquals(hex(struct.pack(">hI", -2, 1)), "fffe00000001");
  assertEquals(hex(struct.pack("!H", 80)), "0050");
  assertEquals(hex(struct.pack("=bB", -1, 255)), "ffff");
  assertEquals(hex(struct.pack("<h?B", true, true, false)), "01000100");
});

Deno.test("unpack() copies the bytes of 's' and 'p', of a Buffer too", () => {
  const buffer = Buffer.from("\x02abcd");
  const [pascal, string] = struct.unpack("3p2s", buffer);
  buffer.fill(0);
  assertEquals(pascal, new TextEncoder().encode("ab"));
  assertEquals(string, new TextEncoder().encode("cd"));
});

Deno.test("pack() aligns as C does in native mode alone", () => {
  assertEquals(struct.calcsize("bi"), 8);
  assertEquals(struct.calcsize("@bq"), 16);
  assertEquals(struct.calcsize("b0q"), 8);
  assertEquals(struct.calcsize("=bi"), 5);
  assertEquals(struct.calcsize("l"), 8);
  assertEquals(struct.calcsize("<l"), 4);
  assertEquals(hex(struct.pack("bH", 1, 2)), "01000200");
});

Deno.test("unpack() returns pack()'s values, typed by the format", () => {
  const bytes = struct.pack(
    "<?cHfd3s",
    true,
    new Uint8Array([65]),
    7,
    0.5,
    0.1,
    new Uint8Array([1, 2]),
  );
  const [flag, char, short, single, double, string]: [
    boolean,
    Uint8Array<ArrayBuffer>,
    number,
    number,
    number,
    Uint8Array<ArrayBuffer>,
  ] = struct.unpack("<?cHfd3s", bytes);
  assertEquals([flag, short, single, double], [true, 7, 0.5, 0.1]);
  assertEquals([...char, ...string], [65, 1, 2, 0]);
  const [a, b, c]: [number, number, bigint] = struct.unpack(
    "!2HQ",
    new Uint8Array([0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3]),
  );
  assertEquals([a, b, c], [1, 2, 3n]);
});

Deno.test("pack() of p writes a Pascal string, and unpack() reads it", () => {
  const packed = struct.pack("4p", new Uint8Array([1, 2, 3, 4, 5]));
  assertEquals(hex(packed), "03010203");
  assertEquals(struct.unpack("4p", packed), [new Uint8Array([1, 2, 3])]);
  const short = new Uint8Array([1, 65, 66, 67]);
  assertEquals(struct.unpack("4p", short), [new Uint8Array([65])]);
  // A byte has the length.
  assertEquals(struct.pack("300p", new Uint8Array(299))[0], 255);
  assertEquals(struct.unpack("0p", new Uint8Array(0)), [new Uint8Array(0)]);
  assertEquals(hex(struct.pack("0px", new Uint8Array(1))), "00");
});

Deno.test("pack_into() and unpack_from() take an offset, from the end as well", () => {
  const buffer = new Uint8Array(6);
  struct.pack_into("!H", buffer, 1, 0x0102);
  struct.pack_into("!H", buffer, -2, 0x0304);
  assertEquals(hex(buffer), "000102000304");
  const full = new Uint8Array(4).fill(255);
  struct.pack_into("<Hx", full, 0, 1);
  assertEquals(hex(full), "010000ff");
  assertEquals(struct.unpack_from("!H", buffer, -2), [0x0304]);
  assertEquals(struct.unpack_from("!H", buffer.buffer, 1), [0x0102]);
  assertThrows(() => struct.pack_into("!H", buffer, 5, 1), error, "at least 7");
  assertThrows(
    () => struct.unpack_from("!H", buffer, 5),
    error,
    "for unpacking 2 bytes at offset 5",
  );
  for (const offset of [-7, -1]) {
    assertThrows(
      () => struct.pack_into("!H", buffer, offset, 1),
      error,
      "offset " + offset,
    );
  }
});

Deno.test("iter_unpack() iterates over structs, and refuses a remainder", () => {
  assertEquals([...struct.iter_unpack("<H", new Uint8Array([1, 0, 2, 0]))], [[
    1,
  ], [2]]);
  assertThrows(
    () => struct.iter_unpack("<H", new Uint8Array(3)),
    error,
    "multiple",
  );
  assertThrows(
    () => struct.iter_unpack("", new Uint8Array(3)),
    error,
    "length 0",
  );
});

Deno.test("pack() takes any number for a float, and refuses a bigint beyond all of them", () => {
  assertEquals(hex(struct.pack("<d", true)), "000000000000f03f");
  assertEquals(hex(struct.pack(">f", 2n)), "40000000");
  assertEquals(
    hex(struct.pack("<ff", Infinity, -Infinity)),
    "0000807f000080ff",
  );
  assertEquals(struct.unpack("<d", struct.pack("<d", NaN)), [NaN]);
  for (const code of ["e", "f", "d"]) {
    assertThrows(() => struct.pack(code, -(10n ** 400n)), error, "too large");
    assertThrows(() => struct.pack(code, "1" as never), error, "not a float");
  }
  assertThrows(() => struct.pack("e", 2n ** 16n), error, "too large");
});

Deno.test("pack() raises OverflowError for a number too large for a short float", () => {
  assertEquals(hex(struct.pack(">e", 65519.9)), "7bff");
  assertThrows(() => struct.pack(">e", 65520), OverflowError, "too large");
  assertThrows(() => struct.pack("=f", -1e39), OverflowError, "too large");
  assertThrows(() => struct.pack("=f", 2n ** 128n), error, "too large");
  // In native order it is a conversion in C.
  assertEquals(hex(struct.pack("2f", -1e39, 2n ** 128n)), "000080ff0000807f");
});

Deno.test("pack() of ? takes the truth of a value as Python does: NaN is true, empty bytes are not", () => {
  const values = [NaN, -0, 0n, 2n, new Uint8Array(0), new Uint8Array(1)];
  assertEquals(hex(struct.pack("6?", ...values)), "010000010001");
});

Deno.test("pack() of P takes a negative address, as C's void * does", () => {
  assertEquals(struct.pack("P", -2), struct.pack("P", 2n ** 64n - 2n));
  for (const wrong of [-(2n ** 63n) - 1n, 2n ** 64n]) {
    assertThrows(() => struct.pack("P", wrong), error);
  }
});

Deno.test("pack() refuses values that do not fit", () => {
  assertThrows(() => struct.pack("B", 256), error, "0 <= number <= 255");
  assertThrows(() => struct.pack("b", -129), error);
  assertThrows(() => struct.pack("Q", -1n), error);
  assertThrows(() => struct.pack("q", 2n ** 63n), error);
  assertThrows(() => struct.pack("q", -(2n ** 63n) - 1n), error);
  assertThrows(() => struct.pack("i", 0.5), error, "not an integer");
  assertThrows(() => struct.pack("i", new Uint8Array(4)), error);
  assertThrows(() => struct.pack("s", 1), error, "object, not 1");
  assertThrows(
    () => struct.pack("c", new Uint8Array(2)),
    error,
    "length 1, not of 2",
  );
  assertThrows(() => struct.pack("2i", 1), error, "pack expected 2 items");
  assertThrows(
    () => struct.pack_into("2i", new Uint8Array(8), 0, 1),
    error,
    "pack_into expected 2 items",
  );
});

Deno.test("struct.calcsize() and unpack() raise struct.error for a wrong format, TypeError for another type", () => {
  for (
    const format of ["z", "<n", "=P", "3", "i 4", "ö", "\xa0i", "<99999999999s"]
  ) {
    assertThrows(() => struct.calcsize(format), error);
  }
  assertThrows(() => struct.calcsize("99999999999i"), error, "too long");
  assertThrows(() => struct.calcsize("3 i"), error, "bad char");
  assertEquals(new error("").name, "struct.error");
  assertThrows(() => struct.calcsize(7 as unknown as string), TypeError);
  assertThrows(
    () => struct.unpack("i", new Uint8Array(3)),
    error,
    "4 bytes, not 3",
  );
});

Deno.test("Struct has its format and size, and white space is no code", () => {
  const header = struct.Struct("! H I");
  assert(header instanceof struct.Struct);
  assert(new struct.Struct("!H") instanceof struct.Struct);
  assertEquals([header.format, header.size], ["! H I", 6]);
  assertEquals(header.unpack(header.pack(1, 2)), [1, 2]);
});

/** Formats and values that CPython packs as well. */
const cases: ReadonlyArray<
  readonly [format: string, ...values: struct.Value[]]
> = [
  ["<bBhHiIqQ", -1, 1, -2, 2, -3, 3, -4n, 4n],
  [">efd", 0.1, 0.1, 0.1],
  ["bhiq", 1, 2, 3, -(2n ** 63n)],
  ["BQ", 0, 0n],
  ["@cxxP", new Uint8Array([7]), 5n],
  ["5s3p0i", new Uint8Array([1, 2]), new Uint8Array([3, 4, 5])],
  ["?h?q?", true, 1, false, 2n, true],
  ["4?", 0.5, new Uint8Array(0), new Uint8Array(1), 0],
  ["3P", -1, -(2n ** 63n), 2n ** 64n - 1n],
  [" \t\n\v\f\rh", 1],
];

const packed = python(
  `import json, struct, sys
def value(v):
    return bytes(v) if isinstance(v, list) else int(v[:-1]) if isinstance(v, str) else v
print(json.dumps([struct.pack(format, *map(value, values)).hex()
                  for format, *values in json.loads(sys.argv[1])]))`,
  JSON.stringify(
    cases,
    (_, value) =>
      value instanceof Uint8Array
        ? [...value]
        : typeof value === "bigint"
        ? `${value}n`
        : value,
  ),
);

test_unless(
  packed === null ? "no python3 here" : null,
  "pack() packs as CPython does",
  () =>
    assertEquals(
      cases.map(([format, ...values]) => hex(struct.pack(format, ...values))),
      packed as string[],
    ),
);
