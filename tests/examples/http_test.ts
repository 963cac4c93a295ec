import { assert, assertEquals, assertMatch } from "@std/assert";
import { ran, startServer } from "../scripts.ts";
import { Peer } from "../servers/peer.ts";
import { curl, test_with } from "./peers.ts";

const SCRIPT = "examples/http.ts";
const ANSWER =
  /^HTTP\/1\.0 200 OK\r\nDate: \w{3}, \d\d .* GMT\r\nContent-Type: text\/plain\r\nContent-Length: 13\r\n\r\nHello, world!$/;

await test_with("curl", "-V", "http.ts answers curl", async () => {
  await using server = await startServer(SCRIPT);
  const url = `http://127.0.0.1:${server.port}/some/where`;
  const { code, output, errors } = await curl("-i", url);
  assertEquals([code, errors], [0, ""]);
  assertMatch(output, ANSWER);
  await server.printed(`${"-".repeat(40)}\nGET /some/where HTTP/1.1\nHost: `);
});

await test_with(
  "curl",
  "-V",
  "http.ts answers curl, which sends more than it reads, without a reset",
  async () => {
    await using server = await startServer(SCRIPT);
    const url = `http://127.0.0.1:${server.port}/`;
    const body = "x".repeat(200_000);
    const post = ["-H", "Expect:", "--data-binary", "@-", url];
    const all = Array.from(
      { length: 4 },
      () => ran("curl", ["-sS", "--max-time", "20", ...post], body),
    );
    for (const { code, output, errors } of await Promise.all(all)) {
      assertEquals([code, output, errors], [0, "Hello, world!", ""]);
    }
  },
);

await test_with(
  "nc",
  "-h",
  "http.ts answers nc, which closes its half before it reads",
  async () => {
    await using server = await startServer(SCRIPT);
    const args = ["-N", "-w", "10", "127.0.0.1", String(server.port)];
    const { code, output } = await ran("nc", args, "GET / HTTP/1.0\n\n");
    assertEquals(code, 0);
    assertMatch(output, ANSWER);
  },
);

Deno.test("http.ts waits for a request that arrives in parts", async () => {
  await using server = await startServer(SCRIPT);
  using peer = new Peer(server);
  for (const part of ["GET / HT", "TP/1.0\r\n", "Host: x\r\n", "\r", "\n"]) {
    await peer.send(part);
    await peer.acknowledged();
  }
  assertMatch(new TextDecoder().decode(await peer.rest()), ANSWER);
});

Deno.test("http.ts closes clients that leave early, reset or never finish", async () => {
  await using server = await startServer(SCRIPT, [], { descriptors: 40 });
  for (let i = 0; i < 60; i++) {
    using early = new Peer(server);
    await early.send("GET / HTTP/1.0\r\n");
    if (i % 2) early.half_close();
    else early.reset();
    if (i % 2) assertEquals((await early.rest()).length, 0);
  }
  using endless = new Peer(server);
  // It may be reset while it is still sending.
  await endless.send("x".repeat(70_000)).catch(() => {});
  using fine = new Peer(server);
  await fine.send("GET / HTTP/1.0\r\n\r\n");
  assertMatch(new TextDecoder().decode(await fine.rest()), ANSWER);
  assertEquals(server.errors(), "");
});

Deno.test("http.ts answers many clients at once, and later those that found no descriptor", async () => {
  await using server = await startServer(SCRIPT, [], { descriptors: 40 });
  const silent = Array.from({ length: 40 }, () => new Peer(server));
  await server.printed("not accepting for now: Too many open files");
  for (const peer of silent) await peer.send("GET / HTTP/1.0\r\n\r\n");
  for (const peer of silent) {
    const answer = new TextDecoder().decode(await peer.rest());
    assert(ANSWER.test(answer), answer);
    peer.sock.close();
  }
});
