import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { raises } from "./raises.ts";
import {
  fileno,
  int,
  type Keywords,
  keywords,
  seconds,
  shown,
  text,
  truth,
  whole,
} from "../../py/arguments.ts";
import { OverflowError, ValueError } from "../../py/exceptions.ts";
import { test } from "../descriptors.ts";

test("shown() describes a value in a few words", () => {
  const expected = [
    [1.5, "1.5"],
    [-1, "-1"],
    [NaN, "NaN"],
    [10n, "10n"],
    ['a "b"', '"a \\"b\\""'],
    [true, "true"],
    [null, "null"],
    [undefined, "undefined"],
    [Symbol("s"), "Symbol(s)"],
    [{}, "an object"],
    [[1, 2], "an object"],
    [shown, "a function"],
    [class {}, "a function"],
  ] as const;
  for (const [value, words] of expected) assertEquals(shown(value), words);
});

test("whole() takes whole numbers, and booleans as Python does", () => {
  for (const value of [0, 7, -7, 2 ** 53]) {
    assertEquals(whole(value, "n"), value);
  }
  assertEquals(whole(true, "n"), 1);
  assertEquals(whole(false, "n"), 0);
  // FFI refuses -0.
  assertStrictEquals(whole(-0, "n"), 0);
  assertStrictEquals(int(-0, "n"), 0);
});

test("whole() throws TypeError for anything else, and names the argument", () => {
  for (const value of [1.5, NaN, Infinity, "1", 1n, null, undefined, {}]) {
    assertThrows(
      () => whole(value, "backlog"),
      TypeError,
      `backlog must be an integer, not ${shown(value)}`,
    );
  }
});

test("int() takes a C int, or a number of a range, and nothing beyond", () => {
  assertThrows(
    () => int(2 ** 31, "n"),
    OverflowError,
    "n must be in -2147483648 to 2147483647, and 2147483648 is not",
  );
  for (const value of [-(2 ** 31), 2 ** 31 - 1]) {
    assertEquals(int(value, "n"), value);
  }
  assertThrows(() => int(-(2 ** 31) - 1, "n"), OverflowError);
  assertEquals(int(0, "port", 0, 65535), 0);
  assertEquals(int(65535, "port", 0, 65535), 65535);
  for (const value of [-1, 65536]) {
    assertThrows(
      () => int(value, "port", 0, 65535),
      OverflowError,
      `port must be in 0 to 65535, and ${value} is not`,
    );
  }
  assertThrows(() => int("80", "port", 0, 65535), TypeError, "port");
});

test("seconds() takes numbers, and null or undefined for none", () => {
  for (const value of [0, 0.5, -1, 9e9]) assertEquals(seconds(value), value);
  // As Python does.
  assertEquals([seconds(true), seconds(false)], [1, 0]);
  assertStrictEquals(seconds(-0), 0);
  assertEquals(seconds(null), null);
  assertEquals(seconds(undefined), null);
});

test("seconds() throws OverflowError beyond 2^63 nanoseconds", () => {
  assertEquals(seconds(9223372036), 9223372036);
  for (const value of [9223372037, -9223372037, Infinity, -Infinity]) {
    raises(OverflowError, {
      [`timeout is too large: ${value}`]: () => seconds(value),
    });
  }
});

test("truth() takes booleans and numbers, and refuses values whose truth differs in Python", () => {
  for (const value of [true, 1, -1, 0.5, 2 ** 64, NaN, Infinity]) {
    assertEquals(truth(value, "flag"), true);
  }
  for (const value of [false, 0, -0]) assertEquals(truth(value, "flag"), false);
  for (const value of [null, undefined, "", "no", [], {}, 1n]) {
    raises(TypeError, {
      "flag must be a boolean": () => truth(value, "flag"),
    });
  }
});

test("text() takes strings without NUL", () => {
  for (const value of ["", "localhost", "ü"]) {
    assertEquals(text(value, "host"), value);
  }
  raises(ValueError, {
    "host must not contain a null character": () => text("a\0b", "host"),
  });
  for (const value of [1, null, undefined, new Uint8Array(1)]) {
    raises(TypeError, {
      [`host must be a string, not ${shown(value)}`]: () => text(value, "host"),
    });
  }
});

/** Takes its optional arguments as the functions of the package do. */
function call(
  ...given: Keywords<
    [timeout: number | null, maxevents: number],
    {
      timeout?: number | null | undefined;
      maxevents?: number | undefined;
      signal?: string;
    }
  >
): unknown[] {
  return keywords("call", given, ["timeout", "maxevents"], ["signal"]);
}

test("keywords() takes arguments by position, by keyword, or positions before keywords", () => {
  assertEquals(call(), []);
  assertEquals(call(1), [1]);
  assertEquals(call(null, 2), [null, 2]);
  assertEquals(call({ timeout: 1, maxevents: 2 }), [1, 2]);
  assertEquals(call(1, { maxevents: 2 }), [1, 2]);
  assertEquals(call(1, 2, { signal: "s" }), [1, 2, "s"]);
  assertEquals(call(undefined, { maxevents: 2 }), [undefined, 2]);
  const [timeout, maxevents, signal] = call({ signal: "s" });
  assertEquals([timeout, maxevents, signal], [undefined, undefined, "s"]);
});

test("keywords() takes undefined for an omitted argument, in the object and behind it", () => {
  assertEquals(call({ timeout: undefined, maxevents: 2 })[1], 2);
  assertEquals(
    keywords("call", [{ a: 1 }, undefined, undefined], ["a", "b"]),
    [1],
  );
});

test("keywords() reads an object's own properties, not inherited ones", () => {
  const prototype = Object.prototype as unknown as Record<string, unknown>;
  prototype.timeout = 99;
  try {
    assertEquals(call({ maxevents: 2 })[0], undefined);
  } finally {
    delete prototype.timeout;
  }
  assertEquals(
    keywords("call", [Object.assign(Object.create(null), { a: 1 })], ["a"]),
    [1],
  );
});

test("keywords() takes an instance of a class as a positional argument", () => {
  for (const value of [["localhost", 80], new Uint8Array(1), new Date()]) {
    assertEquals(keywords("call", [value], ["a"]), [value]);
  }
  class Options {
    a = 1;
  }
  // The last argument can be nothing but options.
  assertEquals(keywords("call", [0, new Options()], ["b"], ["a"]), [0, 1]);
});

test("keywords() throws TypeError for unknown and repeated arguments", () => {
  const wrong = [
    [[{ timeot: 1 }], "call() got an unexpected keyword argument 'timeot'"],
    [[1, { timeout: 2 }], "call() got multiple values for argument 'timeout'"],
    [[1, 2, 3], "call(): options must be an object, not 3"],
    [[1, 2, null], "call(): options must be an object, not null"],
  ] as const;
  for (const [given, message] of wrong) {
    raises(TypeError, {
      [message]: () => keywords("call", given, ["timeout", "maxevents"]),
    });
  }
});

test("fileno() is a number itself, or asks an object once", () => {
  for (const fd of [0, 1, 5000, 2 ** 31 - 1]) assertEquals(fileno(fd), fd);
  let asked = 0;
  fileno({ fileno: () => ++asked });
  assertEquals(asked, 1);
  // FFI refuses -0.
  for (const file of [-0, { fileno: () => -0 }]) {
    assertStrictEquals(fileno(file), 0);
  }
  class File {
    #fd = 7;
    fileno(): number {
      return this.#fd;
    }
  }
  assertEquals(fileno(new File()), 7);
  assertEquals(fileno({ fileno: () => 0 }), 0);
  assertEquals(fileno(Object.assign([], { fileno: () => 3 })), 3);
});
