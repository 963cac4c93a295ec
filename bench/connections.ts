/**
 * What a connection costs: to accept, register and first read, and to keep while idle.
 *
 * @module
 */

import type { Book } from "./book.ts";
import { between } from "./cpu.ts";
import type { Effort } from "./effort.ts";
import { Failure, type Running, spawn, start } from "./process.ts";
import { progress } from "./progress.ts";
import { compile, most_files, type Peer } from "./tools.ts";

/** What is measured of each: bytes, microseconds, connections per second. */
export const RSS = "RSS per idle connection";
export const CPU = "CPU per connection";
export const FIRST = "CPU per connection, the first 9,000";
export const RATE = "connections per second";

/** How many connections. */
export const CROWD = 9000;
// Until a pool of memory is there.
const WARM_UP = 1000;
// Milliseconds between looks whether a crowd has gone.
const LOOK = 20;
const SPARE_FILES = 64;
// Those that a server opens for itself meanwhile: its epoll descriptor, its pool's pipes.
const OWN_FILES = 16;

/** Measures `connections`. */
export async function connections(
  book: Book,
  { crowds }: Effort,
  servers: readonly Peer[],
): Promise<void> {
  const client = compile("connect.c");
  if (client === null) return;
  if (most_files() < CROWD + SPARE_FILES) {
    console.error(`left out: ${CROWD} connections (ulimit -n is too low)`);
    return;
  }
  for (let round = 1; round <= crowds; round++) {
    for (const peer of servers) {
      progress(`connections: round ${round} of ${crowds}, ${peer.name}`);
      // A fresh one: memory that a crowd has left would serve the next.
      await using server = await start(peer);
      await crowd(client, server, WARM_UP);
      const first = await crowd(client, server, CROWD);
      // By now V8 has compiled what is hot; its memory would serve a second crowd.
      const second = await crowd(client, server, CROWD);
      const note = (what: string, figure: number) =>
        book.note(
          { part: "connections", what, peer: peer.name, at: CROWD },
          figure,
        );
      note(RSS, first.rss / CROWD);
      note(FIRST, first.nanoseconds / 1000 / CROWD);
      note(CPU, second.nanoseconds / 1000 / CROWD);
      note(RATE, CROWD / first.seconds);
    }
  }
}

/** What so many connections cost, while they are there. */
interface Cost {
  readonly seconds: number;
  /** Of CPU. */
  readonly nanoseconds: number;
  /** Bytes. */
  readonly rss: number;
}

/** Has so many connect; returns once the server has let them go again. */
async function crowd(
  client: string,
  server: Running,
  count: number,
): Promise<Cost> {
  const files = server.files(), rss = server.rss(), before = server.clock();
  const command = [client, server.port, count].map(String);
  const child = spawn(command, { stdin: "piped", signal: server.ended });
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const seconds = Number(new TextDecoder().decode(value));
  server.ended.throwIfAborted();
  const cost = {
    seconds,
    nanoseconds: between(before, server.clock()),
    rss: server.rss() - rss,
  };
  await child.stdin.close();
  await reader.cancel();
  const { success } = await child.status;
  server.ended.throwIfAborted();
  if (!success || !(seconds > 0)) throw new Failure("connect.c failed");
  while (server.files() > files + OWN_FILES) {
    await new Promise((go) => setTimeout(go, LOOK));
    server.ended.throwIfAborted();
  }
  return cost;
}
