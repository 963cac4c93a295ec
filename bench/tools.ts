/**
 * What a bench needs of the machine: a C compiler, CPython, redis-benchmark.
 *
 * @module
 */

import type { Peer } from "./process.ts";

/** Whether a program is there. */
export function has(program: string): boolean {
  return new Deno.Command("sh", {
    args: ["-c", `command -v "$1"`, "sh", program],
    stdout: "null",
  }).outputSync().success;
}

/**
 * Compiles a C peer; without a compiler it is left out with a sentence.
 *
 * @param source A file in `bench/peers/`.
 * @param name What the table calls it.
 */
export function build(source: string, name: string): Peer[] {
  if (!has("cc")) {
    console.log(`${name}: left out, there is no C compiler`);
    return [];
  }
  Deno.mkdirSync("bench/.build", { recursive: true });
  const binary = `bench/.build/${source.replace(/\.c$/, "")}`;
  const { success } = new Deno.Command("cc", {
    args: ["-O2", "-o", binary, `bench/peers/${source}`, "-lpthread"],
    stderr: "inherit",
  }).outputSync();
  if (!success) throw new Error(`cannot compile bench/peers/${source}`);
  return [{ name, command: [binary] }];
}
