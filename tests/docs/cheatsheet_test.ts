/**
 * The lines of docs/cheatsheet.md: TypeScript's are type-checked as one program, Python's
 * compiled one by one.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { python3, ran, without_python3 } from "../scripts.ts";

const root = new URL("../../", import.meta.url);

/** The two columns of every table, without the backquotes. */
function lines(): Array<[python: string, typescript: string]> {
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

Deno.test("the cheat sheet's TypeScript is one program that type-checks", async () => {
  const program = [
    'import { BlockingIOError, errno, OSError, queue, select, selectors, socket } from "@iomux/py";',
    'import * as struct from "@iomux/py/struct";',
    "declare const error: OSError;",
    "declare const header: Uint8Array<ArrayBuffer>;",
    ...lines().map(([, typescript]) => typescript),
  ].join("\n");
  assert(lines().length > 40);
  const file = await Deno.makeTempFile({ suffix: ".ts", dir: root.pathname });
  try {
    await Deno.writeTextFile(file, program);
    const { code, errors } = await ran(Deno.execPath(), ["check", file]);
    assertEquals(code, 0, errors);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test({
  name: `the cheat sheet's Python compiles${without_python3}`,
  ignore: !python3,
  async fn() {
    const sources = lines().map(([python]) => {
      // A line of a statement that goes on, and one that ends it.
      if (python.startsWith("try:")) return `${python}\nfinally: pass`;
      return python.startsWith("except") ? `try: pass\n${python}` : python;
    });
    const script = [
      "import ast, json, sys",
      "flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT",
      "for source in json.loads(sys.argv[1]):",
      "    compile(source, source, 'exec', flags)",
    ].join("\n");
    const { code, errors } = await ran("python3", [
      "-c",
      script,
      JSON.stringify(sources),
    ]);
    assertEquals(code, 0, errors);
  },
});
