/** One call, and one that finds 10 ready sockets among idle ones: here, in CPython and in C. */

import { setTimeout as pause } from "node:timers/promises";
import { median, type Part, ratios, tabulate, target } from "./figures.ts";
import { lines, peer } from "./run.ts";

const C = "C, µs", OURS = "@iomux/py, µs", CPYTHON = "CPython, µs";
const FILES = { [C]: "calls.c", [OURS]: "calls.ts", [CPYTHON]: "calls.py" };
const BUDGET_MS = "20";

function part(name: string, ...counts: string[]): Part {
  return {
    name,
    rounds: 21,
    async round(book) {
      for (const [platform, file] of Object.entries(FILES)) {
        const { command } = peer(platform, file, name, BUDGET_MS, ...counts);
        for (const [call, of, time] of await lines(command, on_one_core)) {
          book.note(call!, Number(of), { [platform]: Number(time) / 1000 });
        }
      }
    },
    table: (all) => tabulate(all, { peer: "call", at: "of" }, OURS),
    targets: () => [],
  };
}

/** Keeps a program on one core, as one may be slower than another. */
async function on_one_core(pid: number): Promise<void> {
  // Once its other threads exist, so that V8 compiles on the other cores.
  const threads = () => [...Deno.readDirSync(`/proc/${pid}/task`)].length;
  while (threads() === 1) await pause(1);
  await pause(10); // shorter than the first warm-up
  const status = Deno.readTextFileSync("/proc/self/status");
  const core = /^Cpus_allowed_list:.*?(\d+)$/m.exec(status)![1]!;
  const args = ["--cpu-list", "--pid", core, `${pid}`];
  new Deno.Command("taskset", { args, stdout: "null" }).outputSync();
}

// Where the kernel does most of the work (poll on thousands), peers differ by chance: a call
// counts as dearer if it is in three rounds of four. In 21 rounds, chance does that once in 75.
const PROOF = 0.75;

/** One call with a time-out of 0, and moving bytes. */
export const calls: Part = {
  ...part("calls", "1", "10", "100", "1000", "10000"),
  targets(book) {
    const dearest = (base: string, name = /^/) => {
      const peers = book.figures.filter(({ peer, at, what }) =>
        what === base && name.test(peer) &&
        // A recv() of 64 KiB needs fresh memory: `bulk` has a claim about that.
        !(peer === "send + recv" && at > 512)
      );
      return Math.max(...peers.map((to) => {
        const each = ratios(book.find(to.peer, to.at, OURS), to);
        const dearer = each.filter((ratio) => ratio > 1);
        const is_proven = dearer.length >= PROOF * each.length;
        return is_proven ? median(each) : Math.min(1, median(each));
      }));
    };
    return [
      target("every call, the dearest", 1, "× CPython", dearest(CPYTHON)),
      target("`epoll.poll`, the dearest", 1.5, "× C", dearest(C, /^epoll/)),
    ];
  },
};

/** One call that finds 10 ready sockets among idle ones. */
export const wake: Part = part("wake", "10", "100", "900", "9000");
