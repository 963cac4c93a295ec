/**
 * Many connections: the cost to accept and to keep 9,000 in a new server, and 9,000 more after
 * they have left; and the cost of 10 active connections among 9,000 idle ones.
 *
 * @module
 */

import { load } from "./echo.ts";
import { compile, most_files, redis_benchmark } from "./machine.ts";
import { by_peer, most, type Part, times } from "./part.ts";
import { C, CPYTHON, DENO, ECHO, NODE, PLAIN, servers } from "./peers.ts";
import {
  between,
  Failure,
  progress,
  type Running,
  spawn,
  start,
} from "./process.ts";

const FIRST = "RSS each, first crowd, bytes";
const SECOND = "RSS each, second crowd, bytes";
const ACCEPT_FIRST = "CPU to accept, first crowd, µs";
const ACCEPT = "CPU to accept, second crowd, µs";
const RATE = "connections per second";
const AMONG = "CPU per request, 10 active, µs";

const CROWD = 9000;
const ACTIVE = 10, REQUESTS = 30_000;
const ROUNDS = 11;
const SPARE_FILES = 64;
// Descriptors that a server opens for itself: its epoll descriptor, pipes of its pool.
const OWN_FILES = 16;

/** Many connections. */
export const crowd: Part = {
  name: "crowd",
  async measure(book, rounds) {
    const client = compile("connect.c");
    if (client === null || redis_benchmark() === null) return;
    if (most_files() < CROWD + SPARE_FILES) {
      console.error(`left out: ${CROWD} connections (ulimit -n is too low)`);
      return;
    }
    const peers = servers(C, PLAIN, ECHO, DENO, NODE, CPYTHON);
    for (let round = 1; round <= rounds(ROUNDS); round++) {
      progress(`crowd: round ${round} of ${rounds(ROUNDS)}`);
      for (const peer of peers) {
        await using server = await start(peer);
        const note = (what: string, value: number) =>
          book.note({ part: "crowd", what, peer: peer.name, at: CROWD }, value);
        const first = await gather(client, server, () => Promise.resolve());
        note(FIRST, first.rss / CROWD);
        note(ACCEPT_FIRST, first.nanoseconds / 1000 / CROWD);
        note(RATE, CROWD / first.seconds);
        const second = await gather(client, server, async () => {
          await load(server, ACTIVE, REQUESTS);
          const before = server.clock();
          await load(server, ACTIVE, REQUESTS);
          note(AMONG, between(before, server.clock()) / 1000 / REQUESTS);
        });
        note(SECOND, second.rss / CROWD);
        note(ACCEPT, second.nanoseconds / 1000 / CROWD);
      }
    }
  },
  table: (book) =>
    by_peer(
      book,
      "crowd",
      "connections",
      [FIRST, SECOND, ACCEPT_FIRST, ACCEPT, RATE, AMONG],
    ),
  picture: {
    title: "9,000 connections",
    panels: [[FIRST, CROWD, "bytes each"], [ACCEPT, CROWD, "µs to accept"], [
      AMONG,
      CROWD,
      "µs per request, 10 active",
    ]],
  },
  targets: [
    most(
      { part: "crowd", what: FIRST, peer: PLAIN, at: CROWD },
      1024,
      "KiB",
      1,
    ),
    most(
      { part: "crowd", what: FIRST, peer: ECHO, at: CROWD },
      1024,
      "KiB",
      1.75,
    ),
    times("crowd", ACCEPT, CROWD, "connections", PLAIN, C, 1.3),
    times("crowd", ACCEPT, CROWD, "connections", ECHO, C, 1.6),
    {
      ...times("crowd", AMONG, CROWD, "connections", PLAIN, C, 1.15),
      headline: "10 active connections among 9,000",
    },
    times("crowd", AMONG, CROWD, "connections", ECHO, C, 1.3),
  ],
};

/** The cost of a crowd of connections. */
interface Cost {
  readonly seconds: number;
  /** Of CPU. */
  readonly nanoseconds: number;
  /** Bytes. */
  readonly rss: number;
}

/** Connects a crowd, runs `meanwhile`, and returns once the crowd has left. */
async function gather(
  client: string,
  server: Running,
  meanwhile: () => Promise<void>,
): Promise<Cost> {
  const files = server.files(), rss = server.rss(), before = server.clock();
  const command = [client, server.port, CROWD].map(String);
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
  await meanwhile();
  await child.stdin.close();
  await reader.cancel();
  const { success } = await child.status;
  if (!success || !(seconds > 0)) throw new Failure("connect.c failed");
  while (server.files() > files + OWN_FILES) {
    await new Promise((go) => setTimeout(go, 20));
    server.ended.throwIfAborted();
  }
  return cost;
}
