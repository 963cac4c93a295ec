/**
 * Hundreds of clients that misbehave.
 */

import { assertEquals, assertLess } from "@std/assert";
import { socket } from "@iomux/py";
import { answered, greeted, newcomer, queues } from "../servers/catalogue.ts";
import { numbers, Peer } from "../servers/peer.ts";
import { all, clients, echoes, note, resident, under } from "./setup.ts";
import { Load } from "./load.ts";

const RESETS = 1000;

function many<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

for (const entry of all) {
  const faulty = under(entry);

  faulty.test("outlives 1,000 resets at once before it accepts", async (server) => {
    // Stopped, it accepts none before all have reset.
    Deno.kill(server.pid, "SIGSTOP");
    const peers = many(RESETS, () => new Peer(server));
    for (const peer of peers) peer.try_to_send(numbers(100));
    for (const peer of peers) peer.reset();
    Deno.kill(server.pid, "SIGCONT");
    await newcomer(entry, server);
  });

  faulty.test("outlives 1,000 resets at once after it has accepted", async (server) => {
    const peers = many(RESETS, () => new Peer(server));
    // The last client is accepted last.
    await greeted(entry, peers.at(-1)!);
    await answered(entry, peers.at(-1)!);
    // Stopped, it sees all resets in one round, half of them with bytes to read.
    Deno.kill(server.pid, "SIGSTOP");
    for (const [i, peer] of peers.entries()) {
      if (i % 2 === 0) peer.try_to_send(numbers(100));
    }
    for (const peer of peers) peer.reset();
    Deno.kill(server.pid, "SIGCONT");
    await newcomer(entry, server);
  });
}

for (const entry of all.filter(({ kind }) => queues.has(kind))) {
  const faulty = under(entry);

  faulty.test("outlives 10 clients that reset instead of reading their answers", async (server) => {
    const peers = many(10, () => new Peer(server, 4096));
    for (const peer of peers) await greeted(entry, peer);
    // More than the kernel's buffers hold, in both directions.
    await Promise.all(peers.map((peer) => peer.flood()));
    Deno.kill(server.pid, "SIGSTOP");
    for (const peer of peers) peer.reset();
    Deno.kill(server.pid, "SIGCONT");
  });
}

for (const entry of echoes) {
  const faulty = under(entry);

  faulty.test("sends every answer to 1,000 clients that half-close", async (server) => {
    using load = new Load(server, { clients: 1000, bytes: 20_000 });
    await load.run();
    assertEquals(load.received, 1000 * 20_000);
  });

  faulty.test("sends every answer to 20 clients that half-close before they read", async (server) => {
    // More than the kernel buffers, and less than the kernel and the server buffer together.
    const bytes = 4_700_000;
    using load = new Load(server, { clients: 20, bytes, greedy: 1 });
    await load.run();
    assertEquals(load.received, 20 * bytes);
  });

  faulty.test("closes 100 clients that shut down reading", async (server) => {
    const peers = many(100, () => new Peer(server));
    for (const peer of peers) {
      peer.sock.shutdown(socket.SHUT_RD);
      peer.try_to_send(numbers(1000));
    }
    for (const peer of peers) peer.sock.close();
    await newcomer(entry, server);
  });

  faulty.test("echoes 20,000 writes of one byte", async (server) => {
    using load = new Load(server, { clients: 20, bytes: 1000, write: 1 });
    await load.run();
    assertEquals(load.received, 20 * 1000);
  });

  faulty.test("queues little for 30 clients that never read again", async (server) => {
    const before = resident(server.pid);
    const peers = many(30, () => new Peer(server, 4096));
    await Promise.all(peers.map((peer) => peer.flood()));
    const grown = resident(server.pid) - before;
    note(entry, { clients: peers.length, MiB: Math.round(grown) });
    // 1 MiB and one read for each client; the rest is garbage.
    assertLess(grown, 30 * 2 + 150);
    for (const peer of peers) peer.reset();
  });

  faulty.test("outlives clients that are killed with -9", async (server) => {
    for (let i = 0; i < 3; i++) await killed(server);
  });
}

/** Kills a process with 100 clients under full load. */
async function killed(server: { host: string; port: number }): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: clients("loaded", server.host, server.port),
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  child.kill("SIGKILL");
  await reader.cancel();
  await child.status;
  assertEquals(new TextDecoder().decode(value), "loaded\n");
}
