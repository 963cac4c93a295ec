import { assertEquals } from "@std/assert";
import { ran, startServer } from "../scripts.ts";
import { numbers, Peer } from "../servers/peer.ts";
import { test_with } from "./peers.ts";

const SCRIPT = "examples/selectors.ts";

await test_with(
  "nc",
  "-h",
  "selectors.ts sends back what nc sends",
  async () => {
    await using server = await startServer(SCRIPT);
    const { host, port } = server;
    const args = ["-N", "-w", "10", host, String(port)];
    const { code, output } = await ran("nc", args, "hello\n");
    assertEquals([code, output], [0, "hello\n"]);
    await server.printed("echoing b'hello\\n' to <socket.socket fd=");
    await server.printed("closing <socket.socket fd=");
  },
);

await test_with(
  "socat",
  "-V",
  "selectors.ts sends back what socat sends, and closes when it does",
  async () => {
    await using server = await startServer(SCRIPT);
    const to = `TCP:127.0.0.1:${server.port}`;
    const said = new TextDecoder().decode(numbers(300_000));
    const { output } = await ran("socat", ["-t", "10", "-", to], said);
    assertEquals(output === said, true);
  },
);

Deno.test("selectors.ts keeps a client's unread bytes, and serves the others", async () => {
  await using server = await startServer(SCRIPT);
  using slow = new Peer(server, 4096);
  const flood = await slow.flood();
  using other = new Peer(server);
  await other.send("me too");
  assertEquals(await other.text(6), "me too");
  slow.half_close();
  assertEquals(await slow.rest(), flood);
});

Deno.test("selectors.ts closes a client that resets", async () => {
  await using server = await startServer(SCRIPT);
  const rude = new Peer(server);
  await rude.send("hello");
  await rude.text(5);
  rude.reset();
  await server.printed("[Errno 104] Connection reset by peer");
  await server.printed("closing <socket.socket fd=");
  using other = new Peer(server);
  await other.send("hello");
  assertEquals(await other.text(5), "hello");
});

Deno.test("selectors.ts continues when no descriptor is free for one more client", async () => {
  await using server = await startServer(SCRIPT, [], { descriptors: 40 });
  const peers = Array.from({ length: 40 }, () => new Peer(server));
  await server.printed("not accepting for now: Too many open files");
  await peers[0]!.send("still here");
  assertEquals(await peers[0]!.text(10), "still here");
  for (const peer of peers) peer.sock.close();
  using late = new Peer(server);
  await late.send("late");
  assertEquals(await late.text(4), "late");
});
