/**
 * Pastes the programs of the README and of `docs/` into an empty folder, where only the
 * published package is known, and runs each with its page's command.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type Ended, WATCHDOG } from "../scripts.ts";
import { cheat_sheet, fenced, ported_server } from "../docs/blocks.ts";

import type { StrangerFolder } from "./registry.ts";

const root = new URL("../../", import.meta.url);

/** Every page that has programs, from the root of the repository. */
const pages = [
  "README.md",
  ...[...Deno.readDirSync(new URL("docs/", root))]
    .filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => `docs/${name}`).toSorted(),
];

/** The TypeScript blocks of this page are parts of one program. */
const IN_PARTS = "docs/porting.md";

/** A program that its page shows with a command and an output. */
interface Shown {
  readonly page: string;
  readonly file: string;
  readonly command: string;
  readonly code: string;
  readonly output: string;
}

/** The input for a program, once it has printed `after`. */
const conversations: Record<string, { after: string; say: string }> = {
  "cancel.ts": { after: "nothing typed yet", say: "hello\n" },
};

function shown_in(page: string): Shown[] {
  const all = fenced(page);
  return all.flatMap(({ info, code, follows }, i): Shown[] => {
    const above = all[i - 1], below = all[i + 1];
    const whole = info === "ts ignore" && follows && above?.info === "sh" &&
      below?.info === "text" && below.follows;
    if (!whole) return [];
    const file = /(\w+\.ts)\b[^|]*$/.exec(above.code)![1]!;
    return [{ page, file, command: above.code, code, output: below.code }];
  });
}

/** All programs by file name: `alone` need only `--allow-ffi`, `others` need more. */
function programs(): {
  alone: Map<string, string>;
  others: Map<string, string>;
} {
  const alone = new Map<string, string>();
  const others = new Map([
    ["cheat_sheet.ts", cheat_sheet()],
    ["ported_server.ts", ported_server("ts ignore")],
  ]);
  for (const page of pages) {
    const name = page.replace(/^docs\//, "").replace(/\W/g, "_");
    for (const { info, code, line } of fenced(page)) {
      if (info === "ts") alone.set(`${name}_${line}.ts`, code);
      else if (info === "ts ignore" && page !== IN_PARTS) {
        others.set(`${name}_${line}.ts`, code);
      }
    }
  }
  return { alone, others };
}

/** Runs a command, and types the input for it. */
async function typed(
  { command, file }: Shown,
  stranger: StrangerFolder,
  folder: string,
): Promise<Ended> {
  // timeout(1) kills every process that the shell has started.
  const line = ["timeout", "-s", "KILL", `${WATCHDOG / 1000}`, "sh", "-c"];
  const child = stranger.spawn([...line, command], folder);
  const errors = new Response(child.stderr).text();
  const writer = child.stdin.getWriter();
  const { after, say } = conversations[file] ?? { after: "", say: "" };
  let output = "", said = false;
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    output += decoder.decode(chunk, { stream: true });
    if (said || !output.includes(after)) continue;
    said = true;
    await writer.write(new TextEncoder().encode(say)).catch(() => {});
  }
  const { code } = await child.status;
  await writer.close().catch(() => {});
  return { code, output, errors: await errors };
}

/** Pastes every program of the pages into a new folder, checks all, and runs them. */
export async function paste_pages(
  test: Deno.TestContext,
  stranger: StrangerFolder,
): Promise<void> {
  const folder = `${stranger.path}/pasted`;
  Deno.mkdirSync(folder);
  const { alone, others } = programs();
  const write = (file: string, code: string) =>
    Deno.writeTextFileSync(`${folder}/${file}`, code);
  for (const [file, code] of [...alone, ...others]) write(file, code);
  assert(alone.size > 40);

  await test.step("type-checks every program of the pages", async () => {
    const files = [...alone.keys(), ...others.keys()];
    const { code, errors } = await stranger.run(
      ["deno", "check", "--quiet", ...files],
      folder,
    );
    assertEquals([code, errors], [0, ""]);
  });

  await test.step("runs every program of the pages with --allow-ffi alone", async () => {
    // One process for all of them. The runtime needs no permission to import a literal.
    const files = [...alone.keys()];
    write(
      "all.ts",
      files.map((file) => `await import("./${file}");\n`).join(""),
    );
    const { code, output, errors } = await stranger.run(
      ["deno", "run", "--quiet", "--allow-ffi", "all.ts"],
      folder,
    );
    assertEquals(code, 0, output + errors);
  });

  for (const page of pages) {
    const shown = shown_in(page);
    for (const program of shown) {
      await test.step(`${page}: ${program.file} prints what the page says`, async () => {
        const empty = `${folder}/${program.file}.d`;
        Deno.mkdirSync(empty);
        Deno.writeTextFileSync(`${empty}/${program.file}`, program.code);
        const { code, output, errors } = await typed(
          program,
          stranger,
          empty,
        );
        assertEquals([code, output, errors], [0, program.output, ""]);
      });
    }
  }

  await test.step("docs/any-descriptor.md shows the output of each program with a command", () => {
    const page = "docs/any-descriptor.md";
    const marked = fenced(page).filter(({ info }) => info === "ts ignore");
    assertEquals(shown_in(page).length, marked.length);
    assert(marked.length > 5);
  });
}
