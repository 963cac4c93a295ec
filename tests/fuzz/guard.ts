/**
 * The library of guard.c in a process that has it in LD_PRELOAD: imported before all else, it
 * puts the package's own memory beside guard pages as well.
 *
 * @module
 */

/** What guard.c counts and checks. */
export interface Guard {
  /** Ends the process if a byte beside a block has changed. */
  look(): void;
  /** How many blocks lay beside guard pages, and how many found no place there. */
  counts(): { made: number; missed: number };
}

function started(path: string): Guard {
  const { symbols } = Deno.dlopen(path, {
    // void guard_on(void)
    guard_on: { parameters: [], result: "void" },
    // void guard_look(void)
    guard_look: { parameters: [], result: "void" },
    // void guard_counts(int64_t counts[2])
    guard_counts: { parameters: ["buffer"], result: "void" },
  });
  symbols.guard_on();
  return {
    look: symbols.guard_look,
    counts() {
      const counts = new BigInt64Array(2);
      symbols.guard_counts(counts);
      return { made: Number(counts[0]), missed: Number(counts[1]) };
    },
  };
}

const OPTION = "--guard=";
const option = Deno.args.find((one) => one.startsWith(OPTION));

/** What guards this process; `null` where nothing does. */
export const guard: Guard | null = option === undefined
  ? null
  : started(option.slice(OPTION.length));
