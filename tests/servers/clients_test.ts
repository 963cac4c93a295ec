/**
 * Every server with calm and with hostile clients, and its stop.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { socket } from "@iomux/py";
import { SLOW_CLOCK } from "../scripts.ts";
import {
  answered,
  assert_answers,
  each,
  greeted,
  newcomer,
  queues,
  servers,
  start,
} from "./catalogue.ts";
import { numbers, Peer } from "./peer.ts";

for (const entry of servers) {
  Deno.test(`${entry.name} serves several clients at once`, async () => {
    await using server = await start(entry);
    const peers = Array.from({ length: 20 }, () => new Peer(server));
    for (const peer of peers) await greeted(entry, peer);
    for (const [i, peer] of peers.entries()) {
      await answered(entry, peer, `message ${i}`);
    }
    // Some leave, the others stay.
    for (const peer of peers.splice(5, 10)) peer.sock.close();
    await Promise.all(peers.map((peer) => answered(entry, peer, "again")));
    for (const peer of peers) peer.sock.close();

    const { code, output, errors } = await server.stop();
    assertEquals([code, errors], [0, ""]);
    assertStringIncludes(output, "\nserved 20 clients, ");
  });

  Deno.test(`${entry.name} continues after each hostile client`, async (t) => {
    await using server = await start(entry);
    // It says nothing, and stays until the end.
    using silent = new Peer(server);

    async function step(name: string, fn: () => Promise<void>) {
      await t.step(name, async () => {
        await fn();
        await newcomer(entry, server);
      });
    }

    await step("that resets before it is greeted", async () => {
      for (let i = 0; i < 10; i++) new Peer(server).reset();
      await Promise.resolve();
    });

    await step("that resets after it has sent", async () => {
      using peer = new Peer(server);
      await greeted(entry, peer);
      await peer.send("and away");
      peer.reset();
    });

    await step("that resets instead of reading its answers", async () => {
      using peer = new Peer(server, 4096);
      await greeted(entry, peer);
      await peer.send(numbers(1 << 18));
      peer.reset();
    });

    await step("that half-closes", async () => {
      using peer = new Peer(server);
      await greeted(entry, peer);
      await peer.send("my last");
      peer.half_close();
      // servers/delay.ts sends the time as long as the client reads.
      if (entry.kind === "time") {
        await greeted(entry, peer);
        await greeted(entry, peer);
        return;
      }
      const sent = new TextEncoder().encode("my last");
      assert_answers(entry, sent, await peer.rest());
    });

    await step("that sends a megabyte before it reads", async () => {
      using peer = new Peer(server);
      await greeted(entry, peer);
      const megabyte = numbers(1 << 20);
      await peer.send(megabyte);
      if (entry.kind === "time") return await greeted(entry, peer);
      peer.half_close();
      assert_answers(entry, megabyte, await peer.rest());
    });

    await step("that sends one byte at a time", async () => {
      using peer = new Peer(server);
      await greeted(entry, peer);
      const bytes = numbers(200);
      for (let i = 0; i < bytes.length; i++) {
        await peer.send(bytes.subarray(i, i + 1));
        if (i % 20 === 0) await peer.acknowledged();
      }
      if (entry.kind === "time") return;
      peer.half_close();
      assert_answers(entry, bytes, await peer.rest());
    });

    await greeted(entry, silent);
    await answered(entry, silent);
    const { code, errors } = await server.stop();
    assertEquals([code, errors], [0, ""]);
  });
}

for (const entry of servers.filter(({ kind }) => queues.has(kind))) {
  Deno.test(`${entry.name} stops reading from a client that does not read`, async () => {
    await using server = await start(entry);
    using peer = new Peer(server, 4096);
    await greeted(entry, peer);
    // The server serves others meanwhile.
    const sent = await peer.flood(() => newcomer(entry, server));
    // Once it reads, it gets all answers.
    peer.half_close();
    assert_answers(entry, sent, await peer.rest());
  });
}

Deno.test("servers/: each stops in order, once it has sent all answers", () =>
  each(async (entry) => {
    await using server = await start(entry, { preload: SLOW_CLOCK });
    using idle = new Peer(server), peer = new Peer(server, 4096);
    await greeted(entry, idle);
    await greeted(entry, peer);
    let sent = numbers(1 << 16);
    if (queues.has(entry.kind)) sent = await peer.flood();
    else await peer.send(sent);

    const ended = server.stop("SIGINT");
    // Through the small window it would take seconds.
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20);
    assert_answers(entry, sent, await peer.rest());
    peer.sock.close();
    if (entry.kind !== "time") assertEquals((await idle.rest()).length, 0);
    idle.sock.close();
    const { code, output, errors } = await ended;
    assertEquals([code, errors], [0, ""]);
    assertMatch(
      output,
      /\nserved 2 clients, (echoed|sent|received) \d+ bytes\n$/,
    );
  }));

Deno.test("servers/: each stops though a client does not read", () =>
  each(async (entry) => {
    if (!queues.has(entry.kind)) return;
    await using server = await start(entry);
    using peer = new Peer(server, 4096);
    await greeted(entry, peer);
    await peer.flood();
    const { code, output, errors } = await server.stop();
    assertEquals([code, errors], [0, ""]);
    assertMatch(output, /\nserved 1 client, (echoed|sent) \d+ bytes\n$/);
    if (entry.script !== "servers/echo.ts") return;
    assertStringIncludes(output, "as it takes too long\nserved 1 client, ");
  }));

Deno.test("servers/echo.ts ends at once on a second signal, with a shell's status for it", async () => {
  const signals = [["SIGINT", 130], ["SIGTERM", 143]] as const;
  await Promise.all(signals.map(async ([signal, status]) => {
    // With the clock slowed down, an orderly stop would take 50 s.
    await using server = await start(servers[0]!, { preload: SLOW_CLOCK });
    using _silent = new Peer(server), peer = new Peer(server, 4096);
    await peer.flood();
    Deno.kill(server.pid, signal);
    // Two signals that arrive together may count as one.
    await server.printed("as the server stops");
    assertEquals((await server.stop(signal)).code, status);
  }));
});

Deno.test("servers/echo.ts does not wait for a silent client when it stops", async () => {
  const echo = servers[0]!;
  await using server = await start(echo);
  using _silent = new Peer(server);
  await server.printed("new connection from");
  const { code, output } = await server.stop();
  assertEquals(code, 0);
  assertStringIncludes(output, "as the server stops\nserved 1 client, ");
});
