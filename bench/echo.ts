/**
 * CPU per request and latency of echo servers, with `redis-benchmark` as the client.
 *
 * @module
 */

import type { Book } from "./book.ts";
import type { Effort } from "./effort.ts";
import { type Peer, start } from "./process.ts";
import { progress } from "./progress.ts";
import { redis_benchmark } from "./tools.ts";

/** What is measured of each, in microseconds. */
export const CPU = "CPU per request";
export const USER = "user CPU per request";
export const P50 = "latency, p50";
export const P99 = "latency, p99";

// Until V8 has compiled what is hot; at a moderate number of connections.
const WARM_UP = { connections: 50, requests: 50_000 };

// Milliseconds: redis-benchmark tries for ever to reach a server that has gone.
const PATIENCE = 120_000;

/** Measures `echo`. */
export async function echo(
  book: Book,
  { rounds, requests }: Effort,
  servers: readonly Peer[],
): Promise<void> {
  if (redis_benchmark() === null) return;
  for (let round = 1; round <= rounds; round++) {
    for (const peer of servers) {
      progress(`echo: round ${round} of ${rounds}, ${peer.name}`);
      await using server = await start(peer);
      await load(server.port, WARM_UP.connections, WARM_UP.requests);
      for (const [connections, count] of requests) {
        const before = server.cpu();
        const { p50, p99 } = await load(server.port, connections, count);
        const after = server.cpu();
        const user = (after.user - before.user) * 1e6 / count;
        const system = (after.system - before.system) * 1e6 / count;
        const note = (what: string, figure: number) =>
          book.note(
            { part: "echo", what, peer: peer.name, at: connections },
            figure,
          );
        note(CPU, user + system);
        note(USER, user);
        note(P50, p50 * 1000);
        note(P99, p99 * 1000);
      }
    }
  }
}

/** Milliseconds that requests took. */
interface Latency {
  readonly p50: number;
  readonly p99: number;
}

async function load(
  port: number,
  connections: number,
  requests: number,
): Promise<Latency> {
  // PING_MBULK: a request that, sent back as it is, is an answer, too.
  const args = ["-p", port, "-t", "ping_mbulk", "--csv"];
  const { success, stdout, stderr } = await new Deno.Command(
    "redis-benchmark",
    {
      args: [...args, "-c", connections, "-n", requests].map(String),
      signal: AbortSignal.timeout(PATIENCE),
    },
  ).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const [header, row] = decode(stdout).trim().split("\n").slice(-2)
    .map((line) => line.split(",").map((cell) => cell.replaceAll('"', "")));
  const column = (name: string) => Number(row?.[header!.indexOf(name)]);
  const latency = {
    p50: column("p50_latency_ms"),
    p99: column("p99_latency_ms"),
  };
  if (!success || !(latency.p99 >= 0)) {
    throw new Error(`redis-benchmark says: ${decode(stdout)}${decode(stderr)}`);
  }
  return latency;
}
