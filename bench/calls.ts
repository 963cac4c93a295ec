/**
 * The cost of one call, and of a wait with 10 ready sockets among idle ones: in this package,
 * CPython and C, each with an idle thread beside it.
 *
 * @module
 */

import type { Book, Figure } from "./book.ts";
import { in_c, in_deno, in_python, last_core, most_files } from "./machine.ts";
import { compared, type Part, type Target } from "./part.ts";
import { lines, progress } from "./process.ts";

const OURS = "@iomux/py";
// Milliseconds for each figure.
const BUDGET = "20";
// Standard streams, an epoll descriptor, and what a runtime opens itself.
const SPARE_FILES = 64;

// Where the kernel does most of the work (poll on thousands), peers differ by chance: a call
// counts as dearer if it is in three rounds of four. In 21 rounds, chance does that once in 75.
const PROOF = 0.75;

function part(name: string, counts: number[], targets: Target[]): Part {
  return {
    name,
    async measure(book, rounds) {
      const most = most_files() - SPARE_FILES;
      const args = [BUDGET, ...counts.filter((n) => n <= most).map(String)];
      const peers = [
        ...in_c("C", `${name}.c`, ...args),
        ...in_deno(OURS, "--allow-ffi", `bench/peers/${name}.ts`, ...args),
        ...in_python("CPython", `${name}.py`, ...args),
      ];
      for (let round = 1; round <= rounds(21); round++) {
        progress(`${name}: round ${round} of ${rounds(21)}`);
        for (const peer of peers) {
          const found = await lines(peer, { core: last_core() });
          for (const [what, at, nanoseconds] of found) {
            const key = { part: name, what: what!, peer: peer.name };
            book.note({ ...key, at: Number(at) }, Number(nanoseconds));
          }
        }
      }
    },
    table: (book) => compared(book, name, "of", OURS),
    targets,
  };
}

/** The dearest call, compared with a peer's. */
function dearest(
  what: string,
  base: string,
  at_most: number,
  is_meant: (figure: Figure) => boolean,
): Target {
  const measured = (book: Book) => {
    const found = book.part("calls").filter((figure) =>
      figure.peer === OURS && is_meant(figure)
    ).flatMap((figure) => {
      const ratio = book.ratio(figure, { ...figure, peer: base });
      if (ratio === undefined) return [];
      const tie = ratio.value > at_most && ratio.above < PROOF;
      const of = `${figure.what}, ${figure.at}${tie ? ": a tie" : ""}`;
      return [{ value: ratio.value, of, tie }];
    }).toSorted((a, b) => Number(a.tie) - Number(b.tie) || b.value - a.value);
    return found[0] ?? null;
  };
  return { what, at_most, unit: `× ${base}`, measured };
}

/** One call with a time-out of 0, and moving bytes. */
export const calls: Part = part("calls", [1, 10, 100, 1000, 10_000], [
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
export const wake: Part = part("wake", [10, 100, 900, 9000], []);
