/**
 * The busy echo: CPU per request and latency, with `redis-benchmark` as the client.
 *
 * @module
 */

import { redis_benchmark } from "./machine.ts";
import { by_peer, type Part, times } from "./part.ts";
import {
  ASYNCIO,
  C,
  CPYTHON,
  DENO,
  ECHO,
  NODE,
  PLAIN,
  POLL_ASYNC,
  RECV_ASYNC,
  servers,
} from "./peers.ts";
import {
  between,
  Failure,
  lines,
  progress,
  type Running,
  start,
} from "./process.ts";

/** The figures, in microseconds. */
const CPU = "CPU per request, µs", P50 = "p50, µs", P99 = "p99, µs";

// No two starts of a server are quite alike.
const STARTS = 4;
// Many short turns: a disturbance is over soon, or meets all peers.
const TURNS = [
  { connections: 1, rounds: 2, requests: 15_000 },
  { connections: 50, rounds: 8, requests: 40_000 },
  { connections: 1000, rounds: 2, requests: 50_000 },
];
// Until V8 has compiled what is hot.
const WARM_UP = { connections: 50, requests: 100_000 };

const connections = "connections";

/** The busy echo. */
export const echo: Part = {
  name: "echo",
  async measure(book, rounds) {
    if (redis_benchmark() === null) return;
    const all = [PLAIN, ECHO, POLL_ASYNC, RECV_ASYNC, DENO, NODE];
    const peers = servers(C, ...all, CPYTHON, ASYNCIO);
    for (let again = 1; again <= rounds(STARTS); again++) {
      // All stay up while they take turns: an idle server costs next to nothing.
      await using stack = new AsyncDisposableStack();
      const running: Running[] = [];
      for (const peer of peers) {
        const server = stack.use(await start(peer));
        running.push(server);
        await load(server, WARM_UP.connections, WARM_UP.requests);
      }
      for (const { connections: at, rounds, requests } of TURNS) {
        progress(`echo: start ${again}, ${at} connections`);
        for (let round = 1; round <= rounds; round++) {
          for (const server of running) {
            const { name: peer } = server, before = server.clock();
            const { p50, p99 } = await load(server, at, requests);
            const nanoseconds = between(before, server.clock());
            const key = { part: "echo", peer, at };
            book.note({ ...key, what: CPU }, nanoseconds / 1000 / requests);
            book.note({ ...key, what: P50 }, p50 * 1000);
            book.note({ ...key, what: P99 }, p99 * 1000);
          }
        }
      }
    }
  },
  table: (book) => by_peer(book, "echo", connections, [CPU, P50, P99]),
  picture: {
    title: "Busy echo, 50 connections: CPU and latency",
    panels: [[CPU, 50, CPU], [P99, 50, P99]],
  },
  targets: [
    {
      ...times("echo", CPU, 50, connections, PLAIN, C, 1.06),
      headline: "busy echo, 50 connections",
    },
    times("echo", CPU, 50, connections, ECHO, C, 1.1),
    times("echo", CPU, 50, connections, PLAIN, CPYTHON, 1),
    times("echo", P99, 50, connections, PLAIN, C, 1.2),
    times("echo", P99, 50, connections, ECHO, C, 1.2),
    ...[POLL_ASYNC, RECV_ASYNC].flatMap((peer) => [
      times("echo", CPU, 1, connections, peer, DENO, 1.2),
      times("echo", CPU, 50, connections, peer, DENO, 1),
      times("echo", CPU, 1000, connections, peer, DENO, 1),
    ]),
  ],
};

// Milliseconds: redis-benchmark tries for ever to reach a server that has ended.
const PATIENCE = 120_000;

/** Milliseconds that requests took. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Has `redis-benchmark` send requests, one in flight on each connection. */
export async function load(
  { name, port, ended }: Running,
  connections: number,
  requests: number,
): Promise<Latency> {
  // PING_MBULK: a request that is an answer, too, when it is echoed.
  const command = `redis-benchmark -p ${port} -t ping_mbulk --csv ` +
    `-c ${connections} -n ${requests}`;
  const signal = AbortSignal.any([ended, AbortSignal.timeout(PATIENCE)]);
  const said = await lines(
    { name: "redis-benchmark", command: command.split(" ") },
    { signal },
  );
  const [header, row] = said.slice(-2).map(([line]) =>
    line!.replaceAll('"', "").split(",")
  );
  const column = (name: string) => Number(row?.[header!.indexOf(name)]);
  const p50 = column("p50_latency_ms"), p99 = column("p99_latency_ms");
  if (!(p99 >= 0)) {
    throw new Failure(`redis-benchmark says of ${name}: ${said.join("\n")}`);
  }
  return { p50, p99 };
}
