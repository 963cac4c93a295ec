/**
 * Beside busy sockets: how long an HTTP request to `Deno.serve` in the same process takes,
 * and how many ticks of a timer are missed.
 */

import { type Book, median, type Part, tabulate, times } from "./figures.ts";
import { lines, peer, start_server, WARM_UPS } from "./run.ts";

const HTTP = "HTTP request p50, µs", MISSED = "5 ms ticks missed of 400";
const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

const DENO = "Deno.Conn", TWINS = "recvAsync, sendallAsync";
const ALWAYS = "pollAsync, always ready";
const WRITE = "Deno.Conn.write", SENDALL = "sendallAsync";

/** The kinds of busy sockets, and the number of pairs. */
const BUSY: ReadonlyArray<readonly [string, number]> = [
  ...["nothing", DENO, ALWAYS, WRITE, SENDALL].map((kind) =>
    [kind, 1] as const
  ),
  ...[[DENO, 100], [TWINS, 100], [DENO, 1000], [TWINS, 1000]] as const,
];
const pairs = times("pairs");

/** Beside busy sockets. */
export const beside: Part = {
  name: "beside",
  rounds: 5,
  async round(book) {
    for (const [busy, at] of BUSY) {
      await using sink = await start_server(
        peer("sink", "server.c", "receive"),
      );
      const args = [busy, `${at}`, sink.port];
      await using server = await start_server(peer(busy, "beside.ts", ...args));
      const ping = ["ping", server.port, "100", "0", REQUEST];
      const { command } = peer("client", "client.c", ...ping);
      for (let i = 0; i < WARM_UPS; i++) await lines(command);
      const [trip] = await lines(command);
      const missed = Number(await server.line());
      const values = { [HTTP]: Number(trip![0]), [MISSED]: missed };
      book.note(busy, at, values);
    }
  },
  table: (figures) => tabulate(figures, { at: "pairs", peer: "peer" }, "what"),
  targets: [
    times("pair")(HTTP, 1, ALWAYS, DENO, 2),
    pairs(HTTP, 100, TWINS, DENO, 2),
    pairs(HTTP, 1000, TWINS, DENO, 2),
    {
      // A difference, as both may be 0.
      what: `${SENDALL}: ${MISSED}`,
      at_most: 0,
      unit: `more than ${WRITE}`,
      measured: (book) => missed(book, SENDALL) - missed(book, WRITE),
    },
  ],
};

function missed(book: Book, peer: string): number {
  return median(book.find(peer, 1, MISSED)?.rounds ?? []);
}
