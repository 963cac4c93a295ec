import { assertEquals } from "@std/assert";
import { Book } from "../../bench/figures.ts";
import { PARTS } from "../../bench/main.ts";
import { filled, summary, tables } from "../../bench/page.ts";
import { ran } from "../scripts.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));
const page = read("docs/performance.md");

/** The figures that the tables show; as rounds, the least, the median and the most. */
function shown(): Book[] {
  const number = (text: string) => Number(text.replaceAll(",", ""));
  return PARTS.map((part) => {
    const book = new Book(part);
    const [, block] = page.split(`<!-- bench ${part.name} -->`);
    let head: string[] = [];
    for (const line of block!.split("<!-- end")[0]!.split("\n")) {
      const cells = line.split("|").slice(1, -1).map((cell) => cell.trim());
      // A table begins after an empty line.
      if (cells.length === 0) head = [];
      else if (head.length === 0) head = cells;
      cells.forEach((cell, i) => {
        const rounds = /^(\S+) \((\S+)–(\S+)\)$/.exec(cell)?.slice(1);
        if (rounds === undefined) return;
        const named = head.findIndex((one) => /^(peer|call)$/.test(one));
        const peer = cells[named]!, what = head[i]!;
        const at = head[0] === "peer" ? "1" : cells[1 - named]!;
        for (const round of rounds) {
          book.note(peer, number(at), { [what]: number(round) });
        }
      });
    }
    return book;
  });
}

/** The targets with the values of the last run. */
function last_run() {
  const { machine, values } = JSON.parse(
    read("docs/runs.jsonl").trim().split("\n").at(-1)!,
  );
  const found = shown().flatMap((book) => book.part.targets(book)).map((
    target,
  ) => ({
    ...target,
    value: values[`${target.what}, ${target.unit}`] as number,
  }));
  return summary(found, machine);
}

// Ratios are medians over rounds that the page does not show.
const without_ratios = (text: string) =>
  text.replaceAll(/(?<=–.*)\| +\d+\.\d\d +(?=\|)/g, "| ");

Deno.test("docs/performance.md shows its figures as bench/ would write them", async () => {
  const texts = { ...tables(shown()), ...last_run() };
  const fmt = ["fmt", "--ext=md", "-"];
  const { output } = await ran(Deno.execPath(), fmt, filled(page, texts));
  assertEquals(without_ratios(page), without_ratios(output));
});
