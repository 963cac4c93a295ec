/**
 * Beside busy sockets: how long an HTTP request to `Deno.serve` in the same process takes,
 * and how many ticks of a timer are missed.
 */

import { type Book, median, type Part, tabulate, times } from "./figures.ts";
import { ping } from "./echo.ts";
import { peer, start_server, WARM_UPS } from "./run.ts";

const HTTP = "HTTP request p50, µs", MISSED = "5 ms ticks missed of 400";
const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

const DENO = "Deno.Conn", TWINS = "recvAsync, sendallAsync";
const ALWAYS = "pollAsync, always ready";
const WRITE = "Deno.Conn.write", SENDALL = "sendallAsync";

/** The kinds of busy sockets by the number of pairs. */
const BUSY = [
  { at: 1, kinds: ["nothing", DENO, ALWAYS, WRITE, SENDALL] },
  { at: 100, kinds: [DENO, TWINS] },
  { at: 1000, kinds: [DENO, TWINS] },
];
const pairs = times("pairs");

/** Beside busy sockets. */
export const beside: Part = {
  name: "beside",
  rounds: 5,
  async round(book) {
    for (const { at, kinds } of BUSY) {
      for (const kind of kinds) {
        const reader = peer("reader", "server.c", "receive");
        await using sink = await start_server(reader);
        const busy = peer(kind, "beside.ts", kind, `${at}`, sink.port);
        await using server = await start_server(busy);
        const request = () => ping(server, 100, 0, REQUEST);
        for (let i = 0; i < WARM_UPS; i++) await request();
        const trip = await request(), missed = Number(await server.line());
        book.note(kind, at, { [HTTP]: trip, [MISSED]: missed });
      }
    }
  },
  table: (figures) => tabulate(figures, { at: "pairs", peer: "peer" }),
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
