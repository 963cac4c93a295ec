/**
 * Servers that are stopped and continued, end on SIGTERM, or run out of descriptors.
 */

import { assert, assertEquals } from "@std/assert";
import { type Server, SLOW_CLOCK } from "../scripts.ts";
import { answered, type Entry, start } from "../servers/catalogue.ts";
import { Peer } from "../servers/peer.ts";
import { echoes, edges, epoll, note, pause, under, until } from "./setup.ts";
import { Load, type LoadOptions } from "./load.ts";

// The server gives up clients that it has not answered 5 s after SIGTERM.
const patient = { preload: SLOW_CLOCK };

for (const entry of echoes) {
  const faulty = under(entry);
  faulty.test("loses nothing when it is stopped and continued under load", async (server) => {
    using load = new Load(server, { clients: 50, bytes: 2 << 20, stall: 20 });
    let over = false;
    const loaded = load.run().finally(() => over = true);
    for (let stops = 0; !over; stops++) {
      Deno.kill(server.pid, "SIGSTOP");
      await pause(stops === 0 ? 1500 : 20);
      Deno.kill(server.pid, "SIGCONT");
      await pause(20);
    }
    await loaded;
    assertEquals(load.received, 50 * (2 << 20));
  });

  under(entry).test(
    "serves a storm of 500 clients with 64 descriptors",
    async (server) => {
      // Most of them wait in the kernel's backlog, with their bytes.
      using load = new Load(server, { clients: 500, bytes: 10_000 });
      await server.printed("not accepting for now: Too many open files\n");
      await load.run();
      assertEquals(load.received, 500 * 10_000);
    },
    {
      descriptors: 64,
      complains: /^(not accepting for now: Too many open files\n)+$/,
    },
  );

  Deno.test(`${entry.name} answers every acknowledged byte on SIGTERM`, async () => {
    await using server = await start(entry, patient);
    const options = { clients: 50, bytes: Infinity, window: 1 << 18 };
    await ended(entry, server, options, (load) => {
      // The clients send a little longer.
      setTimeout(() => load.finish(), 100);
    });
  });
}

/** Ends a server under load, and checks its answers. */
async function ended(
  entry: Entry,
  server: Server,
  options: LoadOptions,
  afterwards: (load: Load) => void,
): Promise<void> {
  using load = new Load(server, { half_close: false, ...options });
  const loaded = load.run();
  const acknowledged = () => load.streams.map((one) => one.acknowledged());
  await until(
    () => acknowledged().every((bytes) => bytes > 0),
    () => `Not all clients are served: ${acknowledged()}`,
  );
  const owed = acknowledged();
  const stopping = server.stop("SIGTERM");
  afterwards(load);
  await loaded;
  const { code, errors } = await stopping;
  assertEquals([code, errors], [0, ""]);
  for (const [i, { sent, received }] of load.streams.entries()) {
    const lacks = `${owed[i]} acknowledged, ${sent} sent, ${received} back`;
    // The load has compared each received byte with the sent one.
    assert(received >= owed[i]!, lacks);
  }
  const short = load.streams.filter(({ sent, received }) => received < sent);
  note(entry, {
    clients: load.streams.length,
    MiB: load.received >> 20,
    acknowledged_later_unanswered: short.length,
  });
}

for (const entry of [...echoes, edges]) {
  Deno.test(`${entry.name} answers each of 1,200 clients on SIGTERM`, async () => {
    await using server = await start(entry, patient);
    const peers = Array.from({ length: 1200 }, () => new Peer(server));
    for (const peer of peers) await answered(entry, peer);
    // More are ready at the signal than the 1,023 that epoll reports at a time.
    await ends_stopped(entry, server, peers);
  });

  Deno.test(`${entry.name} answers clients on SIGTERM that it had not accepted yet`, async () => {
    await using server = await start(entry, patient);
    Deno.kill(server.pid, "SIGSTOP");
    const peers = Array.from({ length: 100 }, () => new Peer(server));
    await ends_stopped(entry, server, peers);
  });
}

/** Ends a server that is stopped while clients send; the kernel acknowledges their bytes. */
async function ends_stopped(
  entry: Entry,
  server: Server,
  peers: readonly Peer[],
): Promise<void> {
  Deno.kill(server.pid, "SIGSTOP");
  for (const peer of peers) await peer.send("my last");
  for (const peer of peers) await peer.acknowledged();
  const stopping = server.stop("SIGTERM");
  // Let the signal arrive first.
  await pause(300);
  Deno.kill(server.pid, "SIGCONT");
  let unanswered = 0;
  for (const peer of peers) {
    const rest = await peer.rest().catch(() => new Uint8Array());
    if (new TextDecoder().decode(rest) !== "my last") unanswered++;
    peer.sock.close();
  }
  const { code, errors } = await stopping;
  assertEquals([code, errors, unanswered], [0, "", 0]);
  note(entry, { clients: peers.length, unanswered });
}

Deno.test(`${epoll.name} stops though its clients never stop sending`, async () => {
  await using server = await start(epoll);
  const options = { clients: 20, bytes: Infinity, window: 1 << 16 };
  await ended(epoll, server, options, () => {});
});
