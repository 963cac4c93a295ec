/**
 * Tables of calls that raise: each by the text of its error.
 *
 * @module
 */

import { assertThrows } from "@std/assert";

// What assertThrows() takes: any constructor's parameters.
// deno-lint-ignore no-explicit-any
export type ErrorClass<E> = abstract new (...args: any[]) => E;

type Call = () => unknown;

/** Calls by the text that their error has. */
export type Calls = Record<string, Call | readonly Call[]>;

/** Makes each call; returns the last result. */
export function each<R>(
  calls: Calls,
  check: (call: Call, text: string) => R,
): R {
  const checked = Object.entries(calls).flatMap(([text, call]) =>
    [call].flat().map((one) => check(one as Call, text))
  );
  return checked.at(-1)!;
}

/**
 * Asserts that each call throws an error of a class, whose message has the text; a failure
 * shows the call.
 *
 * @returns The last error.
 */
export function raises<E extends Error>(
  expected: ErrorClass<E>,
  calls: Calls,
): E {
  return each(
    calls,
    (call, text) => assertThrows(call, expected, text, `${call}`),
  );
}
