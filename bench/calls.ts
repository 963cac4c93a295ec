/**
 * What one call costs: ours, CPython's and C's, each with an idle thread beside it.
 *
 * @module
 */

import type { Book } from "./book.ts";
import type { Effort } from "./effort.ts";
import { lines } from "./process.ts";
import { progress } from "./progress.ts";
import { in_c, in_deno, in_python, most_files, type Peer } from "./tools.ts";

/** The peers' names in *calls* and *wake*. */
export const OURS = "@iomux/py";

/** Standard streams, an epoll descriptor and what a runtime has open itself. */
const SPARE_FILES = 64;

/** Measures `calls`, in nanoseconds. */
export async function calls(book: Book, effort: Effort): Promise<void> {
  await measure(book, effort, "calls", [1, 10, 100, 1000, 10_000]);
}

/** Measures `wake`, in nanoseconds: 10 sockets ready among so many idle ones. */
export async function wake(book: Book, effort: Effort): Promise<void> {
  const idle = [10, 30, 100, 300, 900, 3000, 9000, 18_000];
  await measure(book, effort, "wake", idle);
}

function peers(program: string): Peer[] {
  return [
    ...in_c("C", `${program}.c`),
    ...in_deno(OURS, "--allow-ffi", `bench/peers/${program}.ts`),
    ...in_python("CPython", `${program}.py`),
  ];
}

async function measure(
  book: Book,
  { calls: rounds, budget }: Effort,
  part: string,
  counts: readonly number[],
): Promise<void> {
  const most = most_files() - SPARE_FILES;
  const possible = counts.filter((count) => count <= most);
  if (possible.length < counts.length) {
    console.error(`left out: ${part} beyond ${most} descriptors (ulimit -n)`);
  }
  for (let round = 1; round <= rounds; round++) {
    for (const peer of peers(part)) {
      progress(`${part}: round ${round} of ${rounds}, ${peer.name}`);
      for (const [what, at, figure] of await lines(peer, budget, ...possible)) {
        const key = { part, what: what!, peer: peer.name, at: Number(at) };
        book.note(key, Number(figure));
      }
    }
  }
}
