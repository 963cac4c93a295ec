import { stripVTControlCharacters } from "node:util";
import { failure } from "./assertion_error.ts";

/** A class of errors, whatever its constructor takes. */
export type ErrorClass<E> = abstract new (...args: never[]) => E;

function checkError<E>(
  error: unknown,
  expected: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): void {
  if (!(error instanceof expected)) {
    const got = (error as Error).constructor?.name;
    throw failure(
      `Expected error to be instance of "${expected.name}", but was "${got}"`,
      msg,
    );
  }
  const { message } = error as Error;
  const [text, part] = [message, msgIncludes ?? ""].map(
    stripVTControlCharacters,
  ) as [string, string];
  if (!text.includes(part)) {
    throw failure(
      `Expected error message to include ${JSON.stringify(part)}, but got ${
        JSON.stringify(message)
      }`,
      msg,
    );
  }
}

// A message alone; or a class, a part of its message, and a message.
type Expectation<E> = [
  first?: string | ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
];

function split<E>(
  expectation: Expectation<E>,
): [ErrorClass<E> | undefined, string | undefined, string | undefined] {
  const [first, msgIncludes, msg] = expectation;
  return typeof first === "string"
    ? [undefined, undefined, first]
    : [first, msgIncludes, msg];
}

/** Asserts that a function throws anything, and returns it. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Asserts that a function throws an error of a class, and returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  expected: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ...expectation: Expectation<E>
): unknown {
  const [expected, msgIncludes, msg] = split(expectation);
  try {
    fn();
  } catch (error) {
    if (expected === undefined) return error;
    if (!(error instanceof Error)) {
      throw failure("A non-Error object was thrown", msg);
    }
    checkError(error, expected, msgIncludes, msg);
    return error;
  }
  throw failure("Expected function to throw", msg);
}

/** Asserts that a promise is rejected with anything, and returns it. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Asserts that a promise is rejected with an error of a class, and returns it. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  expected: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ...expectation: Expectation<E>
): Promise<unknown> {
  const [expected, msgIncludes, msg] = split(expectation);
  let promise: PromiseLike<unknown> | undefined;
  try {
    promise = fn();
  } catch {
    // Told below: a throw is not a rejection.
  }
  if (typeof promise?.then !== "function") {
    throw failure("Function throws when expected to reject", msg);
  }
  try {
    await promise;
  } catch (error) {
    if (expected === undefined) return error;
    if (!(error instanceof Error)) {
      throw failure("A non-Error object was rejected", msg);
    }
    checkError(error, expected, msgIncludes, msg);
    return error;
  }
  throw failure("Expected function to reject", msg);
}
