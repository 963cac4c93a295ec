import { stripVTControlCharacters } from "node:util";
import { failure } from "./assertion_error.ts";

// Like the genuine functions, takes any constructor.
// deno-lint-ignore no-explicit-any
type ErrorClass<E> = abstract new (...args: any[]) => E;

/** The arguments after the first: a message alone, or a class, a part of its message, a message. */
type Expectation<E> = [
  first?: string | ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
];

/** Returns the error if it is the expected one; throws otherwise. */
function checked<E>(
  error: unknown,
  how: "thrown" | "rejected",
  [first, msgIncludes = "", msg]: Expectation<E>,
): unknown {
  if (first === undefined || typeof first === "string") return error;
  if (!(error instanceof Error)) {
    throw failure(`A non-Error object was ${how}`, msg);
  }
  if (!(error instanceof first)) {
    throw failure(
      `Expected error to be instance of "${first.name}", but was "${error.constructor?.name}"`,
      msg,
    );
  }
  const { message } = error as Error;
  if (
    !stripVTControlCharacters(message).includes(
      stripVTControlCharacters(msgIncludes),
    )
  ) {
    throw failure(
      `Expected error message to include ${
        JSON.stringify(msgIncludes)
      }, but got ${JSON.stringify(message)}`,
      msg,
    );
  }
  return error;
}

function message_of<E>([first, , msg]: Expectation<E>): string | undefined {
  return typeof first === "string" ? first : msg;
}

/** Asserts that a function throws anything, and returns it. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Asserts that a function throws an error of a class, and returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any -- as the genuine one
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ...expectation: Expectation<E>
): unknown {
  try {
    fn();
  } catch (error) {
    return checked(error, "thrown", expectation);
  }
  throw failure("Expected function to throw", message_of(expectation));
}

/** Asserts that a promise is rejected with anything, and returns it. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Asserts that a promise is rejected with an error of a class, and returns it. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any -- as the genuine one
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ...expectation: Expectation<E>
): Promise<unknown> {
  const msg = message_of(expectation);
  let promise: PromiseLike<unknown> | undefined;
  try {
    promise = fn();
  } catch {
    // A throw is not a rejection: the check below fails.
  }
  if (typeof promise?.then !== "function") {
    throw failure("Function throws when expected to reject", msg);
  }
  try {
    await promise;
  } catch (error) {
    return checked(error, "rejected", expectation);
  }
  throw failure("Expected function to reject", msg);
}
