/** Writes what a run found: `docs/performance.md`, its pictures, and the record of runs. */

import { draw } from "./draw.ts";
import { type Book, type Part, table, type Target } from "./figures.ts";

const PAGE = "docs/performance.md";
/** A line of JSON for each whole run. */
const RUNS = "docs/runs.jsonl";

/** The figures at the top of the page, and the names of their targets. */
const HEADLINES: Readonly<Record<string, string>> = {
  "busy echo, 50 connections":
    "plain API, epoll: CPU per request, µs, 50 connections",
  "a message each 1 ms with `recvAsync`":
    "plain API, recvAsync: CPU per message, µs, 1,000 µs apart",
  "receive 1 GiB with `recv_into`":
    "recv_into: CPU to receive 1 GiB, ms, 1,073,741,824 bytes",
  "receive 1 GiB with `recv_intoAsync`":
    "recv_intoAsync: CPU to receive 1 GiB, ms, 1,073,741,824 bytes",
  "10 active connections among 9,000":
    "plain API, epoll: CPU per request, 10 active, µs, 9,000 connections",
};

/** The parts that were measured, and their figures. */
export type Books = ReadonlyMap<Part, Book>;

/** Texts for the page by the names of their places. */
export type Texts = Readonly<Record<string, string>>;

/** A target and its value. */
export type Outcome = Omit<Target, "measured"> & { readonly value: number };

/** Returns the targets that were measured, with values to three decimals. */
export function outcomes(books: Books): Outcome[] {
  return [...books].flatMap(([{ targets }, book]) =>
    targets.map((target) => {
      const value = Number(target.measured(book)?.toFixed(3));
      return { ...target, value };
    })
  ).filter(({ value }) => !Number.isNaN(value));
}

/** Whether a target is missed, by more than a factor. */
export function missed({ value, at_most }: Outcome, by = 1): boolean {
  return value > at_most * by;
}

/** The tables of parts, by their names. */
export function tables(books: Books): Texts {
  const entries = [...books].map((
    [{ name, table }, { figures }],
  ) => [name, table(figures)]);
  return Object.fromEntries(entries);
}

/** What a whole run adds to them. */
export function summary(found: readonly Outcome[], machine: string): Texts {
  const met = found.filter((one) => !missed(one)).length;
  return {
    headlines: table(
      ["what", "CPU"],
      Object.entries(HEADLINES).flatMap(([name, what]) => {
        const one = found.find((one) => one.what === what);
        return one ? [[name, `${one.value.toFixed(2)} ${one.unit}`]] : [];
      }),
    ),
    machine: `Measured on ${machine}. ` +
      `${met} of ${found.length} [targets](#targets) are met.`,
    targets: table(
      ["what", "at most", "measured", ""],
      found.map((one) => {
        const { what, at_most, unit, value } = one;
        // A missed value gets one more digit, or 1.103 would look like its limit of 1.1.
        const [digits, verdict] = missed(one) ? [3, "**missed**"] : [2, "met"];
        return [what, `${at_most} ${unit}`, value.toFixed(digits), verdict];
      }),
    ),
  };
}

/** Puts texts into a page, each between `<!-- bench NAME -->` and `<!-- end NAME -->`. */
export function filled(page: string, texts: Texts): string {
  for (const [name, text] of Object.entries(texts)) {
    const begin = `<!-- bench ${name} -->`, end = `<!-- end ${name} -->`;
    const from = page.indexOf(begin), to = page.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`the page has no ${begin}`);
    page = `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`;
  }
  return page;
}

/** Writes texts into the page, and draws the pictures of parts. */
export function write(texts: Texts, books: Books): void {
  Deno.writeTextFileSync(PAGE, filled(Deno.readTextFileSync(PAGE), texts));
  const paths = [PAGE];
  for (const [{ name, picture }, { figures }] of books) {
    if (picture === undefined) continue;
    const path = `docs/pictures/bench_${name}.svg`;
    Deno.writeTextFileSync(path, draw(picture, figures));
    paths.push(path);
  }
  const args = ["fmt", "--quiet", ...paths];
  new Deno.Command(Deno.execPath(), { args }).outputSync();
}

/** Adds a whole run to the record. */
export function record(found: readonly Outcome[], machine: string): void {
  const at = new Date().toISOString().slice(0, 16).replace("T", " ");
  const entries = found.map(({ what, unit, value }) =>
    [`${what}, ${unit}`, value] as const
  );
  const run = { at, machine, values: Object.fromEntries(entries) };
  Deno.writeTextFileSync(RUNS, `${JSON.stringify(run)}\n`, { append: true });
}
