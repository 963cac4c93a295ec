import { assertEquals, assertThrows } from "@std/assert";
import { repr, socket } from "@iomux/py";
import { python } from "../machine.ts";
import { encode, test_unless } from "./socket/setup.ts";

Deno.test("repr() shows None, booleans, numbers and tuples as Python does", () => {
  assertEquals(repr(null), "None");
  assertEquals(repr(undefined), "None");
  assertEquals(repr([true, false]), "(True, False)");
  assertEquals(repr([1.5, 2n]), "(1.5, 2)");
  assertEquals(repr([NaN, Infinity, -Infinity]), "(nan, inf, -inf)");
  assertEquals(repr([1e-4, 5e-5, -1.5e-10]), "(0.0001, 5e-05, -1.5e-10)");
  assertEquals(repr(["can0"]), "('can0',)");
  assertEquals(repr([]), "()");
  assertEquals(repr(["::1", 80, 0, 0]), "('::1', 80, 0, 0)");
});

Deno.test("repr() shows the bytes of any view and buffer", () => {
  const bytes = new Uint8Array([0, 39, 65, 66]);
  assertEquals(repr(bytes.subarray(2)), "b'AB'");
  assertEquals(repr(new DataView(bytes.buffer, 1, 2)), `b"'A"`);
  assertEquals(repr(bytes.buffer), `b"\\x00'AB"`);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  assertEquals(repr(bytes), "b''");
});

Deno.test("repr() shows an object by its toString()", () => {
  using sock = socket.socket();
  assertEquals(repr(sock), String(sock));
  assertThrows(() => repr(Object.create(null)), TypeError);
});

const quotes = ["'", '"', "'\"", "\\'", "it's", 'a "b"', ""];
const bytes = [
  ...Array.from({ length: 256 }, (_, byte) => [byte]),
  ...quotes.map((text) => [...encode(text)]),
];
// Text that no version of Unicode has changed.
const texts = [...quotes, "a\tb\r\n", "\x00\x7f\x80\xa0\xad¡é", "你好"]
  .concat("\u2028\u202e\u3000\ufeff", "🙂\u{e0001}\u{f0000}");
const expected = python(
  `import json, sys
data, texts = json.loads(sys.argv[1])
print(json.dumps([[repr(bytes(d)) for d in data], [repr(t) for t in texts]]))`,
  JSON.stringify([bytes, texts]),
);

test_unless(
  expected === null ? "no python3 here" : null,
  "repr() shows all bytes and text as CPython does",
  () => {
    const shown = bytes.map((data) => repr(new Uint8Array(data)));
    assertEquals<unknown>([shown, texts.map((text) => repr(text))], expected);
  },
);
