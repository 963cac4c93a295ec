/** How long an HTTP request takes beside busy sockets, and how many ticks a timer misses. */

import { ping } from "./echo.ts";
import { type Part, tabulate, target, times } from "./figures.ts";
import { launch, peer, warm_up } from "./run.ts";

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

export const beside: Part = {
  name: "beside",
  rounds: 5,
  async round(book) {
    await using reader = await launch(peer("reader", "server.c", "receive"));
    for (const { at, kinds } of BUSY) {
      for (const kind of kinds) {
        const args = [kind, `${at}`, reader.said];
        await using server = await launch(peer(kind, "beside.ts", ...args));
        const request = () => ping(server, 100, 0, REQUEST);
        await warm_up(request);
        const trip = await request(), missed = Number(await server.line());
        book.note(kind, at, { [HTTP]: trip, [MISSED]: missed });
      }
    }
  },
  table: (figures) => tabulate(figures, { at: "pairs", peer: "peer" }),
  targets(book) {
    const pairs = times(book, "pairs");
    // A difference, as both may be 0.
    const more = book.median(SENDALL, 1, MISSED) -
      book.median(WRITE, 1, MISSED);
    return [
      times(book, "pair")(HTTP, 1, ALWAYS, DENO, 2),
      pairs(HTTP, 100, TWINS, DENO, 2),
      pairs(HTTP, 1000, TWINS, DENO, 2),
      target(`${SENDALL}: ${MISSED}`, 0, `more than ${WRITE}`, more),
    ];
  },
};
