/** Writes what a run found: `docs/performance.md`, its pictures, and the record of runs. */

import { draw } from "./draw.ts";
import { type Book, table, type Target } from "./figures.ts";

const PAGE = "docs/performance.md";

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

/** Texts for the page by the names of their places. */
type Texts = Record<string, string>;

/** The tables of parts. */
export function tables(books: readonly Book[]): Texts {
  return Object.fromEntries(
    books.map(({ part, figures }) => [part.name, part.table(figures)]),
  );
}

/** What a whole run adds to them. */
export function summary(found: readonly Target[], machine: string): Texts {
  const met = found.filter(({ value, at_most }) => value <= at_most);
  return {
    headlines: table(
      ["what", "CPU"],
      Object.entries(HEADLINES).flatMap(([name, what]) => {
        const one = found.find((one) => one.what === what);
        return one ? [[name, `${one.value.toFixed(2)} ${one.unit}`]] : [];
      }),
    ),
    machine: `Measured on ${machine}. ` +
      `${met.length} of ${found.length} [targets](#targets) are met.`,
    targets: table(
      ["what", "at most", "measured", ""],
      found.map(({ what, at_most, unit, value }) => {
        // A missed value gets one more digit, or 1.103 would look like its limit of 1.1.
        const result = value > at_most
          ? [value.toFixed(3), "**missed**"]
          : [value.toFixed(2), "met"];
        return [what, `${at_most} ${unit}`, ...result];
      }),
    ),
  };
}

/** Puts texts into a page, each between `<!-- bench NAME -->` and `<!-- end NAME -->`. */
export function filled(page: string, texts: Texts): string {
  return page.replaceAll(
    /(<!-- bench (\w+) -->)[^]*?(?=<!-- end)/g,
    (old, begin, name) =>
      name in texts ? `${begin}\n\n${texts[name]}\n\n` : old,
  );
}

/** Writes texts into the page, and draws the pictures of parts. */
export function write(texts: Texts, books: readonly Book[]): void {
  Deno.writeTextFileSync(PAGE, filled(Deno.readTextFileSync(PAGE), texts));
  for (const { part: { name, picture }, figures } of books) {
    if (picture === undefined) continue;
    const path = `docs/pictures/bench_${name}.svg`;
    Deno.writeTextFileSync(path, draw(picture, figures));
  }
  const args = ["fmt", "--quiet", PAGE, "docs/pictures"];
  new Deno.Command(Deno.execPath(), { args }).outputSync();
}

/** Adds a whole run to the record, which has a line of JSON for each. */
export function record(found: readonly Target[], machine: string): void {
  const at = new Date().toISOString().slice(0, 16).replace("T", " ");
  const values = Object.fromEntries(
    found.map(({ what, unit, value }) => [`${what}, ${unit}`, value]),
  );
  const line = JSON.stringify({ at, machine, values });
  Deno.writeTextFileSync("docs/runs.jsonl", `${line}\n`, { append: true });
}
