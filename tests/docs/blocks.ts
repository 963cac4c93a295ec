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

/** A TypeScript program in a page. */
export interface Block {
  readonly code: string;
  /** The `deno run …` right above it, or `null`. */
  readonly command: string | null;
  /** The line of the page on which its fence opens, from 1. */
  readonly line: number;
}

/**
 * The TypeScript blocks of a page, those that `deno test --doc` runs among them.
 *
 * @param page Its path, from the root of the repository.
 */
export function blocks(page: string): Block[] {
  const found: Block[] = [];
  // The paragraph or block right above, as text.
  let above = "", fenced: { info: string; line: number } | null = null;
  let text: string[] = [];
  const lines = Deno.readTextFileSync(root + page).split("\n");
  for (const [i, line] of lines.entries()) {
    if (fenced !== null) {
      if (line !== "```") {
        text.push(line);
        continue;
      }
      const code = text.join("\n") + "\n";
      const { info } = fenced;
      if (/^ts\b/.test(info)) {
        found.push({ code, command: command(above), line: fenced.line });
      }
      above = info === "sh" ? code : "";
      fenced = null;
      text = [];
    } else if (line.startsWith("```")) {
      if (text.length > 0) above = inline(text);
      fenced = { info: line.slice(3), line: i + 1 };
      text = [];
    } else if (line !== "") {
      text.push(line);
    } else if (text.length > 0) {
      above = inline(text);
      text = [];
    }
  }
  return found;
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
    const flags = ["--quiet", "--check", config, ...words.slice(0, at)];
    return await ran(
      Deno.execPath(),
      ["run", ...flags, path, ...words.slice(at + 1)],
    );
  } finally {
    Deno.removeSync(path);
  }
}

/** What a paragraph has in backquotes, a line each. */
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
