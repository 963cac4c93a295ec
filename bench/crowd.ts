/** Many connections: five crowds of 9,000, one after another, and 10 active ones among idle ones. */

import { setTimeout as pause } from "node:timers/promises";
import * as echo from "./echo.ts";
import { type Part, tabulate, target, times } from "./figures.ts";
import { launch, peer, type Running, spent } from "./run.ts";

const RSS = "RSS each, first crowd, bytes";
const ACCEPT = "CPU to accept, second crowd, µs";
const AMONG = "CPU per request, 10 active, µs";

const CROWD = 9000, ACTIVE = 10, REQUESTS = 30_000;

/** Returns a server's memory: all of it, and the part that no file backs. */
function memory({ pid }: Running): { rss: number; anonymous: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const bytes = (field: string) =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)![1]) * 1024;
  return { rss: bytes("VmRSS"), anonymous: bytes("RssAnon") };
}

/** Connects a crowd, and returns what a member costs the server, once all have left. */
async function gather(server: Running, meanwhile?: () => Promise<void>) {
  const before = memory(server);
  const client = peer("crowd", "client.c", "crowd", server.said, `${CROWD}`);
  const [cpu, members] = await spent(server, () => launch(client));
  const after = memory(server);
  await meanwhile?.();
  await members[Symbol.asyncDispose]();
  const files = () => [...Deno.readDirSync(`/proc/${server.pid}/fd`)].length;
  while (files() > 100) await pause(20); // Its own are fewer.
  const rate = CROWD / Number(members.said);
  return {
    cpu: cpu / CROWD,
    rss: (after.rss - before.rss) / CROWD,
    anonymous: (after.anonymous - before.anonymous) / CROWD,
    rate,
  };
}

export const crowd: Part = {
  name: "crowd",
  rounds: 11,
  servers: () => echo.servers(echo.POLL_ASYNC, echo.RECV_ASYNC, echo.ASYNCIO),
  async round(book, servers) {
    for (const server of servers) {
      const first = await gather(server);
      let among = 0;
      const second = await gather(server, async () => {
        const drive = () => echo.load(server, ACTIVE, REQUESTS);
        await drive();
        [among] = await spent(server, drive);
      });
      // V8's threads compile during the first ones, which counts as the server's CPU.
      for (let crowd = 3; crowd < 5; crowd++) await gather(server);
      const fifth = await gather(server);
      book.note(server.name, CROWD, {
        [RSS]: first.rss,
        "of it anonymous, bytes": first.anonymous,
        "RSS each, second crowd, bytes": second.rss,
        "CPU to accept, first crowd, µs": first.cpu,
        [ACCEPT]: second.cpu,
        "CPU to accept, fifth crowd, µs": fifth.cpu,
        "connections per second": first.rate,
        [AMONG]: among / REQUESTS,
      });
    }
  },
  table: (figures) => tabulate(figures, { peer: "peer" }),
  picture: {
    title: "9,000 connections",
    panels: [
      [RSS, CROWD, "bytes each"],
      [ACCEPT, CROWD, "µs to accept"],
      [AMONG, CROWD, "µs per request, 10 active"],
    ],
  },
  targets(book) {
    const crowds = times(book, "connections");
    const kib = (peer: string, at_most: number) => {
      const value = book.median(peer, CROWD, RSS) / 1024;
      return target(`${peer}: ${RSS}`, at_most, "KiB", value);
    };
    return [
      kib(echo.PLAIN, 1),
      kib(echo.ECHO, 1.75),
      crowds(ACCEPT, CROWD, echo.PLAIN, echo.C, 1.3),
      crowds(ACCEPT, CROWD, echo.ECHO, echo.C, 1.6),
      crowds(AMONG, CROWD, echo.PLAIN, echo.C, 1.15),
      crowds(AMONG, CROWD, echo.ECHO, echo.C, 1.3),
    ];
  },
};
