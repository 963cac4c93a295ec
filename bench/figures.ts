/** The figures of a run, the tables that show them, and the targets that they meet or miss. */

import type { Peer, Server } from "./run.ts";

/** A figure: what was measured of a peer, and its value in every round. */
export interface Figure {
  /** The program or library: `C, epoll`, `recv_into`. */
  readonly peer: string;
  /** The number of connections, sockets, bytes or microseconds. */
  readonly at: number;
  /** What it is, with its unit: `CPU per request, µs`. */
  readonly what: string;
  readonly rounds: number[];
}

/** The figures of a part of the bench, in the order in which they were first measured. */
export class Book {
  readonly figures: Figure[] = [];

  /** Adds what a round measured of a peer. */
  note(peer: string, at: number, values: Record<string, number>): void {
    for (const [what, value] of Object.entries(values)) {
      const known = this.find(peer, at, what);
      if (known) known.rounds.push(value);
      else this.figures.push({ peer, at, what, rounds: [value] });
    }
  }

  /** Finds a figure, if it was measured. */
  find(peer: string, at: number, what: string): Figure | undefined {
    return this.figures.find((one) =>
      one.peer === peer && one.at === at && one.what === what
    );
  }
}

/** A part of the bench: what it measures, shows and claims. */
export interface Part {
  readonly name: string;
  /** The number of rounds of a full run. */
  readonly rounds: number;
  /** The servers that take turns. All run at once: an idle one costs next to nothing. */
  servers?(): Peer[];
  /** Whether each round starts the servers anew: two processes of one server are never alike. */
  readonly anew?: boolean;
  /** Drives a server by new connections. `WARM_UPS` runs let V8 compile what is hot. */
  warm_up?(server: Server): Promise<unknown>;
  /** Measures each peer. */
  round(book: Book, running: readonly Server[]): Promise<void>;
  /** The table for the page. */
  table(figures: readonly Figure[]): string;
  readonly picture?: Picture;
  readonly targets: readonly Target[];
}

/** A picture: a panel for each thing and number. */
export interface Picture {
  readonly title: string;
  readonly panels: readonly [what: string, at: number, title: string][];
}

/** A claim about a part. */
export interface Target {
  readonly what: string;
  /** The highest value at which it is met. */
  readonly at_most: number;
  /** The unit of the value: `× C`, `KiB`. */
  readonly unit: string;
  /** Its value, `undefined` if that was not measured. */
  measured(book: Book): number | undefined;
}

/** Makes targets: a peer takes at most `at_most` times what the peer `base` takes. */
export function times(unit: string) {
  return (
    what: string,
    at: number,
    peer: string,
    base: string,
    at_most: number,
  ): Target => ({
    what: `${peer}: ${what}, ${at.toLocaleString("en")} ${unit}`,
    at_most,
    unit: `× ${base}`,
    measured(book) {
      const of = book.find(peer, at, what);
      const to = book.find(base, at, what);
      return of && to && median(ratios(of, to));
    },
  });
}

/** Makes a target: a figure is at most `at_most` units of a size. */
export function most(
  peer: string,
  at: number,
  what: string,
  at_most: number,
  unit: string,
  size = 1,
): Target {
  return {
    what: `${peer}: ${what}`,
    at_most,
    unit,
    measured(book) {
      const found = book.find(peer, at, what);
      return found && median(found.rounds) / size;
    },
  };
}

/** Compares round by round: a busy moment of the machine affects both. */
export function ratios(of: Figure, to: Figure): number[] {
  return of.rounds.map((value, i) => value / to.rounds[i]!);
}

/** The middle of some values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[half]!
    : (sorted[half - 1]! + sorted[half]!) / 2;
}

/**
 * A table of figures. A cell has the median, and in brackets the least and the most.
 *
 * @param rows What the figures of a row have in common, with its headings.
 * @param columns What the figures of a column have in common.
 * @param ours The column to compare with the others, if any.
 */
export function tabulate(
  figures: readonly Figure[],
  rows: Partial<Record<"what" | "peer" | "at", string>>,
  columns: "what" | "peer" = "what",
  ours?: string,
): string {
  const labels = Object.keys(rows) as (keyof typeof rows)[];
  const names = [...new Set(figures.map((one) => one[columns]))];
  const others = names.filter((name) => ours !== undefined && name !== ours);
  const groups = Map.groupBy(
    figures,
    (one) => labels.map((label) => one[label]).join(),
  );
  const cells = [...groups.values()].map((row) => {
    const find = (name?: string) => row.find((one) => one[columns] === name);
    const of = find(ours);
    const compared = others.map((name) => {
      const to = find(name);
      return of && to ? median(ratios(of, to)).toFixed(2) : "";
    });
    const values = names.map((name) => spread(find(name)));
    const shared = labels.map((label) => row[0]![label]);
    const shown = shared.map((one) =>
      typeof one === "number" ? one.toLocaleString("en") : one
    );
    return [...shown, ...values, ...compared];
  });
  const heads = names.map((name) => ours === undefined ? name : `${name}, µs`);
  const compared = others.map((name) => `× ${name}`);
  return table([...Object.values(rows), ...heads, ...compared], cells);
}

function spread(figure?: Figure): string {
  if (figure === undefined) return "";
  const { rounds } = figure;
  const least = shown(Math.min(...rounds)), most = shown(Math.max(...rounds));
  return `${shown(median(rounds))} (${least}–${most})`;
}

/** A value to three digits. */
export function shown(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

/** A table in Markdown. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)]
    .join("\n");
}
