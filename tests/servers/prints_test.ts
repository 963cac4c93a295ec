import { assertEquals, assertMatch } from "@std/assert";
import { startServer } from "../scripts.ts";
import { ASCTIME } from "./catalogue.ts";
import { Peer } from "./peer.ts";

const sock = (raddr = "") =>
  `<socket\\.socket fd=\\d+, family=AF_INET, type=SOCK_STREAM, proto=0, ` +
  `laddr=\\('127\\.0\\.0\\.1', \\d+\\)${raddr}>`;
const server_sock = sock();
const client_sock = sock(", raddr=\\('127\\.0\\.0\\.1', \\d+\\)");
const address = "\\('127\\.0\\.0\\.1', \\d+\\)";

/** A pattern for a server's whole output: its first two lines, and then `patterns`. */
function all(host: string, client: string, ...patterns: string[]): RegExp {
  const lines = [
    `starting up on ${host} port (\\d+)`,
    `try: nc ${host} \\1, or ` +
    `deno run --allow-ffi clients/${client}\\.ts --port \\1`,
    ...patterns,
  ];
  return new RegExp(`^${lines.map((line) => line + "\\n").join("")}$`);
}

Deno.test("servers/receive.ts prints each round with ready sockets, and an idle round once", async () => {
  await using server = await startServer("servers/receive.ts");
  using peer = new Peer(server);
  assertEquals(await peer.text(5), "hello");
  await server.printed("\nwatching 2, ready 0\n");
  await peer.send("to you\n");
  await server.printed("b'to you");
  peer.sock.close();
  await server.printed("closing");
  const { output } = await server.stop();
  assertMatch(
    output,
    all(
      "127.0.0.1",
      "prompt",
      "watching 1, ready 1",
      server_sock,
      "watching 2, ready 0",
      "watching 2, ready 1",
      client_sock,
      "b'to you\\\\n'",
      "watching 2, ready 1",
      client_sock,
      `closing ${client_sock} after reading no data`,
      "watching 1, ready 0",
      "served 1 client, received 7 bytes",
    ),
  );
});

Deno.test("servers/split.ts shows the pass that reads and the one that writes", async () => {
  await using server = await startServer("servers/split.ts");
  using peer = new Peer(server);
  assertEquals(await peer.text(5), "hello");
  await peer.send("one");
  assertEquals(await peer.text(8), "response");
  const { output } = await server.stop();
  assertMatch(
    output,
    all(
      "127.0.0.1",
      "prompt",
      "watching 1, ready 1",
      server_sock,
      "(watching 2, ready 0\n)?watching 2, ready 1",
      client_sock,
      "watching 2, ready 0, writable 1",
      `(watching 2, ready 0\n)?closing ${client_sock} as the server stops`,
      "served 1 client, sent 13 bytes",
    ),
  );
});

Deno.test("servers/reply.ts shows the message that it answers", async () => {
  await using server = await startServer("servers/reply.ts");
  using peer = new Peer(server);
  assertEquals(await peer.text(5), "hello");
  await peer.send("one");
  assertEquals(await peer.text(11), "oneresponse");
  const { output } = await server.stop();
  assertMatch(
    output,
    all(
      "127.0.0.1",
      "prompt",
      "watching 1, ready 1",
      server_sock,
      "(watching 2, ready 0\n)?watching 2, ready 1",
      client_sock,
      "watching 2, ready 0, writable 1",
      "answering b'oneresponse'",
      "(watching 2, ready 0\n)?" +
        `closing ${client_sock} as the server stops`,
      "served 1 client, sent 16 bytes",
    ),
  );
});

function three_lists(readable: string, writeable: string): string {
  return `readable \\[${readable}\\], writeable \\[${writeable}\\], exceptional \\[\\]`;
}

Deno.test("servers/select.ts shows the lists that select returns", async () => {
  await using server = await startServer("servers/select.ts");
  using peer = new Peer(server);
  await peer.send("one");
  assertEquals(await peer.text(3), "one");
  peer.reset();
  await server.printed("client disconnected");
  const { output } = await server.stop();
  assertMatch(
    output,
    all(
      "localhost",
      "prompt",
      three_lists(server_sock, ""),
      `new client from ${address}`,
      three_lists(client_sock, ""),
      "received data b'one'",
      three_lists("", client_sock),
      // A socket that was reset has no address any more.
      three_lists(sock(), ""),
      `client disconnected \\(Connection reset by peer\\) ${sock()}`,
      "served 1 client, echoed 3 bytes",
    ),
  );
});

Deno.test("servers/epoll.ts shows descriptors, events, and clients that left", async () => {
  await using server = await startServer("servers/epoll.ts");
  using peer = new Peer(server);
  await peer.send("one");
  assertEquals(await peer.text(3), "one");
  peer.sock.close();
  await server.printed("---offline---");
  const { output } = await server.stop();
  const reported = "fd \\d+: EPOLLIN";
  assertMatch(
    output,
    all(
      "127.0.0.1",
      "prompt",
      "registering fd \\d+: EPOLLIN\\|EPOLLET",
      reported,
      `new client from ${address}`,
      reported,
      "recv:b'one'",
      // The end may arrive while its data is drained.
      `(${reported}\n)?${address}---offline---`,
      "served 1 client, echoed 3 bytes",
    ),
  );
});

Deno.test("servers/queue.ts answers in the next round what it reads in one", async () => {
  await using server = await startServer("servers/queue.ts", [
    "--pause",
    "0.1",
  ]);
  using peer = new Peer(server);
  await peer.send("one");
  assertEquals(await peer.text(3), "one");
  await peer.send("two");
  assertEquals(await peer.text(3), "two");
  const { output } = await server.stop();
  const round = (message: string) => [
    "waiting for the next event",
    `received "${message}" from ${address}`,
    "waiting for the next event",
    `all is sent to ${address}`,
  ];
  assertMatch(
    output,
    all(
      "localhost",
      "parts",
      "waiting for the next event",
      `connection from ${address}`,
      ...round("one"),
      ...round("two"),
      "waiting for the next event",
      "(waiting for the next event\n)*" +
        `closing ${client_sock} as the server stops`,
      "served 1 client, echoed 6 bytes",
    ),
  );
});

Deno.test("servers/delay.ts sends a late client the time at once", async () => {
  await using server = await startServer("servers/delay.ts", [
    "--interval",
    "3600",
  ]);
  assertEquals(server.host, "0.0.0.0");
  using early = new Peer(server);
  assertMatch(await early.line(), ASCTIME);
  using late = new Peer(server);
  const now = new Date();
  const line = await late.line();
  // The line is the local time, to the second.
  const told = new Date(line);
  assertEquals(Math.abs(told.getTime() - now.getTime()) < 5000, true, line);
  const { output } = await server.stop();
  assertEquals(output.match(/Got Connection from /g)?.length, 2);
});
