/**
 * Starts hostile.ts in a process of its own, so that a crash fails one test; and the number of
 * cases and calls, with the seed that repeats a run.
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

/** What hostile.ts prints. */
export interface Report {
  /** How many calls were made. */
  readonly made: number;
  /** The calls' names. */
  readonly names: string[];
  /** Those that threw each time. */
  readonly never_returned: string[];
  /** How many different errors there were. */
  readonly errors: number;
  /** How many messages with a number were received. */
  readonly tagged: number;
  /** What was read of what Object.prototype has. */
  readonly inherited: string[];
  /** How many bytes more the process takes than at the start. */
  readonly grown: number;
  /** The blocks beside guard pages, and those that found no place there; `null` without. */
  readonly guarded: { readonly made: number; readonly missed: number } | null;
}

const here = new URL(".", import.meta.url).pathname;

/**
 * Makes hostile calls.
 *
 * @param seed Where the dice start.
 * @param calls How many.
 * @param again How to do it again, for the message of a failure.
 * @param guard The library that puts buffers beside guard pages.
 * @param polluted The names of what Object.prototype is to have.
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
        // Its own look for a newer version would have a socket open.
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
