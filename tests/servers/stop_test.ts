import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { socket } from "@iomux/py";
import {
  assert_answers,
  greeted,
  queues,
  servers,
  start,
} from "./catalogue.ts";
import { numbers, Peer } from "./peer.ts";

/** Makes the 5 s of a stop 50 s: a loaded machine needs more than 5. */
const patient = {
  preload: new URL("patient.ts", import.meta.url).pathname,
};

for (const entry of servers) {
  Deno.test(`${entry.name} stops in order, once it has sent all answers`, async () => {
    await using server = await start(entry, patient);
    using idle = new Peer(server), peer = new Peer(server, 4096);
    await greeted(entry, idle);
    await greeted(entry, peer);
    let sent = numbers(1 << 16);
    if (queues.has(entry.kind)) sent = await peer.flood();
    else await peer.send(sent);

    const ended = server.stop("SIGINT");
    // Through a window this small it takes seconds.
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
  });
}

Deno.test("every server gives up a client that does not read when it stops", () =>
  Promise.all(
    servers.filter(({ kind }) => queues.has(kind)).map(async (entry) => {
      await using server = await start(entry);
      using peer = new Peer(server, 4096);
      await greeted(entry, peer);
      await peer.flood();
      const { code, output, errors } = await server.stop();
      assertEquals([code, errors], [0, ""], entry.name);
      assertMatch(output, /\nserved 1 client, (echoed|sent) \d+ bytes\n$/);
    }),
  ).then(() => {}));

Deno.test("servers/echo.ts prints which client it gives up", async () => {
  await using server = await start(servers[0]!);
  using peer = new Peer(server, 4096);
  await peer.flood();
  const { output } = await server.stop();
  assertStringIncludes(output, "as it takes too long\nserved 1 client, ");
});

Deno.test("a server that stops does not wait for a client that is silent", async () => {
  const echo = servers[0]!;
  await using server = await start(echo);
  using _silent = new Peer(server);
  await server.printed("new connection from");
  const { code, output } = await server.stop();
  assertEquals(code, 0);
  assertStringIncludes(output, "as the server stops\nserved 1 client, ");
});
