/**
 * The parts of `@std` that the scripts and the tests use. The stand-ins of `offline/` and the
 * genuine packages pass the same tests: `deno task test:std` runs them with the genuine ones.
 *
 * @module
 */

import type * as assert_module from "@std/assert";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
  unreachable,
} from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import * as colors from "@std/fmt/colors";
import type * as assert_stand_in from "../../offline/assert/mod.ts";
import type * as colors_stand_in from "../../offline/fmt/colors.ts";

/** Whether the compiler takes two types for the same one; `any` is not `unknown`. */
type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Accepts `true` alone: the type check fails for another type. */
type True<T extends true> = T;

function message(fn: () => void): string {
  try {
    fn();
  } catch (error) {
    if (error instanceof AssertionError) return error.message;
  }
  throw new Error("It did not fail");
}

Deno.test("assert() and assertFalse() test truthiness", () => {
  assert("yes");
  assertFalse("");
  assertEquals(message(() => assert(0, "zero")), "zero");
  assertEquals(message(() => assertFalse(1, "one")), "one");
});

Deno.test("assertEquals() compares by value", () => {
  assertEquals<number>(0, -0);
  assertEquals(NaN, NaN);
  assertEquals({ a: [1, { b: 2n }] }, { a: [1, { b: 2n }] });
  assertEquals(new Uint8Array([1, 2]), new Uint8Array([1, 2]));
  assertEquals(new Map([[{ k: 1 }, [2]]]), new Map([[{ k: 1 }, [2]]]));
  assertEquals(new Set([[1], [2]]), new Set([[2], [1]]));
});

Deno.test("assertEquals() tells values apart and shows both", () => {
  const pairs: [unknown, unknown][] = [
    [1, 2],
    [1, "1"],
    [[1, 2], [1]],
    [{ a: undefined }, {}],
    [new Uint8Array([1]), new Uint8Array([2])],
    [new Uint8Array([1]), [1]],
    [new Map([[1, 2]]), new Map([[1, 3]])],
    [new Set([1]), new Set([2])],
    [null, undefined],
  ];
  for (const [a, b] of pairs) {
    message(() => assertEquals(a, b));
    assertNotEquals(a, b);
  }
  const both = message(() => assertEquals([17], [18], "why"));
  for (const part of ["Values are not equal: why", "17", "18"]) {
    assertStringIncludes(both, part);
  }
  message(() => assertNotEquals([17], [17]));
});

Deno.test("assertStrictEquals() compares by identity", () => {
  const one = {};
  assertStrictEquals(one, one);
  assertStringIncludes(message(() => assertStrictEquals({}, {})), "reference");
  assertStringIncludes(message(() => assertStrictEquals(1, 2)), "strictly");
});

Deno.test("assertThrows() returns the expected error", () => {
  const fn = () => {
    throw new RangeError("far too far");
  };
  assertEquals(assertThrows(fn, RangeError, "too far").message, "far too far");
  assertInstanceOf(assertThrows(fn), RangeError);
  message(() => assertThrows(fn, TypeError));
  message(() => assertThrows(fn, RangeError, "near"));
  assertStringIncludes(message(() => assertThrows(() => {}, "m")), "throw: m");
  message(() =>
    assertThrows(() => {
      throw 1;
    }, Error)
  );
});

Deno.test("assertRejects() returns the expected error", async () => {
  const fn = () => Promise.reject(new RangeError("far too far"));
  assertEquals((await assertRejects(fn, RangeError, "far")).name, "RangeError");
  assertInstanceOf(await assertRejects(fn), RangeError);
  for (
    const wrong of [
      () => assertRejects(fn, TypeError),
      () => assertRejects(fn, RangeError, "near"),
      () => assertRejects(() => Promise.resolve(1)),
      () =>
        assertRejects(() => {
          throw new Error("not a rejection");
        }),
    ]
  ) {
    await wrong().then(() => fail("It passed"), (error) => {
      assertInstanceOf(error, AssertionError);
    });
  }
});

Deno.test("assertInstanceOf() names both classes", () => {
  assertInstanceOf(new Uint8Array(), Uint8Array);
  const text = message(() => assertInstanceOf([], Map));
  assertStringIncludes(text, '"Map"');
  assertStringIncludes(text, '"Array"');
});

Deno.test("assertMatch() and assertStringIncludes() look into a text", () => {
  assertMatch("port 80", /\d+/);
  assertStringIncludes("port 80", "port");
  message(() => assertMatch("port", /\d+/));
  message(() => assertStringIncludes("port", "80"));
});

Deno.test("assertGreater() and its family compare", () => {
  assertGreater(2, 1);
  assertGreaterOrEqual(1, 1);
  assertLess(1n, 2n);
  assertLessOrEqual("a", "a");
  message(() => assertGreater(1, 1));
  message(() => assertGreaterOrEqual(1, 2));
  message(() => assertLess(1, 1));
  message(() => assertLessOrEqual(2, 1));
});

Deno.test("assertAlmostEquals() allows a ten-millionth or the given tolerance", () => {
  assertAlmostEquals(0.1 + 0.2, 0.3);
  assertAlmostEquals(1.05, 1, 0.1);
  message(() => assertAlmostEquals(1.05, 1));
  message(() => assertAlmostEquals(1.2, 1, 0.1));
});

Deno.test("fail() and unreachable() always fail", () => {
  assertEquals(message(() => fail("why")), "Failed assertion: why");
  assertEquals(message(() => unreachable()), "Unreachable.");
});

class Refused extends Error {}

/** Reads a command line with the options that the scripts use. */
function parse(...args: string[]) {
  return parseArgs(args, {
    string: ["host", "port"],
    boolean: ["help", "quiet"],
    alias: { h: "help" },
    unknown: (arg, key, value): never => {
      throw new Refused(JSON.stringify([arg, key, value]));
    },
  });
}

const NONE = {
  _: [],
  help: false,
  quiet: false,
  host: undefined,
  port: undefined,
};

Deno.test("parseArgs() knows the types of flags", () => {
  const flags = parse();
  const types: [
    True<Identical<typeof flags.help, boolean>>,
    True<Identical<typeof flags.host, string | undefined>>,
    True<Identical<typeof flags._, (string | number)[]>>,
  ] = [true, true, true];
  assertEquals(types.length, 3);
});

/** Command lines, and the values that differ from NONE. */
const command_lines: readonly (readonly [line: string, values: object])[] = [
  ["", {}],
  // A value follows a space or an equals sign; the last one counts.
  ["--port 80", { port: "80" }],
  ["--port=80", { port: "80" }],
  ["--host=a=b", { host: "a=b" }],
  ["--port 80 --port 81", { port: "81" }],
  // Without a value it is an empty string.
  ["--port=", { port: "" }],
  ["--port", { port: "" }],
  ["--host --port 80", { host: "", port: "80" }],
  // A switch is set by its name, its letter or a word.
  ["--help --port 80", { help: true, port: "80" }],
  ["-h", { help: true }],
  ["--quiet=false", { quiet: false }],
  ["--quiet=no", { quiet: true }],
  ["--quiet false", { quiet: false }],
  ["--quiet true --port 1", { quiet: true, port: "1" }],
  // Everything after -- is left alone.
  ["--quiet -- --port 1", { quiet: true, _: ["--port", "1"] }],
];

Deno.test("parseArgs() reads flags, switches and the rest", () => {
  for (const [line, values] of command_lines) {
    const args = line === "" ? [] : line.split(" ");
    const { _, help, quiet, host, port } = parse(...args);
    const found = { _, help, quiet, host, port };
    assertEquals(found, { ...NONE, ...values }, line);
  }
});

Deno.test("parseArgs() reports an argument that is not declared", () => {
  function refused(...args: string[]): unknown[] {
    try {
      parse(...args);
    } catch (error) {
      if (error instanceof Refused) return JSON.parse(error.message);
    }
    throw new Error(`${args.join(" ")} was taken`);
  }
  assertEquals(refused("extra"), ["extra", null, null]);
  assertEquals(refused("-"), ["-", null, null]);
  assertEquals(refused("--prot=x"), ["--prot=x", "prot", "x"]);
  for (const arg of ["--prot", "--no-help", "-x", "-p80", "-1", "--=1"]) {
    assertEquals(refused(arg)[0], arg);
  }
  assertEquals(refused("--quiet", "extra")[0], "extra");
});

Deno.test({
  name: `green() and yellow() wrap text, and setColorEnabled(false) ends that${
    Deno.noColor ? " (ignored: NO_COLOR is set)" : ""
  }`,
  ignore: Deno.noColor,
  fn() {
    const before = colors.getColorEnabled();
    try {
      colors.setColorEnabled(true);
      assertEquals(colors.green("x"), "\x1b[32mx\x1b[39m");
      assertEquals(
        colors.green(`a${colors.yellow("b")}c`),
        "\x1b[32ma\x1b[33mb\x1b[32mc\x1b[39m",
      );
      colors.setColorEnabled(false);
      assertEquals(colors.getColorEnabled(), false);
      assertEquals(colors.yellow("x"), "x");
    } finally {
      colors.setColorEnabled(before);
    }
  },
});

Deno.test("getColorEnabled() is false under NO_COLOR", () => {
  if (Deno.noColor) colors.setColorEnabled(true);
  assertEquals(Deno.noColor && colors.getColorEnabled(), false);
});

/** The names in a stand-in whose types are not the genuine ones. */
type Different<StandIn, Genuine> = {
  [Name in keyof StandIn]: Name extends keyof Genuine
    ? Identical<StandIn[Name], Genuine[Name]> extends true ? never : Name
    : Name;
}[keyof StandIn];

// The stand-ins are files of this checkout.
const genuine = !import.meta.resolve("@std/assert").startsWith("file:");

Deno.test({
  name: `offline/: the stand-ins have @std's signatures${
    genuine ? "" : " (ignored: run by deno task test:std)"
  }`,
  ignore: !genuine,
  fn() {
    // The compiler names what differs: "Type '"assertThrows"' is not assignable to 'never'".
    const different: [
      Different<typeof assert_stand_in, typeof assert_module>,
      Different<typeof colors_stand_in, typeof colors>,
    ][] = [];
    const none: [never, never][] = different;
    assertEquals(none, []);
  },
});
