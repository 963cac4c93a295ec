/**
 * The parts of the bench, and the claims that a run can miss.
 *
 * @module
 */

import type { Book, Figure, Key } from "./book.ts";
import { median } from "./book.ts";

/** A part of the bench: what it measures, shows and claims. */
export interface Part {
  readonly name: string;
  /**
   * Measures.
   *
   * @param rounds Returns the number of rounds to make, given that of a full run.
   */
  measure(book: Book, rounds: (full: number) => number): Promise<void>;
  /** The table for the page. */
  table(book: Book): string;
  /** Its picture: a panel for each of these things and numbers. */
  readonly picture?: {
    readonly title: string;
    readonly panels: ReadonlyArray<
      readonly [what: string, at: number, title: string]
    >;
  };
  readonly targets: readonly Target[];
}

/** A claim about a part. */
export interface Target {
  readonly what: string;
  /** Its name at the top of the page, if it is one of the few figures there. */
  readonly headline?: string;
  /** The highest value at which it is met. */
  readonly at_most: number;
  /** The unit of the value: `× C`, `KiB`. */
  readonly unit: string;
  /** The value, and the figure that it comes from; `null` if that was not measured. */
  measured(book: Book): { value: number; of: string; tie?: boolean } | null;
}

/** Claims that a peer takes at most `at_most` times what another takes. */
export function times(
  part: string,
  what: string,
  at: number,
  unit: string,
  peer: string,
  base: string,
  at_most: number,
): Target {
  const key = (peer: string): Key => ({ part, what, peer, at });
  return {
    what: `${peer}: ${what}, ${at.toLocaleString("en")} ${unit}`,
    at_most,
    unit: `× ${base}`,
    measured: (book) => {
      const ratio = book.ratio(key(peer), key(base));
      return ratio ? { value: ratio.value, of: base } : null;
    },
  };
}

/** Claims that a figure is at most `at_most`, in a unit of `size` of its own. */
export function most(
  { part, what, peer, at }: Key,
  size: number,
  unit: string,
  at_most: number,
): Target {
  return {
    what: `${peer}: ${what}`,
    at_most,
    unit,
    measured: (book) => {
      const found = book.find({ part, what, peer, at });
      return found ? { value: median(found.rounds) / size, of: what } : null;
    },
  };
}

/** A table with a row for each number and peer, a column for each thing measured. */
export function by_peer(
  book: Book,
  part: string,
  unit: string,
  columns: readonly string[],
): string {
  const figures = book.part(part).filter(({ what }) => columns.includes(what));
  const ats = unique(figures.map(({ at }) => at));
  const rows = ats.flatMap((at) =>
    unique(figures.filter((one) => one.at === at).map(({ peer }) => peer))
      .map((peer) => {
        const cells = columns.map((what) => {
          const found = book.find({ part, what, peer, at });
          return found ? spread(found) : "";
        });
        const number = at.toLocaleString("en");
        return ats.length > 1 ? [number, peer, ...cells] : [peer, ...cells];
      })
  );
  const head = ats.length > 1 ? [unit, "peer"] : ["peer"];
  return table([...head, ...columns], rows);
}

/** A table with a column for each peer, and the ratios of `ours` to the others. */
export function compared(
  book: Book,
  part: string,
  unit: string,
  ours: string,
): string {
  const figures = book.part(part);
  const peers = unique(figures.map(({ peer }) => peer));
  const others = peers.filter((peer) => peer !== ours);
  const rows = figures.filter(({ peer }) => peer === ours).map((figure) => {
    const cells = peers.map((peer) => {
      const found = book.find({ ...figure, peer });
      return found ? spread(found, 1000) : "";
    });
    const ratios = others.map((peer) =>
      book.ratio(figure, { ...figure, peer })?.value.toFixed(2) ?? ""
    );
    return [figure.what, `${figure.at}`, ...cells, ...ratios];
  });
  const micros = peers.map((peer) => `${peer}, µs`);
  return table(
    ["call", unit, ...micros, ...others.map((peer) => `× ${peer}`)],
    rows,
  );
}

/** A table in Markdown. */
export function table(
  head: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)]
    .join("\n");
}

/** The median to three digits, and in brackets the least and the most. */
function spread({ rounds }: Figure, size = 1): string {
  const show = (value: number) =>
    (value / size).toLocaleString("en", { maximumSignificantDigits: 3 });
  const least = show(Math.min(...rounds)), most = show(Math.max(...rounds));
  return `${show(median(rounds))} (${least}–${most})`;
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
