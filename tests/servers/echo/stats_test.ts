import { assertEquals, assertMatch } from "@std/assert";
import { nothing, rates, sum } from "../../../servers/echo/stats.ts";
import { startServer } from "../../scripts.ts";
import { answered, servers } from "../catalogue.ts";
import { Peer } from "../peer.ts";

const echo = servers[0]!;

for (const backend of ["select", "poll", "epoll"]) {
  Deno.test(`--stats prints on standard error what is served, with ${backend}`, async () => {
    await using server = await startServer(
      "servers/echo.ts",
      [
        ...["--backend", backend, "--quiet"],
        ...["--stats", "0.3", "--max-clients", "30"],
      ],
    );
    const peers = Array.from({ length: 30 }, () => new Peer(server));
    await Promise.all(peers.map((peer) => answered(echo, peer)));
    const above = Array.from({ length: 7 }, () => new Peer(server));
    for (const peer of above) {
      await peer.rest();
      peer.sock.close();
    }
    await server.printed(/^30 clients, .* 7 turned away$/m);
    assertMatch(server.errors(), / [1-9]\d* accepted\/s, /);
    assertMatch(
      server.errors(),
      / [1-9]\d* bytes\/s in, [1-9]\d* bytes\/s out/,
    );
    await peers[0]!.flood();
    await server.printed(
      /^30 clients, .* [1-9]\d* bytes queued, 7 turned away$/m,
    );
    for (const peer of peers) peer.reset();
    await server.printed(/^0 clients, .* 0 bytes queued, 7 turned away$/m);
    const { code, output, errors } = await server.stop();
    assertEquals(code, 0);
    assertMatch(output, /^starting up on .*\nserved 30 clients, .*\n$/);
    assertMatch(
      errors,
      /^(\d+ clients?, \d+ accepted\/s, \d+ bytes\/s in, \d+ bytes\/s out, \d+ bytes queued, \d+ turned away\n)+$/,
    );
  });
}

Deno.test("rates() describes the time between two counts, per second", () => {
  const before = { ...nothing(), served: 3, received: 100, sent: 90 };
  const after = {
    clients: 1,
    served: 7,
    received: 2100,
    sent: 1090,
    queued: 1010,
    turned_away: 5,
  };
  assertEquals(
    rates(before, after, 2),
    "1 client, 2 accepted/s, 1000 bytes/s in, 500 bytes/s out, 1010 bytes queued, 5 turned away",
  );
  assertEquals(sum([before, after, nothing()]), {
    clients: 1,
    served: 10,
    received: 2200,
    sent: 1180,
    queued: 1010,
    turned_away: 5,
  });
});
