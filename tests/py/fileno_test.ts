import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { OverflowError, ValueError } from "../../py/exceptions.ts";
import { fileno } from "../../py/arguments.ts";
import { test } from "../descriptors.ts";

test("fileno() is a number itself", () => {
  for (const fd of [0, 1, 5000, 2 ** 31 - 1]) assertEquals(fileno(fd), fd);
});

test("fileno() asks an object", () => {
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

test("fileno() asks once", () => {
  let asked = 0;
  fileno({ fileno: () => ++asked });
  assertEquals(asked, 1);
});

test("fileno() turns -0 into 0, since FFI refuses -0", () => {
  assertStrictEquals(fileno(-0), 0);
  assertStrictEquals(fileno({ fileno: () => -0 }), 0);
});

test("fileno() throws TypeError for an object without the method", () => {
  for (const file of [{}, [], { fileno: 3 }, { fileno: null }, new Map()]) {
    assertThrows(
      () => fileno(file),
      TypeError,
      "argument must be an int, or have a fileno() method",
    );
  }
});

test("fileno() throws TypeError for values that are neither integers nor objects", () => {
  const shown = [
    [undefined, "undefined"],
    [null, "null"],
    ["3", '"3"'],
    [true, "true"],
    [3n, "3n"],
    [1.5, "1.5"],
    [NaN, "NaN"],
    [Infinity, "Infinity"],
    [() => 3, "a function"],
  ] as const;
  for (const [file, text] of shown) {
    const error = assertThrows(() => fileno(file), TypeError);
    assertEquals(
      error.message,
      `argument must be an int, or have a fileno() method, not ${text}`,
    );
  }
});

test("fileno() throws TypeError when the method returns no integer", () => {
  const shown = [["3", '"3"'], [null, "null"], [0.5, "0.5"], [3n, "3n"]];
  for (const [fd, text] of shown) {
    assertThrows(
      () => fileno({ fileno: () => fd }),
      TypeError,
      `fileno() returned ${text}, not an integer`,
    );
  }
});

test("fileno() throws ValueError below 0, of a number and of an object", () => {
  for (const fd of [-1, -2147483648]) {
    for (const file of [fd, { fileno: () => fd }]) {
      assertThrows(
        () => fileno(file),
        ValueError,
        `file descriptor cannot be a negative integer (${fd})`,
      );
    }
  }
});

test("fileno() throws OverflowError above the highest int", () => {
  for (const file of [2 ** 31, { fileno: () => 2 ** 31 }]) {
    assertThrows(
      () => fileno(file),
      OverflowError,
      "file descriptor is above 2147483647: 2147483648",
    );
  }
});
