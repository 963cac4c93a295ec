/**
 * What a connection costs: to accept, register and first read, and to keep while idle.
 *
 * @module
 */

import type { Book } from "./book.ts";
import type { Effort } from "./effort.ts";
import { type Peer, type Running, start } from "./process.ts";
import { progress } from "./progress.ts";
import { compile, most_files } from "./tools.ts";

/** What is measured of each: bytes, microseconds, connections per second. */
export const RSS = "RSS per idle connection";
export const CPU = "CPU per connection";
export const RATE = "connections per second";

/** How many connections. */
export const CROWD = 9000;
// Until V8 has compiled what is hot, and a pool of memory is there.
const WARM_UP = 1000;
const SPARE_FILES = 64;

/** Measures `connections`. */
export async function connections(
  book: Book,
  { rounds }: Effort,
  servers: readonly Peer[],
): Promise<void> {
  const client = compile("connect.c");
  if (client === null) return;
  if (most_files() < CROWD + SPARE_FILES) {
    console.error(`left out: ${CROWD} connections (ulimit -n is too low)`);
    return;
  }
  for (let round = 1; round <= rounds; round++) {
    for (const peer of servers) {
      progress(`connections: round ${round} of ${rounds}, ${peer.name}`);
      await using server = await start(peer);
      await crowd(client, server, WARM_UP);
      const { seconds, cpu, rss } = await crowd(client, server, CROWD);
      const note = (what: string, figure: number) =>
        book.note(
          { part: "connections", what, peer: peer.name, at: CROWD },
          figure,
        );
      note(RSS, rss / CROWD);
      note(CPU, cpu * 1e6 / CROWD);
      note(RATE, CROWD / seconds);
    }
  }
}

/** What so many connections cost, while they are there. */
async function crowd(
  client: string,
  server: Running,
  count: number,
): Promise<{ seconds: number; cpu: number; rss: number }> {
  const rss = server.rss(), { user, system } = server.cpu();
  const child = new Deno.Command("sh", {
    args: ["-c", 'ulimit -n "$(ulimit -Hn)"; exec "$@"', "sh", client]
      .concat([server.port, count].map(String)),
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const seconds = Number(new TextDecoder().decode(value));
  const after = server.cpu();
  const cost = {
    seconds,
    cpu: after.user + after.system - user - system,
    rss: server.rss() - rss,
  };
  await child.stdin.close();
  await reader.cancel();
  const { success } = await child.status;
  if (!success || !(seconds > 0)) throw new Error("connect.c failed");
  return cost;
}
