/**
 * Many connections: five crowds of 9,000, one after another, connect to a new server. Each crowd
 * leaves before the next one comes. Measured are the cost to accept a crowd and to keep it, and the
 * cost of 10 active connections among 9,000 idle ones.
 */

import * as echo from "./echo.ts";
import { most, type Part, tabulate, times } from "./figures.ts";
import { peer, type Running, type Server, spent, start } from "./run.ts";

const FIRST = "RSS each, first crowd, bytes";
const SECOND = "RSS each, second crowd, bytes";
const ACCEPT_FIRST = "CPU to accept, first crowd, µs";
const ACCEPT = "CPU to accept, second crowd, µs";
const ACCEPT_LAST = "CPU to accept, fifth crowd, µs";
const RATE = "connections per second";
const AMONG = "CPU per request, 10 active, µs";

const CROWD = 9000, ACTIVE = 10, REQUESTS = 30_000;
// Descriptors that a server opens for itself: its epoll descriptor, pipes of its pool.
const OWN_FILES = 16;

function rss({ pid }: Running): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024;
}

function files({ pid }: Running): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** Connects a crowd, runs `meanwhile`, and returns the costs once the crowd has left. */
async function gather<T>(server: Server, meanwhile: () => Promise<T>) {
  const files_before = files(server), rss_before = rss(server);
  const args = ["crowd", server.port, `${CROWD}`];
  const members = start(peer("crowd", "client.c", ...args));
  const [cpu, seconds] = await spent(server, members.line);
  const cost = { seconds, cpu, rss: rss(server) - rss_before };
  const result = await meanwhile();
  await members[Symbol.asyncDispose]();
  while (files(server) > files_before + OWN_FILES) {
    await new Promise((go) => setTimeout(go, 20));
  }
  return { ...cost, result };
}

const crowds = times("connections");

/** Many connections. */
export const crowd: Part = {
  name: "crowd",
  rounds: 11,
  servers: () => echo.servers(echo.POLL_ASYNC, echo.RECV_ASYNC, echo.ASYNCIO),
  anew: true,
  async round(book, running) {
    for (const server of running) {
      const accept = () => gather(server, () => Promise.resolve());
      const first = await accept();
      const drive = () => echo.load(server, ACTIVE, REQUESTS);
      const second = await gather(server, async () => {
        await drive();
        return await spent(server, drive);
      });
      // V8's threads compile during the first ones, which counts as the server's CPU.
      for (let crowd = 3; crowd < 5; crowd++) await accept();
      const fifth = await accept();
      book.note(server.name, CROWD, {
        [FIRST]: first.rss / CROWD,
        [SECOND]: second.rss / CROWD,
        [ACCEPT_FIRST]: first.cpu / CROWD,
        [ACCEPT]: second.cpu / CROWD,
        [ACCEPT_LAST]: fifth.cpu / CROWD,
        [RATE]: CROWD / Number(first.seconds),
        [AMONG]: second.result[0] / REQUESTS,
      });
    }
  },
  table: (figures) => tabulate(figures, { peer: "peer" }),
  picture: {
    title: "9,000 connections",
    panels: [
      [FIRST, CROWD, "bytes each"],
      [ACCEPT, CROWD, "µs to accept"],
      [AMONG, CROWD, "µs per request, 10 active"],
    ],
  },
  targets: [
    most(echo.PLAIN, CROWD, FIRST, 1, "KiB", 1024),
    most(echo.ECHO, CROWD, FIRST, 1.75, "KiB", 1024),
    crowds(ACCEPT, CROWD, echo.PLAIN, echo.C, 1.3),
    crowds(ACCEPT, CROWD, echo.ECHO, echo.C, 1.6),
    crowds(AMONG, CROWD, echo.PLAIN, echo.C, 1.15),
    crowds(AMONG, CROWD, echo.ECHO, echo.C, 1.3),
  ],
};
