/**
 * CPU per request and latency of echo servers, with `redis-benchmark` as the client.
 *
 * @module
 */

import type { Book } from "./book.ts";
import { between } from "./cpu.ts";
import type { Effort, Turns } from "./effort.ts";
import { Failure, type Running, spawn, start } from "./process.ts";
import { progress } from "./progress.ts";
import { type Peer, redis_benchmark } from "./tools.ts";

/** What is measured of each, in microseconds. */
export const CPU = "CPU per request";
export const USER = "user CPU per request";
export const P50 = "latency, p50";
export const P99 = "latency, p99";

// Until V8 has compiled what is hot; at a moderate number of connections.
const WARM_UP = { connections: 50, requests: 100_000 };

// Milliseconds: redis-benchmark tries for ever to reach a server that has gone.
const PATIENCE = 120_000;

/** Measures `echo`, with servers that are started several times: no two are quite alike. */
export async function echo(
  book: Book,
  effort: Effort,
  peers: readonly Peer[],
): Promise<void> {
  if (redis_benchmark() === null) return;
  for (let start = 1; start <= effort.starts; start++) {
    await all_up(book, effort, peers, `start ${start} of ${effort.starts}`);
  }
}

/** All servers stay up while they take turns; the idle ones cost next to nothing. */
async function all_up(
  book: Book,
  effort: Effort,
  peers: readonly Peer[],
  which: string,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const servers: Running[] = [];
  for (const peer of peers) {
    progress(`echo: ${which}, warming up ${peer.name}`);
    const server = stack.use(await start(peer));
    servers.push(server);
    await load(server, WARM_UP.connections, WARM_UP.requests);
  }
  for (const [connections, turns] of effort.echo) {
    await by_turns(book, servers, connections, turns, which);
  }
}

/** Loads every server in every round. */
async function by_turns(
  book: Book,
  servers: readonly Running[],
  connections: number,
  { rounds, requests }: Turns,
  which: string,
): Promise<void> {
  const note = ({ name }: Running, what: string, figure: number) =>
    book.note({ part: "echo", what, peer: name, at: connections }, figure);
  const began = servers.map((server) => server.user());
  for (let round = 1; round <= rounds; round++) {
    const done = `${connections} connections, round ${round} of ${rounds}`;
    progress(`echo: ${which}, ${done}`);
    for (const server of servers) {
      const before = server.clock();
      const { p50, p99 } = await load(server, connections, requests);
      const nanoseconds = between(before, server.clock());
      note(server, CPU, nanoseconds / 1000 / requests);
      note(server, P50, p50 * 1000);
      note(server, P99, p99 * 1000);
    }
  }
  // In ticks of 10 ms: too coarse for one turn.
  for (const [i, server] of servers.entries()) {
    const seconds = server.user() - began[i]!;
    note(server, USER, seconds * 1e6 / (rounds * requests));
  }
}

/** Milliseconds that requests took. */
interface Latency {
  readonly p50: number;
  readonly p99: number;
}

async function load(
  { name, port, ended }: Running,
  connections: number,
  requests: number,
): Promise<Latency> {
  ended.throwIfAborted();
  const patience = AbortSignal.timeout(PATIENCE);
  // PING_MBULK: a request that, sent back as it is, is an answer, too.
  const args = ["-p", port, "-t", "ping_mbulk", "--csv"];
  const command = ["redis-benchmark", ...args, "-c", connections]
    .concat(["-n", requests]).map(String);
  const { success, stdout, stderr } = await spawn(command, {
    stderr: "piped",
    signal: AbortSignal.any([ended, patience]),
  }).output();
  ended.throwIfAborted();
  if (patience.aborted) {
    throw new Failure(
      `${name} did not serve ${requests} requests in two minutes`,
    );
  }
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const [header, row] = decode(stdout).trim().split("\n").slice(-2)
    .map((line) => line.split(",").map((cell) => cell.replaceAll('"', "")));
  const column = (name: string) => Number(row?.[header!.indexOf(name)]);
  const latency = {
    p50: column("p50_latency_ms"),
    p99: column("p99_latency_ms"),
  };
  if (!success || !(latency.p99 >= 0)) {
    const said = `${decode(stdout)}${decode(stderr)}`.trim();
    throw new Failure(`redis-benchmark says of ${name}: ${said}`);
  }
  return latency;
}
