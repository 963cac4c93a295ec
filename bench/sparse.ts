/**
 * Sparse traffic: a message each millisecond, each 10 ms, and without a pause.
 *
 * @module
 */

import { compile } from "./machine.ts";
import { by_peer, type Part, times } from "./part.ts";
import {
  ASYNCIO,
  C,
  CPYTHON,
  DENO,
  NODE,
  PLAIN,
  POLL_ASYNC,
  RECV_ASYNC,
  servers,
} from "./peers.ts";
import { between, lines, progress, type Running, start } from "./process.ts";

const CPU = "CPU per message, µs", P50 = "round trip p50, µs";

/** Pauses in microseconds, and how many messages each takes. */
const PAUSES = [[0, 10_000], [1000, 500], [10_000, 60]] as const;
const ROUNDS = 7;

/** Sparse traffic. */
export const sparse: Part = {
  name: "sparse",
  async measure(book, rounds) {
    const ping = compile("ping.c");
    if (ping === null) return;
    const send = (server: Running, count: number, pause: number) => {
      const command = [ping, server.port, count, pause].map(String);
      return lines({ name: "ping", command }, { signal: server.ended });
    };
    const all = [PLAIN, POLL_ASYNC, RECV_ASYNC, DENO, NODE];
    const peers = servers(C, ...all, CPYTHON, ASYNCIO);
    await using stack = new AsyncDisposableStack();
    const running: Running[] = [];
    for (const peer of peers) {
      const server = stack.use(await start(peer));
      running.push(server);
      // V8 compiles what is hot.
      await send(server, 30_000, 0);
    }
    for (let round = 1; round <= rounds(ROUNDS); round++) {
      progress(`sparse: round ${round} of ${rounds(ROUNDS)}`);
      for (const [at, count] of PAUSES) {
        for (const server of running) {
          const before = server.clock();
          const [found] = await send(server, count, at);
          const nanoseconds = between(before, server.clock());
          const key = { part: "sparse", peer: server.name, at };
          book.note({ ...key, what: CPU }, nanoseconds / 1000 / count);
          book.note({ ...key, what: P50 }, Number(found![0]));
        }
      }
    }
  },
  table: (book) => by_peer(book, "sparse", "pause, µs", [CPU, P50]),
  picture: {
    title: "Sparse traffic: CPU per message, µs",
    panels: [[CPU, 0, "no pause"], [CPU, 1000, "each 1 ms"], [
      CPU,
      10_000,
      "each 10 ms",
    ]],
  },
  targets: [RECV_ASYNC, POLL_ASYNC].flatMap((peer) =>
    [CPU, P50].flatMap((what) => [
      times("sparse", what, 0, "µs apart", peer, DENO, 1.2),
      {
        ...times("sparse", what, 1000, "µs apart", peer, DENO, 1.6),
        ...(peer === RECV_ASYNC && what === CPU
          ? { headline: "a message each 1 ms with `recvAsync`" }
          : {}),
      },
      times("sparse", what, 10_000, "µs apart", peer, DENO, 2),
    ])
  ),
};
