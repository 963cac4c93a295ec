/**
 * What `--deny-net` does to calls that a program of its own makes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { decode, program } from "./setup.ts";

/** A call of `fixtures/attempt.ts`. */
export type Attempt = [call: string, family: number, address: unknown];

/** What came of each call under these flags: `allowed`, or the error. */
async function outcomes(
  flags: string[],
  attempts: Attempt[],
): Promise<string[]> {
  const args = [JSON.stringify(attempts)];
  const { stdout, stderr } = await program("attempt.ts", flags, args).output();
  assertEquals(decode(stderr), "");
  return JSON.parse(decode(stdout));
}

/**
 * Asserts which host each call was refused for; `null` where it was not, and `""` where no
 * host can be named.
 */
export async function refused(
  flags: string[],
  expected: [attempt: Attempt, host: string | null][],
): Promise<void> {
  const found = await outcomes(flags, expected.map(([attempt]) => attempt));
  assertEquals(
    found.map((outcome, i) => [expected[i]![0], outcome]),
    expected.map(([attempt, host]) => [
      attempt,
      host === null ? "allowed" : refusal(host),
    ]),
  );
}

function refusal(host: string): string {
  const what = host === "" ? "" : ` to "${host}"`;
  return `NotCapable: Requires net access${what}, which --deny-net refuses`;
}
