import { assertEquals, assertMatch } from "@std/assert";
import { socket } from "@iomux/py";
import { type Server, startServer } from "../scripts.ts";
import { numbers, Peer } from "../servers/peer.ts";
import { curl, test_with } from "./peers.ts";

const SCRIPT = "examples/socks5.ts";
const encoder = new TextEncoder();

function proxy({ port }: Server, password = "password"): string {
  return `username:${password}@127.0.0.1:${port}`;
}

function test_curl(name: string, fn: () => Promise<void>): Promise<void> {
  return test_with("curl", "-V", name, fn);
}

/** The first steps of a client, before its request. */
async function greeted(server: Server): Promise<Peer> {
  const peer = new Peer(server);
  await peer.send(new Uint8Array([5, 2, 0, 2]));
  assertEquals([...await peer.receive(2)], [5, 2]);
  // In parts: the proxy must not take a short read for all of it.
  for (const part of ["\x01\x08user", "name\x08pass", "word"]) {
    await peer.send(part);
    await peer.acknowledged();
  }
  assertEquals([...await peer.receive(2)], [1, 0]);
  return peer;
}

/** Asks for a port of this machine. */
async function connected(server: Server, port: number): Promise<Peer> {
  const peer = await greeted(server);
  const address = [127, 0, 0, 1, port >> 8, port & 0xff];
  await peer.send(new Uint8Array([5, 1, 0, 1, ...address]));
  const [version, status, , type] = await peer.receive(10);
  assertEquals([version, status, type], [5, 0, 1]);
  return peer;
}

await test_curl("socks5.ts takes curl --socks5 to an HTTP server", async () => {
  await using server = await startServer(SCRIPT, ["--allow-private"]);
  await using http = await startServer("examples/http.ts");
  const url = `http://127.0.0.1:${http.port}/`;
  const { code, output, errors } = await curl("--socks5", proxy(server), url);
  assertEquals([code, output, errors], [0, "Hello, world!", ""]);
  await server.printed(`Connected to 127.0.0.1 ${http.port}`);
});

await test_curl(
  "socks5.ts looks up the host for curl --socks5-hostname",
  async () => {
    await using server = await startServer(SCRIPT, ["--allow-private"]);
    await using http = await startServer("examples/http.ts");
    const args = ["--socks5-hostname", proxy(server), "--parallel"];
    const url = `http://localhost:${http.port}/[1-20]`;
    const { code, output } = await curl(...args, url);
    assertEquals([code, output], [0, "Hello, world!".repeat(20)]);
    await server.printed(`Connected to localhost ${http.port}`);
  },
);

await test_curl("socks5.ts refuses curl with another password", async () => {
  await using server = await startServer(SCRIPT, ["--allow-private"]);
  const { code, errors } = await curl(
    "--socks5",
    proxy(server, "guessed"),
    "http://127.0.0.1:1/",
  );
  assertEquals(code, 97);
  assertMatch(errors, /rejected by the SOCKS5 server/);
});

await test_curl(
  "socks5.ts tells curl that the connection was refused",
  async () => {
    await using server = await startServer(SCRIPT, ["--allow-private"]);
    using refusing = socket.socket();
    refusing.bind(["127.0.0.1", 0]);
    const [, port] = refusing.getsockname();
    const url = `http://127.0.0.1:${port}/`;
    const { code, errors } = await curl("--socks5", proxy(server), url);
    assertEquals(code, 97);
    assertMatch(errors, /\(5\)/);
    await server.printed(`Cannot reach 127.0.0.1 ${port}: [Errno 111]`);
  },
);

Deno.test("socks5.ts forwards pending bytes, then the half-close", async () => {
  await using server = await startServer(SCRIPT, ["--allow-private"]);
  await using echo = await startServer("servers/echo.ts");
  using slow = await connected(server, echo.port);
  const flood = await slow.flood();
  using other = await connected(server, echo.port);
  await other.send("me too");
  assertEquals(await other.text(6), "me too");
  slow.half_close();
  assertEquals(await slow.rest(), flood);
});

Deno.test("socks5.ts continues after clients that reset, leave or send garbage", async () => {
  await using server = await startServer(SCRIPT, ["--allow-private"]);
  await using echo = await startServer("servers/echo.ts");
  const rude = await connected(server, echo.port);
  await rude.send(numbers(100_000));
  rude.reset();
  await server.printed("Connection reset by peer");
  using lost = new Peer(server);
  await lost.send(new Uint8Array([5]));
  lost.half_close();
  assertEquals((await lost.rest()).length, 0);
  using other = new Peer(server);
  await other.send("GET / HTTP/1.0\r\n\r\n");
  await server.printed("not SOCKS5");
  using bind = await greeted(server);
  await bind.send(new Uint8Array([5, 2, 0, 1, 127, 0, 0, 1, 0, 80]));
  assertEquals([...await bind.receive(4)], [5, 7, 0, 1]);
  using fine = await connected(server, echo.port);
  await fine.send("hello");
  assertEquals(await fine.text(5), "hello");
});

Deno.test("socks5.ts refuses this machine and private networks under any name", async () => {
  await using server = await startServer(SCRIPT);
  await using echo = await startServer("servers/echo.ts");
  const port = [echo.port >> 8, echo.port & 0xff];
  const name = (host: string) => [3, host.length, ...encoder.encode(host)];
  const mapped = socket.inet_pton(socket.AF_INET6, "::ffff:127.0.0.1");
  for (
    const address of [
      [1, 127, 0, 0, 1],
      [1, 0, 0, 0, 0],
      [1, 10, 0, 0, 1],
      [1, 169, 254, 169, 254],
      [1, 172, 31, 0, 1],
      [1, 192, 168, 0, 1],
      [4, ...socket.inet_pton(socket.AF_INET6, "::1")],
      [4, ...mapped],
      [4, ...socket.inet_pton(socket.AF_INET6, "64:ff9b::7f00:1")],
      [4, ...socket.inet_pton(socket.AF_INET6, "2002:7f00:1::")],
      [4, ...socket.inet_pton(socket.AF_INET6, "fd00::1")],
      name("localhost"),
      name("127.1"),
      name("0x7f.1"),
    ]
  ) {
    using peer = await greeted(server);
    await peer.send(new Uint8Array([5, 1, 0, ...address, ...port]));
    assertEquals([...await peer.receive(4)], [5, 2, 0, 1], String(address));
  }
});

Deno.test("socks5.ts escapes control characters in a client's host name", async () => {
  await using server = await startServer(SCRIPT);
  using peer = await greeted(server);
  const host = encoder.encode("ü\u009b2J.invalid\u202e");
  await peer.send(new Uint8Array([5, 1, 0, 3, host.length, ...host, 0, 80]));
  await peer.receive(4);
  await server.printed("Cannot reach");
  const said = server.output() + server.errors();
  // deno-lint-ignore no-control-regex -- those that no line may have
  assertEquals(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(said), false, said);
});
