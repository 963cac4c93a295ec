/**
 * The runs so far, and what each of them found for every target.
 *
 * @module
 */

import { table } from "./tables.ts";
import { type Outcome, TARGETS } from "./targets.ts";

/** A whole run, as `docs/bench/runs.json` keeps it. */
export interface Run {
  /** When it ended, in UTC, to the minute. */
  readonly at: string;
  readonly machine: string;
  /** How much of the work was done. */
  readonly share: number;
  /** The value of each target that was measured, by what it claims. */
  readonly values: Readonly<Record<string, number>>;
  /** Those that were missed. */
  readonly missed: readonly string[];
}

/** How many are shown. */
const SHOWN = 6;

/** All runs, the oldest first. */
export function read_runs(file: string): Run[] {
  try {
    return JSON.parse(Deno.readTextFileSync(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** What is kept of a run that ends now. */
export function run_of(
  outcomes: readonly Outcome[],
  machine: string,
  share: number,
): Run {
  const at = new Date().toISOString().slice(0, 16).replace("T", " ");
  const rounded = (value: number) => Number(value.toFixed(4));
  const values = Object.fromEntries(
    outcomes.map(({ what, value }) => [what, rounded(value)]),
  );
  const missed = outcomes.filter(({ met }) => !met).map(({ what }) => what);
  return { at, machine, share, values, missed };
}

/** A row for each target, a column for each of the last runs, and the worst of those. */
export function runs_table(runs: readonly Run[]): string {
  if (runs.length === 0) return "No run is kept yet.";
  const shown = runs.slice(-SHOWN);
  const title = ({ at, share }: Run) =>
    share === 1 ? at : `${at}, share ${share}`;
  return table(
    ["what", "at most", ...shown.map(title), "worst"],
    TARGETS.map(({ what, at_most, unit }) => {
      const show = ({ values, missed }: Run) => {
        const value = values[what];
        // To a digit more, or 1.103 would be shown as the limit itself.
        if (missed.includes(what)) return `**${value?.toFixed(3)}**`;
        return value?.toFixed(2) ?? "";
      };
      const known = shown.filter(({ values }) => what in values);
      const [worst] = known.toSorted((a, b) =>
        b.values[what]! - a.values[what]!
      );
      const cells = [...shown.map(show), worst ? show(worst) : ""];
      return [what, `${at_most} ${unit}`, ...cells];
    }),
  );
}
