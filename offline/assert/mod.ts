/**
 * A stand-in for `@std/assert` where JSR cannot be reached: the functions that the tests use.
 *
 * It is stricter than the real one in two corners: inside an object, 0 differs from -0 and an
 * object without a prototype from a plain one.
 *
 * @module
 */

import { inspect, isDeepStrictEqual } from "node:util";
import { AssertionError, failure } from "./assertion_error.ts";

export { AssertionError } from "./assertion_error.ts";
export { assertRejects, assertThrows } from "./throws.ts";

/** The values that count as false. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

function shown(value: unknown): string {
  return inspect(value, { depth: Infinity, sorted: true });
}

// The statement, then both values below it.
function difference(
  statement: string,
  actual: unknown,
  expected: unknown,
  msg?: string,
): AssertionError {
  const { message } = failure(statement, msg);
  return new AssertionError(
    `${message}\n\n  Actual:   ${shown(actual)}\n  Expected: ${
      shown(expected)
    }\n`,
  );
}

function equal(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(a, b);
}

/** Asserts that a value counts as true. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Asserts that a value counts as false. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Asserts that two values are equal, however deep. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) {
    throw difference("Values are not equal", actual, expected, msg);
  }
}

/** Asserts that two values differ. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) {
    throw failure(
      `Expected actual: ${shown(actual)} not to be: ${shown(expected)}`,
      msg,
    );
  }
}

/** Asserts that two values are one and the same. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  throw shown(actual) === shown(expected)
    ? failure(
      `Values have the same structure but are not reference-equal`,
      msg,
    )
    : difference("Values are not strictly equal", actual, expected, msg);
}

/** Asserts that a value was made by a class. */
export function assertInstanceOf<
  // deno-lint-ignore no-explicit-any -- as the genuine one
  T extends abstract new (...args: any[]) => any,
>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  const got = typeof actual === "object" && actual !== null
    ? actual.constructor?.name ?? "Object"
    : actual === null
    ? "null"
    : typeof actual;
  throw failure(
    `Expected object to be an instance of "${expectedType.name}" but was "${got}"`,
    msg,
  );
}

/** Asserts that a string matches a pattern. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (!expected.test(actual)) {
    throw failure(`Expected actual: "${actual}" to match: "${expected}"`, msg);
  }
}

/** Asserts that a string has another one in it. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (!actual.includes(expected)) {
    throw failure(
      `Expected actual: "${actual}" to contain: "${expected}"`,
      msg,
    );
  }
}

/** Asserts that the first value is above the second. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (actual > expected) return;
  throw new AssertionError(
    msg ?? `Expect ${shown(actual)} > ${shown(expected)}`,
  );
}

/** Asserts that the first value is not below the second. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (actual >= expected) return;
  throw new AssertionError(
    msg ?? `Expect ${shown(actual)} >= ${shown(expected)}`,
  );
}

/** Asserts that the first value is below the second. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (actual < expected) return;
  throw new AssertionError(
    msg ?? `Expect ${shown(actual)} < ${shown(expected)}`,
  );
}

/** Asserts that the first value is not above the second. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (actual <= expected) return;
  throw new AssertionError(
    msg ?? `Expect ${shown(actual)} <= ${shown(expected)}`,
  );
}

/** Asserts that two numbers are nearly equal, by default to one part in ten million. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance: number = Number.isFinite(expected)
    ? Math.abs(expected * 1e-7)
    : 1e-7,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const delta = Math.abs(expected - actual);
  if (delta <= tolerance) return;
  throw failure(
    `Expected actual: "${actual}" to be close to "${expected}": delta "${delta}" is greater than "${tolerance}"`,
    msg,
  );
}

/** Fails. */
export function fail(msg?: string): never {
  throw failure("Failed assertion", msg);
}

/** Fails: this line is never reached. */
export function unreachable(msg?: string): never {
  throw failure("Unreachable", msg);
}
