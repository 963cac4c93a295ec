/** The figures of a run, the tables that show them, and the targets that they meet or miss. */

import type { Peer, Running } from "./run.ts";

/** A figure: what was measured of a peer, and its value in every round. */
export interface Figure {
  /** The program or library: `C, epoll`, `recv_into`; or a call. */
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

  constructor(readonly part: Part) {}

  /** Adds what a round measured of a peer. */
  note(peer: string, at: number, values: Record<string, number>): void {
    for (const [what, value] of Object.entries(values)) {
      const figure = this.find(peer, at, what);
      if (figure.rounds.length === 0) this.figures.push(figure);
      figure.rounds.push(value);
    }
  }

  /** Finds a figure; it has no rounds if it was not measured. */
  find(peer: string, at: number, what: string): Figure {
    const found = this.figures.find((one) =>
      one.peer === peer && one.at === at && one.what === what
    );
    return found ?? { peer, at, what, rounds: [] };
  }

  median(peer: string, at: number, what: string): number {
    return median(this.find(peer, at, what).rounds);
  }
}

/** A part of the bench: what it measures, shows and claims. */
export interface Part {
  readonly name: string;
  /** The number of rounds of a full run. */
  readonly rounds: number;
  /** The servers that take turns. All run at once: an idle one costs next to nothing. */
  servers?(): Peer[];
  /** Drives a server by new connections, so that V8 compiles what is hot. */
  warm_up?(server: Running): Promise<unknown>;
  round(book: Book, servers: readonly Running[]): Promise<void>;
  table(figures: readonly Figure[]): string;
  readonly picture?: Picture;
  targets(book: Book): Target[];
}

/** A picture: a panel for each thing and number. */
export interface Picture {
  readonly title: string;
  readonly panels: readonly [what: string, at: number, title: string][];
}

/** A claim about a part: at most some units were measured, such as `× C` or `KiB`. */
export type Target = ReturnType<typeof target>;

export function target(
  what: string,
  most: number,
  unit: string,
  value: number,
) {
  return { what, at_most: most, unit, value: Number(value.toFixed(3)) };
}

/** Makes targets: a peer takes at most some times what another one takes. */
export function times(book: Book, unit: string) {
  return (what: string, at: number, of: string, to: string, most: number) => {
    const each = ratios(book.find(of, at, what), book.find(to, at, what));
    const claim = `${of}: ${what}, ${at.toLocaleString("en")} ${unit}`;
    return target(claim, most, `× ${to}`, median(each));
  };
}

/** Compares round by round: a busy moment of the machine affects both. */
export function ratios(of: Figure, to: Figure): number[] {
  return of.rounds.map((value, i) => value / to.rounds[i]!);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[half]!
    : (sorted[half - 1]! + sorted[half]!) / 2;
}

/**
 * A table with a column for each thing that was measured.
 *
 * @param rows What the figures of a row have in common, with its headings.
 * @param ours The column to compare with the others, if any.
 */
export function tabulate(
  figures: readonly Figure[],
  rows: Partial<Record<"peer" | "at", string>>,
  ours?: string,
): string {
  const columns = [...new Set(figures.map(({ what }) => what))];
  const others = ours ? columns.filter((what) => what !== ours) : [];
  const groups = Map.groupBy(figures, ({ peer, at }) => `${peer} ${at}`);
  const lines = [...groups.values()].map((group) => {
    const { peer, at } = group[0]!;
    const shared = { peer, at: at.toLocaleString("en") };
    const find = (what?: string) => group.find((one) => one.what === what);
    return [
      ...Object.keys(rows).map((row) => shared[row as keyof typeof shared]),
      ...columns.map((what) => spread(find(what))),
      ...others.map((what) => ratio(find(ours), find(what))),
    ];
  });
  const compared = others.map((what) => `× ${what.split(",")[0]}`);
  return table([...Object.values(rows), ...columns, ...compared], lines);
}

/** A cell: the median, and in brackets the least and the most. */
function spread(figure?: Figure): string {
  if (figure === undefined) return "";
  const { rounds } = figure;
  const least = shown(Math.min(...rounds)), most = shown(Math.max(...rounds));
  return `${shown(median(rounds))} (${least}–${most})`;
}

function ratio(of?: Figure, to?: Figure): string {
  return of && to ? median(ratios(of, to)).toFixed(2) : "";
}

/** A value to three digits. */
export function shown(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

/** A table in Markdown. */
export function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}
