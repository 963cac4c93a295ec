/** The start: the time that an import of the package adds to an empty script. */

import { type Part, tabulate, target } from "./figures.ts";
import { BUILD, lines } from "./run.ts";

const OURS = "@iomux/py", OVER = "over an empty script, ms";

export const start: Part = {
  name: "start",
  rounds: 31,
  async round(book) {
    const deno = [Deno.execPath(), "run", "--quiet", "--allow-ffi", "--ext=ts"];
    // CPython itself: a version manager's shim would be measured, too.
    const print = "import sys; print(sys.executable)";
    const [cpython] = await lines(["python3", "-c", print]);
    const scripts = [
      ["Deno, nothing", deno, ""],
      [OURS, deno, 'import "../../mod.ts";'],
      ["Deno, node:net", deno, 'import "node:net";'],
      ["CPython, nothing", cpython!, ""],
      ["CPython, socket and selectors", cpython!, "import selectors, socket"],
    ] as const;
    let empty = 0;
    for (const [name, program, text] of scripts) {
      const script = `${BUILD}/${name.replace(/\W+/g, "_")}`;
      Deno.writeTextFileSync(script, text);
      const run = () => lines([...program, script]);
      await run(); // for the caches
      const began = performance.now();
      await run();
      const time = performance.now() - began;
      book.note(name, 1, { "from start to end, ms": time });
      if (text === "") empty = time;
      else book.note(name, 1, { [OVER]: time - empty });
    }
  },
  table: (figures) => tabulate(figures, { peer: "peer" }),
  targets: (book) => [
    target(`${OURS}: ${OVER}`, 16, "ms", book.median(OURS, 1, OVER)),
  ],
};
