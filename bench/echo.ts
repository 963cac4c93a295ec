/** Echo servers: the busy echo, with `redis-benchmark` as the client, and sparse traffic. */

import { type Part, tabulate, times } from "./figures.ts";
import { lines, type Peer, peer, type Running, spent } from "./run.ts";

export const C = "C, epoll", DENO = "Deno.listen";
export const CPYTHON = "CPython, epoll", ASYNCIO = "CPython, asyncio";
export const PLAIN = "plain API, epoll", ECHO = "servers/echo.ts, epoll";
export const POLL_ASYNC = "plain API, pollAsync";
export const RECV_ASYNC = "plain API, recvAsync";

/** The plainest echo server of each platform, and the package's own, except those named. */
export function servers(...but: string[]): Peer[] {
  const own = "--backend epoll --quiet --host 127.0.0.1 --port 0".split(" ");
  return [
    peer(C, "server.c", "echo"),
    peer(PLAIN, "server.ts", "echo", "poll"),
    peer(ECHO, "../../servers/echo.ts", ...own),
    peer(POLL_ASYNC, "server.ts", "echo", "pollAsync"),
    peer(RECV_ASYNC, "server.ts", "echo", "recvAsync"),
    peer(DENO, "deno.ts", "echo"),
    peer("node:net on Node", "node.mjs"),
    peer(CPYTHON, "server.py", "echo", "epoll"),
    peer(ASYNCIO, "server.py", "echo", "streams"),
  ].filter(({ name }) => !but.includes(name));
}

const CPU = "CPU per request, µs", P50 = "p50, µs", P99 = "p99, µs";

/** Has `redis-benchmark` send requests, one in flight on each connection; returns its latencies. */
export async function load(server: Running, at: number, requests: number) {
  // PING_MBULK: a request that is an answer, too, when it is echoed.
  const command = `redis-benchmark -p ${server.said} -t ping_mbulk --csv ` +
    `-c ${at} -n ${requests}`;
  const printed = (await lines(command.split(" "))).slice(-2);
  const [head, row] = printed.map((csv) => JSON.parse(`[${csv}]`) as string[]);
  const micros = (name: string) => Number(row![head!.indexOf(name)]) * 1000;
  return { [P50]: micros("p50_latency_ms"), [P99]: micros("p99_latency_ms") };
}

// Many short turns: a disturbance is over soon, or meets all peers.
const TURNS = [
  { at: 1, turns: 4, requests: 15_000 },
  { at: 50, turns: 8, requests: 40_000 },
  { at: 1000, turns: 2, requests: 50_000 },
];

export const echo: Part = {
  name: "echo",
  rounds: 4,
  servers,
  async warm_up(server) {
    await load(server, 50, 15_000);
    await ping(server, 20_000);
  },
  async round(book, servers) {
    for (const { at, turns, requests } of TURNS) {
      for (let turn = 1; turn <= turns; turn++) {
        for (const server of servers) {
          const drive = () => load(server, at, requests);
          const [cpu, latencies] = await spent(server, drive);
          book.note(server.name, at, { [CPU]: cpu / requests, ...latencies });
        }
      }
    }
  },
  table: (figures) => tabulate(figures, { at: "connections", peer: "peer" }),
  picture: {
    title: "Busy echo, 50 connections: CPU and latency",
    panels: [[CPU, 50, CPU], [P99, 50, P99]],
  },
  targets(book) {
    const busy = times(book, "connections");
    return [
      busy(CPU, 50, PLAIN, C, 1.06),
      busy(CPU, 50, ECHO, C, 1.1),
      busy(CPU, 50, PLAIN, CPYTHON, 1),
      busy(P99, 50, PLAIN, C, 1.2),
      busy(P99, 50, ECHO, C, 1.2),
      ...[POLL_ASYNC, RECV_ASYNC].flatMap((peer) => [
        busy(CPU, 1, peer, DENO, 1.2),
        busy(CPU, 50, peer, DENO, 1),
        busy(CPU, 1000, peer, DENO, 1),
      ]),
    ];
  },
};

const EACH = "CPU per message, µs", TRIP = "round trip p50, µs";
/** Pauses in microseconds, and how many messages each takes. */
const PAUSES = [[0, 10_000], [1000, 500], [10_000, 60]] as const;

/** Sends messages with a pause after each; returns the median round trip in microseconds. */
export async function ping(to: Running, count: number, pause = 0, text = "x") {
  const args = ["ping", to.said, `${count}`, `${pause}`, text];
  const [line] = await lines(peer("client", "client.c", ...args).command);
  return Number(line![0]);
}

/** Sparse traffic: a message each millisecond, each 10 ms, and without a pause. */
export const sparse: Part = {
  name: "sparse",
  rounds: 7,
  servers: () => servers(ECHO),
  warm_up: (server) => ping(server, 20_000),
  async round(book, servers) {
    for (const [at, count] of PAUSES) {
      for (const server of servers) {
        const drive = () => ping(server, count, at);
        const [cpu, trip] = await spent(server, drive);
        book.note(server.name, at, { [EACH]: cpu / count, [TRIP]: trip });
      }
    }
  },
  table: (figures) => tabulate(figures, { at: "pause, µs", peer: "peer" }),
  picture: {
    title: "Sparse traffic: CPU per message, µs",
    panels: [
      [EACH, 0, "no pause"],
      [EACH, 1000, "each 1 ms"],
      [EACH, 10_000, "each 10 ms"],
    ],
  },
  targets(book) {
    const apart = times(book, "µs apart");
    return [RECV_ASYNC, POLL_ASYNC].flatMap((peer) =>
      [EACH, TRIP].flatMap((what) => [
        apart(what, 0, peer, DENO, 1.2),
        apart(what, 1000, peer, DENO, 1.6),
        apart(what, 10_000, peer, DENO, 2),
      ])
    );
  },
};
