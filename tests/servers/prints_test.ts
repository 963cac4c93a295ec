import { assert, assertEquals, assertMatch } from "@std/assert";
import { socket } from "@iomux/py";
import { type Server, startServer } from "../scripts.ts";
import { ASCTIME } from "./catalogue.ts";
import { Peer } from "./peer.ts";

const sock = (raddr = "") =>
  `<socket\\.socket fd=\\d+, family=AF_INET, type=SOCK_STREAM, proto=0, ` +
  `laddr=\\('127\\.0\\.0\\.1', \\d+\\)${raddr}>`;
const server_sock = sock();
const client_sock = sock(", raddr=\\('127\\.0\\.0\\.1', \\d+\\)");
const address = "\\('127\\.0\\.0\\.1', \\d+\\)";
const edge = "fd \\d+: EPOLLIN";

/** The line of idle rounds, which a busy machine makes between two events. */
function idle(watching: number): string {
  return `(watching ${watching}, ready 0\n)?`;
}

function three_lists(readable: string, writeable: string): string {
  return `readable \\[${readable}\\], writeable \\[${writeable}\\], exceptional \\[\\]`;
}

/** A conversation with a server, and the output of the server. */
interface Session {
  readonly args?: string[];
  readonly shows: string;
  talk(peer: Peer, server: Server): Promise<void>;
  /** The host and the client of the first two lines. */
  readonly first: [host: string, client: string];
  /** Patterns of the other lines. */
  readonly lines: readonly string[];
}

/** A client that is greeted, sends `one` and gets the answer. */
function greeted(shows: string, answer: string, ...says: string[]): Session {
  return {
    shows,
    async talk(peer) {
      assertEquals(await peer.text(5), "hello");
      await peer.send("one");
      assertEquals(await peer.text(answer.length), answer);
    },
    first: ["127.0.0.1", "prompt"],
    lines: [
      `${idle(1)}watching 1, ready 1`,
      server_sock,
      `${idle(2)}watching 2, ready 1`,
      client_sock,
      "watching 2, ready 0, writable 1",
      ...says,
      `${idle(2)}closing ${client_sock} as the server stops`,
      `served 1 client, sent ${5 + answer.length} bytes`,
    ],
  };
}

const sessions: Record<string, Session> = {
  receive: {
    shows: "prints each round with ready sockets, and an idle round once",
    async talk(peer, server) {
      assertEquals(await peer.text(5), "hello");
      await server.printed("\nwatching 2, ready 0\n");
      await peer.send("to you\n");
      await server.printed("b'to you");
      peer.sock.close();
      await server.printed("closing");
    },
    first: ["127.0.0.1", "prompt"],
    lines: [
      `${idle(1)}watching 1, ready 1`,
      server_sock,
      "watching 2, ready 0",
      "watching 2, ready 1",
      client_sock,
      "b'to you\\\\n'",
      `${idle(2)}watching 2, ready 1`,
      client_sock,
      `closing ${client_sock} after reading no data`,
      "watching 1, ready 0",
      "served 1 client, received 7 bytes",
    ],
  },
  split: greeted(
    "prints the pass that reads and the pass that writes",
    "response",
  ),
  reply: greeted(
    "prints the message that it answers",
    "oneresponse",
    "answering b'oneresponse'",
  ),
  select: {
    shows: "prints the lists that select returns",
    async talk(peer, server) {
      await peer.send("one");
      assertEquals(await peer.text(3), "one");
      peer.reset();
      await server.printed("client disconnected");
    },
    first: ["localhost", "prompt"],
    lines: [
      three_lists(server_sock, ""),
      `new client from ${address}`,
      three_lists(client_sock, ""),
      "received data b'one'",
      three_lists("", client_sock),
      // A socket that was reset has no peer's address any more.
      three_lists(sock(), ""),
      `client disconnected \\(Connection reset by peer\\) ${sock()}`,
      "served 1 client, echoed 3 bytes",
    ],
  },
  epoll: {
    shows: "prints descriptors, events, and clients that left",
    async talk(peer, server) {
      await peer.send("one");
      assertEquals(await peer.text(3), "one");
      peer.sock.close();
      await server.printed("---offline---");
    },
    first: ["127.0.0.1", "prompt"],
    lines: [
      "registering fd \\d+: EPOLLIN\\|EPOLLET",
      edge,
      `new client from ${address}`,
      edge,
      "recv:b'one'",
      // The end may arrive while the server drains the data.
      `(${edge}\n)?${address}---offline---`,
      "served 1 client, echoed 3 bytes",
    ],
  },
  queue: {
    args: ["--pause", "0.1"],
    shows: "answers a message in the next round",
    async talk(peer) {
      for (const message of ["one", "two"]) {
        await peer.send(message);
        assertEquals(await peer.text(3), message);
      }
    },
    first: ["localhost", "parts"],
    lines: [
      "waiting for the next event",
      `connection from ${address}`,
      ...["one", "two"].flatMap((message) => [
        "waiting for the next event",
        `received "${message}" from ${address}`,
        "waiting for the next event",
        `all is sent to ${address}`,
      ]),
      "waiting for the next event",
      "(waiting for the next event\n)*" +
      `closing ${address} as the server stops`,
      "served 1 client, echoed 6 bytes",
    ],
  },
};

for (const [name, session] of Object.entries(sessions)) {
  const { args, shows, talk, first: [host, client], lines } = session;
  const script = `servers/${name}.ts`;
  Deno.test(`${script} ${shows}`, async () => {
    await using server = await startServer(script, args);
    using peer = new Peer(server);
    await talk(peer, server);
    const { output } = await server.stop();
    const expected = [
      `starting up on ${host} port (\\d+)`,
      `try: nc ${host} \\1, or ` +
      `deno run --allow-ffi clients/${client}\\.ts --port \\1`,
      ...lines,
    ];
    assertMatch(output, new RegExp(`^${expected.join("\n")}\n$`));
  });
}

for (const backend of ["select", "poll", "epoll"]) {
  Deno.test(`servers/echo.ts names a client with urgent data, which it echoes in its place, with ${backend}`, async () => {
    const args = ["--backend", backend];
    await using server = await startServer("servers/echo.ts", args);
    using peer = new Peer(server);
    peer.sock.send(new TextEncoder().encode("ab!"), socket.MSG_OOB);
    assertEquals(await peer.text(3), "ab!");
    const { output } = await server.stop();
    const line = `^handling exceptional condition for ${address}$`;
    assertMatch(output, new RegExp(line, "m"));
  });
}

Deno.test("servers/queue.ts names a client that resets right after its message", async () => {
  await using server = await startServer("servers/queue.ts", [
    "--pause",
    "0.1",
  ]);
  using peer = new Peer(server);
  await peer.send("one");
  peer.reset();
  await server.printed("closing");
  const { output } = await server.stop();
  const reset = "(Connection reset by peer|Broken pipe)";
  assertMatch(output, RegExp(`^closing ${address} after ${reset}$`, "m"));
});

Deno.test("servers/delay.ts sends a late client the time at once", async () => {
  const args = ["--interval", "3600"];
  await using server = await startServer("servers/delay.ts", args);
  assertEquals(server.host, "0.0.0.0");
  using early = new Peer(server);
  assertMatch(await early.line(), ASCTIME);
  const before = Date.now();
  using late = new Peer(server);
  const line = await late.line();
  // The line is the local time, to the second.
  const told = new Date(line).getTime();
  assert(before - 1000 < told && told <= Date.now(), line);
  const { output } = await server.stop();
  assertEquals(output.match(/Got Connection from /g)?.length, 2);
});
