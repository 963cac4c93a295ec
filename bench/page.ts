/**
 * The tables in `docs/performance.md`: between two comments each, rewritten by a run.
 *
 * @module
 */

const PAGE = "docs/performance.md";

/** Puts tables into the page, by the name in `<!-- bench NAME -->`. */
export function write(tables: Readonly<Record<string, string>>): void {
  let page = Deno.readTextFileSync(PAGE);
  for (const [name, table] of Object.entries(tables)) {
    const begin = `<!-- bench ${name} -->`, end = `<!-- end ${name} -->`;
    const from = page.indexOf(begin), to = page.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`${PAGE} has no ${begin} … ${end}`);
    const before = page.slice(0, from + begin.length);
    page = `${before}\n\n${table}\n\n${page.slice(to)}`;
  }
  Deno.writeTextFileSync(PAGE, page);
}

/** Has `deno fmt` bring what was written into form, as it checks all of `docs/`. */
export function tidy(...paths: string[]): void {
  const { success } = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", PAGE, ...paths],
    stderr: "inherit",
  }).outputSync();
  if (!success) throw new Error("deno fmt failed");
}
