/**
 * The cost of one call, and of a wait with 10 ready sockets among idle ones: in this package,
 * CPython and C, each with an idle thread beside it.
 */

import * as figures from "./figures.ts";
import { clock, lines, peer } from "./run.ts";

const OURS = "@iomux/py";
// Milliseconds for each figure.
const BUDGET = "20";

function part(
  name: string,
  counts: readonly number[],
  targets: readonly figures.Target[],
): figures.Part {
  const args = [name, BUDGET, ...counts.map(String)];
  return {
    name,
    rounds: 21,
    async round(book) {
      const c = peer("C", "calls.c", ...args);
      const ours = peer(OURS, "calls.ts", ...args);
      const cpython = peer("CPython", "calls.py", ...args);
      for (const { name: peer, command } of [c, ours, cpython]) {
        const found = await lines(command, on_one_core);
        for (const [what, at, nanoseconds] of found) {
          const values = { [what!]: Number(nanoseconds) / 1000 };
          book.note(peer, Number(at), values);
        }
      }
    },
    table: (all) =>
      figures.tabulate(all, { what: "call", at: "of" }, "peer", OURS),
    targets,
  };
}

/** Keeps a program on one core, as one may be slower than another. */
async function on_one_core({ pid }: Deno.ChildProcess): Promise<void> {
  const pause = (ms: number) => new Promise((go) => setTimeout(go, ms));
  // Once its other threads exist, so that V8 compiles on the other cores.
  for (let threads = 1; threads === 1;) {
    await pause(1);
    threads = clock(pid).size;
  }
  // Shorter than the warm-up of the first figure.
  await pause(10);
  const status = Deno.readTextFileSync("/proc/self/status");
  const core = /^Cpus_allowed_list:.*?(\d+)$/m.exec(status)![1]!;
  const args = ["--cpu-list", "--pid", core, `${pid}`];
  new Deno.Command("taskset", { args, stdout: "null" }).outputSync();
}

// Where the kernel does most of the work (poll on thousands), peers differ by chance: a call
// counts as dearer if it is in three rounds of four. In 21 rounds, chance does that once in 75.
const PROOF = 0.75;

/** The dearest call, compared with a peer's; without what may be chance. */
function dearest(
  what: string,
  base: string,
  at_most: number,
  is_meant: (figure: figures.Figure) => boolean,
): figures.Target {
  return {
    what,
    at_most,
    unit: `× ${base}`,
    measured(book) {
      const found = book.figures.filter(is_meant).flatMap((of) => {
        const to = book.find(base, of.at, of.what);
        if (of.peer !== OURS || to === undefined) return [];
        const each = figures.ratios(of, to), value = figures.median(each);
        const dearer = each.filter((ratio) => ratio > 1).length / each.length;
        return value > at_most && dearer < PROOF ? [] : [value];
      });
      return found.length > 0 ? Math.max(...found) : undefined;
    },
  };
}

/** One call with a time-out of 0, and moving bytes. */
export const calls: figures.Part = part("calls", [1, 10, 100, 1000, 10_000], [
  // A recv() of 64 KiB needs fresh memory: `bulk` has a claim about that.
  dearest(
    "every call, the dearest",
    "CPython",
    1,
    ({ what, at }) => !(what === "send + recv" && at > 512),
  ),
  dearest(
    "`epoll.poll`, the dearest",
    "C",
    1.5,
    ({ what }) => what.startsWith("epoll.poll"),
  ),
]);

/** One call that finds 10 ready sockets among idle ones. */
export const wake: figures.Part = part("wake", [10, 100, 900, 9000], []);
