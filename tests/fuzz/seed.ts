/**
 * How much is tried, and from which seed on: the same seed tries the same again.
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

/** IOMUX_FUZZ_SEED: where the dice start. */
export const SEED: number = number("IOMUX_FUZZ_SEED", 1);
/** IOMUX_FUZZ_CASES: how many times codecs are tried, all properties together. */
export const CASES: number = number("IOMUX_FUZZ_CASES", 150_000);
/** IOMUX_FUZZ_CALLS: how many hostile calls are made. */
export const CALLS: number = number("IOMUX_FUZZ_CALLS", 100_000);
/** IOMUX_FUZZ_CALLS: how many hostile calls are made with buffers beside guard pages. */
export const GUARDED: number = number("IOMUX_FUZZ_CALLS", 10_000);
