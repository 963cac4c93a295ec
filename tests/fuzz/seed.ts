/**
 * How many cases and calls are tried, and from which seed: the same seed repeats a run.
 *
 * @module
 */

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
