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

// These hold for the genuine @std/assert, too: test:std runs them with it.

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
