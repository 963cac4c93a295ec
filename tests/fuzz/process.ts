/**
 * Starts hostile.ts in its own process, so that a crash fails one test. Reads the number of cases
 * and calls, and the seed, from the environment.
 *
 * @module
 */

import { assertEquals } from "@std/assert";

function number(name: string, otherwise: number): number {
  const given = Deno.env.get(name);
  if (given === undefined || given === "") return otherwise;
  const value = Number(given);
  if (!Number.isInteger(value) || value < 0) {
    throw new RangeError(`${name} must be a whole number, not ${given}`);
  }
  return value;
}

/** IOMUX_FUZZ_SEED: the first state of the dice. */
export const SEED: number = number("IOMUX_FUZZ_SEED", 1);
/** IOMUX_FUZZ_CASES: the number of cases, shared among the codecs' properties. */
export const CASES: number = number("IOMUX_FUZZ_CASES", 50_000);
/** IOMUX_FUZZ_CALLS: the number of hostile calls. */
export const CALLS: number = number("IOMUX_FUZZ_CALLS", 40_000);
/** IOMUX_FUZZ_CALLS: the number of hostile calls with buffers beside guard pages. */
export const GUARDED: number = number("IOMUX_FUZZ_CALLS", 10_000);

/** The output of hostile.ts. */
export interface Report {
  /** The number of calls. */
  readonly made: number;
  /** The calls' names. */
  readonly names: string[];
  /** The calls that always threw. */
  readonly never_returned: string[];
  /** The number of different errors. */
  readonly errors: number;
  /** The number of received messages with a tag. */
  readonly tagged: number;
  /** The fields of Object.prototype that were read. */
  readonly inherited: string[];
  /** The growth of the process in bytes. */
  readonly grown: number;
  /** The number of blocks beside guard pages, and of those without a slot; `null` without guard.c. */
  readonly guarded: { readonly made: number; readonly missed: number } | null;
}

const here = new URL(".", import.meta.url).pathname;

/**
 * Makes hostile calls.
 *
 * @param seed The seed of the dice.
 * @param calls The number of calls.
 * @param again The command that repeats the run, for the message of a failure.
 * @param guard The library of guard.c.
 * @param polluted The names of fields for Object.prototype.
 */
export async function hostile(
  seed: number,
  calls: number,
  again: string,
  { guard, polluted }: { guard?: string; polluted?: string[] } = {},
): Promise<Report> {
  const folder = Deno.makeTempDirSync({ prefix: "iomux" });
  try {
    const { code, signal, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: ["run", "--quiet", "--no-prompt", "--no-check", "--allow-ffi"]
          .concat(`--allow-read=${folder}`, `--allow-write=${folder}`)
          .concat(`${here}hostile.ts`, String(seed), String(calls))
          .concat(guard === undefined ? [] : `--guard=${guard}`)
          .concat(polluted === undefined ? [] : `--polluted=${polluted}`),
        cwd: folder,
        // The check for a newer Deno would open a socket.
        env: {
          NO_COLOR: "1",
          DENO_NO_UPDATE_CHECK: "1",
          ...(guard === undefined ? {} : { LD_PRELOAD: guard }),
        },
        stdin: "null",
      },
    ).output();
    const decoder = new TextDecoder();
    assertEquals(
      [code, signal, decoder.decode(stderr)],
      [0, null, ""],
      `again with: ${again}`,
    );
    return JSON.parse(decoder.decode(stdout));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
