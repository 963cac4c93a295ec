/**
 * Other people's programs, as peers of the examples.
 *
 * @module
 */

import { type Ended, ran } from "../scripts.ts";

/** A test that needs a program; ignored, and its name says why, where it is not here. */
export async function test_with(
  program: string,
  version: string,
  name: string,
  fn: () => Promise<void>,
): Promise<void> {
  const here = await ran(program, [version]).then(() => true, () => false);
  if (here) Deno.test(name, fn);
  else Deno.test.ignore(`${name} (ignored: no ${program} here)`, fn);
}

/** Runs curl, told to be silent except for errors, and to give up at last. */
export function curl(...args: string[]): Promise<Ended> {
  return ran("curl", ["-sS", "--max-time", "20", "--noproxy", "", ...args]);
}
