/**
 * Beside busy sockets: how long an HTTP request to `Deno.serve` in the same process takes,
 * and how many ticks of a timer are missed.
 *
 * @module
 */

import { type Book, median } from "./book.ts";
import { compile, in_c, in_deno } from "./machine.ts";
import { by_peer, type Part, type Target, times } from "./part.ts";
import { lines, progress, start } from "./process.ts";

const HTTP = "HTTP request p50, µs", MISSED = "5 ms ticks missed of 400";
const REQUESTS = 100;
const ROUNDS = 5;

const DENO = "Deno.Conn", TWINS = "recvAsync, sendallAsync";
const ALWAYS = "pollAsync, always ready";
const WRITE = "Deno.Conn.write", SENDALL = "sendallAsync";

/** The kinds of busy sockets, and the number of pairs. */
const BUSY = [
  ["nothing", 1],
  [DENO, 1],
  [ALWAYS, 1],
  [WRITE, 1],
  [SENDALL, 1],
  [DENO, 100],
  [TWINS, 100],
  [DENO, 1000],
  [TWINS, 1000],
] as const;

/** Beside busy sockets. */
export const beside: Part = {
  name: "beside",
  async measure(book, rounds) {
    const ping = compile("ping.c");
    const [sink] = in_c("bulk", "bulk.c", "recv");
    if (ping === null || sink === undefined) return;
    for (let round = 1; round <= rounds(ROUNDS); round++) {
      progress(`beside: round ${round} of ${rounds(ROUNDS)}`);
      for (const [busy, pairs] of BUSY) {
        const key = { part: "beside", peer: busy, at: pairs };
        await using reader = await start(sink);
        const [peer] = in_deno(
          busy,
          "--allow-ffi",
          "--allow-net=127.0.0.1",
          "bench/peers/beside.ts",
          ...[busy, `${pairs}`, `${reader.port}`],
        );
        await using server = await start(peer!);
        const request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
        const command = [ping, `${server.port}`, `${REQUESTS}`, "0", request];
        const said = () =>
          lines({ name: "ping", command }, { signal: server.ended });
        const [found] = await said();
        book.note({ ...key, what: HTTP }, Number(found![0]));
        book.note({ ...key, what: MISSED }, Number(await server.line()));
      }
    }
  },
  table: (book) => by_peer(book, "beside", "pairs", [HTTP, MISSED]),
  targets: [
    times("beside", HTTP, 1, "pair", ALWAYS, DENO, 2),
    times("beside", HTTP, 100, "pairs", TWINS, DENO, 2),
    times("beside", HTTP, 1000, "pairs", TWINS, DENO, 2),
    missed(),
  ],
};

/** Claims that sending in bulk misses no more ticks; a difference, as both may be 0. */
function missed(): Target {
  const find = (book: Book, peer: string) =>
    book.find({ part: "beside", what: MISSED, peer, at: 1 })?.rounds;
  return {
    what: `${SENDALL}: ${MISSED}`,
    at_most: 0,
    unit: `more than ${WRITE}`,
    measured(book) {
      const ours = find(book, SENDALL), theirs = find(book, WRITE);
      if (!ours || !theirs) return null;
      return { value: median(ours) - median(theirs), of: WRITE };
    },
  };
}
