/**
 * The programs of the pages in `docs/`.
 *
 * `deno test --doc` runs a block that needs `--allow-ffi` alone. Any other block is marked
 * ` ```ts ignore `, and the paragraph or the `sh` block right above it shows its command:
 * `deno run --allow-ffi … FILE.ts …`. {@linkcode run_block} takes the permissions and the
 * arguments of that command, and runs the block in place of the file.
 *
 * @module
 */

import { assert, AssertionError } from "@std/assert";
import { type Ended, ran } from "../scripts.ts";

const root = new URL("../../", import.meta.url).pathname;

/** A fenced block of a page. */
export interface Fenced {
  /** The words behind the opening backquotes. */
  readonly info: string;
  readonly code: string;
  /** The code spans of the paragraph right above, a line each. */
  readonly above: string;
  /** Whether another block ends right above, with no paragraph in between. */
  readonly follows: boolean;
  /** The line of the page on which its fence opens, from 1. */
  readonly line: number;
}

/** A TypeScript block of a page. */
export interface Block {
  readonly code: string;
  /** The `deno run …` right above it; `null` if there is none. */
  readonly command: string | null;
  /** The line of the page on which its fence opens, from 1. */
  readonly line: number;
}

/**
 * Finds all fenced blocks of a page.
 *
 * @param page Its path, from the root of the repository.
 */
export function fenced(page: string): Fenced[] {
  const found: Fenced[] = [];
  let open: Omit<Fenced, "code"> | null = null;
  // The lines of the open block or paragraph, and the paragraph before a blank line.
  let lines: string[] = [], paragraph: string[] = [];
  const text = Deno.readTextFileSync(root + page);
  for (const [i, line] of text.split("\n").entries()) {
    if (open !== null) {
      if (line !== "```") {
        lines.push(line);
        continue;
      }
      found.push({ ...open, code: lines.join("\n") + "\n" });
      open = null;
      lines = paragraph = [];
    } else if (line.startsWith("```")) {
      if (lines.length > 0) paragraph = lines;
      open = {
        info: line.slice(3),
        above: inline(paragraph),
        follows: found.length > 0 && paragraph.length === 0,
        line: i + 1,
      };
      lines = [];
    } else if (line !== "") {
      lines.push(line);
    } else if (lines.length > 0) {
      paragraph = lines;
      lines = [];
    }
  }
  return found;
}

/**
 * Finds the TypeScript blocks of a page, with those that `deno test --doc` runs.
 *
 * @param page Its path, from the root of the repository.
 */
export function blocks(page: string): Block[] {
  const all = fenced(page);
  return all.flatMap(({ info, code, above, follows, line }, i) => {
    if (!/^ts\b/.test(info)) return [];
    const before = follows ? all[i - 1]! : null;
    const said = before?.info === "sh" ? before.code : above;
    return [{ code, command: command(said), line }];
  });
}

/**
 * Runs a block with the permissions and the arguments of its command, until it ends.
 *
 * @returns Its exit status and its output.
 */
export async function run_block({ code, command }: Block): Promise<Ended> {
  const words = command?.split(" ").slice(2) ?? [];
  const at = words.findIndex((word) => word.endsWith(".ts"));
  if (at < 0) throw new AssertionError(`names no .ts file: ${command}`);
  const path = Deno.makeTempFileSync({ suffix: ".ts" });
  try {
    Deno.writeTextFileSync(path, code);
    const config = `--config=${root}deno.json`;
    const flags = ["--quiet", config, ...words.slice(0, at)];
    return await ran(
      Deno.execPath(),
      ["run", ...flags, path, ...words.slice(at + 1)],
    );
  } finally {
    Deno.removeSync(path);
  }
}

function inline(paragraph: readonly string[]): string {
  const spans = paragraph.join(" ").matchAll(/`([^`]+)`/g);
  return [...spans].map(([, span]) => span!).join("\n");
}

function command(above: string): string | null {
  const line = above.split("\n").findLast((line) =>
    line.startsWith("deno run ")
  );
  return line?.replace(/ +#.*/, "") ?? null;
}

/** The lines of docs/cheatsheet.md: both columns of every table, without the backquotes. */
export function cheat_sheet_lines(): [python: string, typescript: string][] {
  const page = Deno.readTextFileSync(`${root}docs/cheatsheet.md`);
  return page.split("\n").filter((line) => line.startsWith("| `"))
    .map((line) => {
      const cells = line.replaceAll("\\|", "\0").split("|").slice(1, 3);
      const [python, typescript] = cells.map((cell) =>
        cell.trim().replace(/^`|`$/g, "").replaceAll("\0", "|")
      );
      return [python!, typescript!];
    });
}

/** The program of all TypeScript lines in docs/cheatsheet.md, and the imports that they assume. */
export function cheat_sheet(): string {
  const page = Deno.readTextFileSync(`${root}docs/cheatsheet.md`);
  const [, imports] = /^```ts ignore\n([^]*?)^```$/m.exec(page)!;
  return [
    imports!,
    "declare const error: OSError;",
    "declare const header: Uint8Array<ArrayBuffer>;",
    ...cheat_sheet_lines().map(([, typescript]) => typescript),
  ].join("\n");
}

/** The server of docs/porting.md: the program that the blocks of one language make. */
export function ported_server(language: "python" | "ts ignore"): string {
  const page = Deno.readTextFileSync(`${root}docs/porting.md`);
  const section = /^## One server, twice\n(.*?)^## /ms.exec(page)![1]!;
  const block = new RegExp("^```" + language + "\n(.*?)^```$", "gms");
  const blocks = [...section.matchAll(block)].map(([, code]) => code!);
  assert(blocks.length > 0, `no block is marked ${language}`);
  return blocks.join("\n");
}
