/**
 * The TypeScript programs of a page in `docs/`, and a way to run one as its page says.
 *
 * A program that needs more than `--allow-ffi`, or that is a process of its own, is marked
 * ` ```ts ignore `, and so left out by `deno test --doc`. Right above it, in the paragraph or
 * the `sh` block before it, the page says how to run it: `deno run --allow-ffi … FILE.ts …`.
 * Such a line is the block's `command`; {@linkcode run_block} takes its permissions and its
 * arguments, and puts the block in place of the file. Use both from a test of the page:
 *
 * ```ts ignore
 * for (const block of blocks("docs/guide.md")) {
 *   if (block.command === null) continue; // deno test --doc runs it
 *   Deno.test(`docs/guide.md:${block.line} runs`, async () => {
 *     const { code, errors } = await run_block(block);
 *     assertEquals([code, errors], [0, ""]);
 *   });
 * }
 * ```
 *
 * @module
 */

import { AssertionError } from "@std/assert";
import { type Ended, ran } from "../scripts.ts";

const root = new URL("../../", import.meta.url).pathname;

/** What stands between two fences in a page. */
export interface Fenced {
  /** What the fence opens with, behind the backquotes. */
  readonly info: string;
  readonly code: string;
  /** The paragraph right above: what it has in backquotes, a line each. */
  readonly above: string;
  /** Whether the one before it ends right above, with no paragraph in between. */
  readonly follows: boolean;
  /** The line of the page on which its fence opens, from 1. */
  readonly line: number;
}

/** A TypeScript program in a page. */
export interface Block {
  readonly code: string;
  /** The `deno run …` right above it, or `null`. */
  readonly command: string | null;
  /** The line of the page on which its fence opens, from 1. */
  readonly line: number;
}

/**
 * All that a page has between fences.
 *
 * @param page Its path, from the root of the repository.
 */
export function fenced(page: string): Fenced[] {
  const found: Fenced[] = [];
  let open: Omit<Fenced, "code"> | null = null;
  // The lines of what is open, or of the paragraph; and the paragraph before a blank line.
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
 * The TypeScript blocks of a page, those that `deno test --doc` runs among them.
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
 * @returns How it ended, and what it printed.
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
