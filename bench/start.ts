/** The start: the time that an import of the package adds to an empty script. */

import { most, type Part, tabulate } from "./figures.ts";
import { BUILD, lines, PYTHON } from "./run.ts";

const TIME = "from start to end, ms", OVER = "over an empty script, ms";
const OURS = "@iomux/py";

const deno = [Deno.execPath(), "run", "--quiet", "--ext=ts"];
const cpython = [PYTHON];

type Script = [name: string, command: string[], text: string];

/** Scripts by runtime: the first is empty, and the others are compared with it. */
const SCRIPTS: readonly (readonly Script[])[] = [
  [
    ["Deno, nothing", deno, ""],
    [OURS, [...deno, "--allow-ffi"], 'import "../../mod.ts";'],
    ["Deno, node:net", deno, 'import "node:net";'],
  ],
  [
    ["CPython, nothing", cpython, ""],
    ["CPython, socket and selectors", cpython, "import selectors, socket"],
  ],
];

const cached = new Set<string>();

/** Milliseconds that a script takes, once the caches have it. */
async function time([name, command, text]: Script): Promise<number> {
  const script = `${BUILD}/${name.replace(/\W+/g, "_")}`;
  const run = () => lines([...command, script]);
  if (!cached.has(script)) {
    cached.add(script);
    Deno.writeTextFileSync(script, text);
    await run();
  }
  const began = performance.now();
  await run();
  return performance.now() - began;
}

/** The start. */
export const start: Part = {
  name: "start",
  rounds: 31,
  async round(book) {
    for (const [empty, ...scripts] of SCRIPTS) {
      const least = await time(empty!);
      book.note(empty![0], 1, { [TIME]: least });
      for (const script of scripts) {
        const spent = await time(script);
        const values = { [TIME]: spent, [OVER]: spent - least };
        book.note(script[0], 1, values);
      }
    }
  },
  table: (figures) => tabulate(figures, { peer: "peer" }),
  targets: [most(OURS, 1, OVER, 16, "ms")],
};
