/**
 * The lines of docs/cheatsheet.md: Python's are compiled one by one. TypeScript's are checked
 * as one program with those of the other pages, in tests/release/published_test.ts.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { python3, ran, without_python3 } from "../scripts.ts";
import { lines } from "./cheat_sheet.ts";

Deno.test({
  name: `the cheat sheet's Python compiles${without_python3}`,
  ignore: !python3,
  async fn() {
    const sources = lines().map(([python]) => {
      // A line of a statement that goes on, and one that ends it.
      if (python.startsWith("try:")) return `${python}\nfinally: pass`;
      return python.startsWith("except") ? `try: pass\n${python}` : python;
    });
    assert(sources.length > 40);
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
