/**
 * The lines of docs/cheatsheet.md, and the one program that its TypeScript makes.
 *
 * @module
 */

const root = new URL("../../", import.meta.url);

/** The two columns of every table, without the backquotes. */
export function lines(): Array<[python: string, typescript: string]> {
  const page = Deno.readTextFileSync(new URL("docs/cheatsheet.md", root));
  return page.split("\n").filter((line) => line.startsWith("| `"))
    .map((line) => {
      const cells = line.replaceAll("\\|", "\0").split("|").slice(1, 3);
      const [python, typescript] = cells.map((cell) =>
        cell.trim().replace(/^`|`$/g, "").replaceAll("\0", "|")
      );
      return [python!, typescript!];
    });
}

/** All lines of TypeScript, below the imports that the page assumes. */
export function cheat_sheet(): string {
  const page = Deno.readTextFileSync(new URL("docs/cheatsheet.md", root));
  const [, imports] = /^```ts ignore\n([^]*?)^```$/m.exec(page)!;
  return [
    imports!,
    "declare const error: OSError;",
    "declare const header: Uint8Array<ArrayBuffer>;",
    ...lines().map(([, typescript]) => typescript),
  ].join("\n");
}
