/**
 * Writes the page `docs/performance.md`, its tables and pictures, and the record of runs.
 *
 * @module
 */

import type { Book } from "./book.ts";
import { bars, type Panel } from "./draw.ts";
import { type Part, table, type Target } from "./part.ts";

const PAGE = "docs/performance.md", PICTURES = "docs/pictures";
/** A line of JSON for each whole run. */
const RUNS = "docs/runs.jsonl";

// A short run may exceed a limit by this factor by chance.
const TOLERANCE = 1.1;

/** A claim and its measured value. */
export interface Outcome extends Target {
  readonly value: number;
  readonly of: string;
  readonly met: boolean;
  /** Whether it is missed by more than chance explains. */
  readonly missed: boolean;
}

/** Returns the claims that were measured. */
export function outcomes(parts: readonly Part[], book: Book): Outcome[] {
  return parts.flatMap(({ targets }) => targets).flatMap((target) => {
    const measured = target.measured(book);
    if (measured === null) return [];
    const { value, of, tie } = measured, { at_most } = target;
    const met = value <= at_most || tie === true;
    const missed = !met && value > at_most * TOLERANCE;
    return [{ ...target, value, of, met, missed }];
  });
}

/** The claims as a table. */
export function targets_table(outcomes: readonly Outcome[]): string {
  return table(
    ["what", "at most", "measured", ""],
    outcomes.map(({ what, at_most, unit, value, met }) => {
      // A missed value gets one more digit, or 1.103 would look like its limit of 1.1.
      const shown = value.toFixed(met ? 2 : 3);
      return [what, `${at_most} ${unit}`, shown, met ? "met" : "**missed**"];
    }),
  );
}

/** The few figures at the top of the page. */
export function headlines(outcomes: readonly Outcome[]): string {
  return table(
    ["what", "CPU here", "of"],
    outcomes.filter(({ headline }) => headline !== undefined).map(
      ({ headline, value, unit }) => [headline!, value.toFixed(2), unit],
    ),
  );
}

/** Adds a whole run to the record. */
export function record(machine: string, found: readonly Outcome[]): void {
  const at = new Date().toISOString().slice(0, 16).replace("T", " ");
  const values = Object.fromEntries(
    found.map(({ what, unit, value }) => [
      `${what}, ${unit}`,
      Number(value.toFixed(3)),
    ]),
  );
  const run = JSON.stringify({ at, machine, values });
  Deno.writeTextFileSync(RUNS, `${run}\n`, { append: true });
}

/** Puts texts into the page, each between `<!-- bench NAME -->` and `<!-- end NAME -->`. */
export function write(texts: Readonly<Record<string, string>>): void {
  let page = Deno.readTextFileSync(PAGE);
  for (const [name, text] of Object.entries(texts)) {
    const begin = `<!-- bench ${name} -->`, end = `<!-- end ${name} -->`;
    const from = page.indexOf(begin), to = page.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`${PAGE} has no ${begin} … ${end}`);
    const before = page.slice(0, from + begin.length);
    page = `${before}\n\n${text}\n\n${page.slice(to)}`;
  }
  Deno.writeTextFileSync(PAGE, page);
  new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", PAGE] })
    .outputSync();
}

/** Draws the parts that have a picture. */
export function draw(parts: readonly Part[], book: Book): void {
  Deno.mkdirSync(PICTURES, { recursive: true });
  for (const { name, picture } of parts) {
    const figures = book.part(name);
    const panels: Panel[] = (picture?.panels ?? []).map(
      ([what, at, title]) => ({
        title,
        figures: figures.filter((one) => one.what === what && one.at === at),
      }),
    ).filter(({ figures }) => figures.length > 0);
    if (panels.length === 0) continue;
    const svg = bars(picture!.title, panels);
    Deno.writeTextFileSync(`${PICTURES}/bench_${name}.svg`, svg);
  }
}
