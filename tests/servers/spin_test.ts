/**
 * What a level-triggered loop reports again and again if it is asked for it in vain: a
 * hang-up, the end of a half, room to send where nothing is to be sent.
 */

import { assertLess } from "@std/assert";
import {
  answered,
  type Entry,
  greeted,
  queues,
  servers,
  start,
} from "./catalogue.ts";
import { numbers, Peer } from "./peer.ts";
import { WATCHDOG } from "../scripts.ts";
import { load } from "./processor.ts";

/** What a client has done before it does nothing more. */
const clients: Record<string, (entry: Entry, peer: Peer) => Promise<void>> = {
  async "has closed its half and stays"(_, peer) {
    await peer.send("my last");
    peer.half_close();
  },
  async "has closed its half, then all of it"(_, peer) {
    await peer.send("my last");
    peer.half_close();
    await peer.acknowledged();
    peer.sock.close();
  },
  async "was owed much, and has read all of it"({ kind }, peer) {
    if (kind !== "echo") return;
    const sent = await peer.flood();
    await peer.receive(sent.length);
  },
  async "has closed its half and reads nothing of what it is owed"(
    { kind },
    peer,
  ) {
    if (queues.has(kind)) await peer.flood();
    else await peer.send(numbers(1 << 16));
    peer.half_close();
  },
  async "reads nothing, and resets"({ kind }, peer) {
    if (queues.has(kind)) await peer.flood();
    peer.reset();
  },
};

for (const [what, act] of Object.entries(clients)) {
  Deno.test(`no server spins for a client that ${what}`, async () => {
    await Promise.all(servers.map(async (start_entry) => {
      const entry = start_entry.kind === "time"
        ? { ...start_entry, args: ["--interval", "5"] }
        : start_entry;
      await using server = await start(entry);
      using peer = new Peer(server, 1 << 16), other = new Peer(server);
      for (const one of [peer, other]) await greeted(entry, one);
      await act(entry, peer);
      // It may still have something to read, and to print.
      const deadline = performance.now() + WATCHDOG;
      while (await load(server.pid, 1) >= 0.05) {
        if (performance.now() > deadline) {
          throw new Error(`${entry.name} spins`);
        }
      }
      // By hand it is 1 %; here a dozen processes share the machine.
      assertLess(await load(server.pid, 2), 0.05, entry.name);
      await answered(entry, other);
    }));
  });
}
