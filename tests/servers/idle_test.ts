import {
  assertEquals,
  assertLess,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { answered, type Entry, greeted, servers, start } from "./catalogue.ts";
import { Peer } from "./peer.ts";
import { load } from "./processor.ts";

/** All servers at the same time: most of these tests is waiting. */
async function all(check: (entry: Entry) => Promise<void>): Promise<void> {
  await Promise.all(servers.map(async (entry) => {
    try {
      await check(entry);
    } catch (error) {
      throw new Error(entry.name, { cause: error });
    }
  }));
}

Deno.test("no server uses the processor while its clients are silent", () =>
  all(async (start_entry) => {
    const entry = start_entry.kind === "time"
      ? { ...start_entry, args: ["--interval", "5"] }
      : start_entry;
    await using server = await start(entry);
    using a = new Peer(server), b = new Peer(server), c = new Peer(server);
    for (const peer of [a, b, c]) {
      await greeted(entry, peer);
      await answered(entry, peer);
    }
    // What it has to say of them has come by then.
    await load(server.pid, 1);
    const printed = server.output().length;
    // By hand it is 1 %; here a dozen processes share the machine.
    assertLess(await load(server.pid, 2), 0.05);
    // Nor does it print, but once that nothing has happened.
    assertMatch(server.output().slice(printed), /^(4 0\n)?$/);
    for (const peer of [a, b, c]) await answered(entry, peer);
  }));

Deno.test("no server spins while it has no descriptor left, and each goes on with the next", () =>
  all(async (entry) => {
    await using server = await start(entry, { descriptors: 40 });
    const peers = Array.from({ length: 40 }, () => new Peer(server));
    try {
      await server.printed("not accepting for now: Too many open files\n");
      assertLess(await load(server.pid, 1.5), 0.2);
      // It does not say so each time that it tries again.
      assertLess(server.errors().split("\n").length, 5);

      using newcomer = new Peer(server);
      for (const peer of peers.splice(0, 30)) peer.sock.close();
      await greeted(entry, newcomer);
      await answered(entry, newcomer);
    } finally {
      for (const peer of peers) peer.sock.close();
    }
    const { code, output } = await server.stop();
    assertEquals(code, 0);
    assertStringIncludes(output, "\nserved ");
  }));
