import { assert, assertEquals } from "@std/assert";
import { ran } from "../scripts.ts";

const root = new URL("../../", import.meta.url).pathname;
const SOURCES = ["ffi", "py", "trace", "cli", "mod.ts"];

/** The TypeScript files at a path. */
function* sources(path: string): Generator<string> {
  if (path.endsWith(".ts")) yield path;
  else if (!path.includes(".")) {
    for (const { name } of Deno.readDirSync(root + path)) {
      yield* sources(`${path}/${name}`);
    }
  }
}

/** The examples in a file's docstrings, by the line on which each begins. */
function examples(path: string): [line: number, code: string][] {
  const source = Deno.readTextFileSync(root + path);
  const fences = /^ *\* ```ts\n((?: *\*.*\n)*?) *\* ```$/gm;
  return [...source.matchAll(fences)].map(({ 1: lines, index }) => [
    source.slice(0, index).split("\n").length + 1,
    lines!.replace(/^ *\* ?/gm, ""),
  ]);
}

// `deno test --doc` starts a worker for each example: 40 s of CPU time, not 3.
Deno.test("docstrings: each example runs with --allow-ffi alone, and closes its descriptors", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const tests: string[] = [];
    for (const path of SOURCES.flatMap((path) => [...sources(path)])) {
      for (const [line, code] of examples(path)) {
        const file = `${path.replaceAll("/", "_")}_${line}.ts`;
        Deno.writeTextFileSync(`${folder}/${file}`, code);
        // The runtime needs no permission to import a literal.
        tests.push(
          `Deno.test("${path}:${line}", async () => void await import("./${file}"));\n`,
        );
      }
    }
    assert(tests.length > 200, `${tests.length} examples`);
    Deno.writeTextFileSync(`${folder}/all_test.ts`, tests.join(""));
    const { code, output, errors } = await ran(Deno.execPath(), [
      ...["test", "--quiet", "--no-check", "--allow-ffi"],
      ...[`--config=${root}deno.json`, `${folder}/all_test.ts`],
    ]);
    assertEquals(code, 0, output + errors);
    assert(output.includes(`| ${tests.length} passed`), output);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
