/**
 * The start: the time that an import of the package adds to an empty script.
 *
 * @module
 */

import type { Book } from "./book.ts";
import { in_deno, in_python } from "./machine.ts";
import { by_peer, most, type Part } from "./part.ts";
import { lines, type Peer, progress } from "./process.ts";

const TIME = "from start to end, ms", OVER = "over an empty script, ms";
const ROUNDS = 31;

const scripts = (imports: string) => `bench/peers/imports_${imports}`;

/** The start. */
export const start: Part = {
  name: "start",
  async measure(book: Book, rounds) {
    // Each import is compared with its own runtime's empty script.
    const pairs: Peer[][] = [
      [
        ...in_deno("Deno, nothing", scripts("nothing.ts")),
        ...in_deno("@iomux/py", "--allow-ffi", scripts("mod.ts")),
        ...in_deno("Deno, node:net", scripts("net.ts")),
      ],
      [
        ...in_python("CPython, nothing", "imports_nothing.py"),
        ...in_python("CPython, socket and selectors", "imports_socket.py"),
      ],
    ];
    for (let round = 0; round <= rounds(ROUNDS); round++) {
      progress(`start: round ${round} of ${rounds(ROUNDS)}`);
      for (const peers of pairs) {
        let empty = 0;
        for (const peer of peers) {
          const began = performance.now();
          await lines(peer);
          const time = performance.now() - began;
          // The first round fills the caches.
          if (round === 0) continue;
          const key = { part: "start", peer: peer.name, at: 1 };
          book.note({ ...key, what: TIME }, time);
          if (peer === peers[0]) empty = time;
          else book.note({ ...key, what: OVER }, time - empty);
        }
      }
    }
  },
  table: (book) => by_peer(book, "start", "", [TIME, OVER]),
  targets: [
    most({ part: "start", what: OVER, peer: "@iomux/py", at: 1 }, 1, "ms", 16),
  ],
};
