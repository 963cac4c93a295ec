import { assertEquals, assertMatch } from "@std/assert";
import { ran, type Server, startServer } from "../scripts.ts";
import { Peer } from "../servers/peer.ts";
import { nc, PATIENCE } from "./peers.ts";

const SCRIPT = "examples/chat.ts";

/** Connects, gives a name and reads the instructions. */
async function player(server: Server, name: string): Promise<Peer> {
  const peer = new Peer(server);
  assertEquals(await peer.line(), "This is pychat.\n");
  assertEquals(await peer.line(), "Please tell us your name:\n");
  await peer.send(`name: ${name}\n`);
  while (!(await peer.line()).startsWith("All else ")) {
    /* The instructions. */
  }
  return peer;
}

async function joined(
  server: Server,
  name: string,
  room: string,
): Promise<Peer> {
  const peer = await player(server, name);
  await peer.send(`<join> ${room}\n`);
  assertEquals(await peer.line(), `${room} welcomes: ${name}\n`);
  return peer;
}

nc.test("chat.ts chats with nc", async () => {
  await using server = await startServer(SCRIPT);
  using joy = await joined(server, "joy", "lounge");
  const said = "Jason\n<list>\n<join> lounge\nHi all\n<quit>\n";
  const args = ["-w", PATIENCE, "127.0.0.1", String(server.port)];
  const { output } = await ran("nc", args, said);
  assertEquals(await joy.line(), "lounge welcomes: jason\n");
  assertEquals(await joy.line(), "jason:hi all\n");
  assertEquals(await joy.line(), "jason has left the room\n");
  assertMatch(output, /lounge: 1 player\(s\)\n/);
  assertMatch(output, /jason:hi all\n<\$quit\$>$/);
});

Deno.test("chat.ts sends a message to its room alone", async () => {
  await using server = await startServer(SCRIPT);
  using ann = await joined(server, "ann", "one");
  using bob = await joined(server, "bob", "one");
  assertEquals(await ann.line(), "one welcomes: bob\n");
  using cid = await joined(server, "cid", "two");
  await bob.send("hel");
  await bob.acknowledged();
  await bob.send("lo\nagain\n");
  for (const peer of [ann, bob]) {
    assertEquals(await peer.line(), "bob:hello\n");
    assertEquals(await peer.line(), "bob:again\n");
  }
  await bob.send("<join> two\n");
  assertEquals(await ann.line(), "bob has left the room\n");
  assertEquals(await cid.line(), "two welcomes: bob\n");
});

Deno.test("chat.ts tells the room when a player resets, and forgets an empty room", async () => {
  await using server = await startServer(SCRIPT);
  using ann = await joined(server, "ann", "one");
  const bob = await joined(server, "bob", "one");
  assertEquals(await ann.line(), "one welcomes: bob\n");
  bob.reset();
  assertEquals(await ann.line(), "bob has left the room\n");
  await ann.send("<join> two\n<list>\n");
  assertEquals(await ann.line(), "two welcomes: ann\n");
  assertEquals(await ann.line(), "The rooms:\n");
  assertEquals(await ann.line(), "two: 1 player(s)\n");
});

Deno.test("chat.ts asks until it has a name, and does not accept a command as one", async () => {
  await using server = await startServer(SCRIPT);
  using peer = new Peer(server);
  await peer.send("<list>\nname:\nJoy\n<join>\n\x1b[31mhi\n<quit>\nhi\n");
  const said = new TextDecoder().decode(await peer.rest());
  assertEquals(said.split("Please tell us your name:").length, 4);
  assertEquals(said.split("All else is said to your room.").length, 3);
  assertMatch(said, /You are in no room\..*\n<\$quit\$>$/);
  await server.printed("joy@('127.0.0.1', ");
});

Deno.test("chat.ts closes a player that does not read, and serves the others", async () => {
  await using server = await startServer(SCRIPT);
  using deaf = await joined(server, "deaf", "one");
  using ann = await joined(server, "ann", "one");
  const line = "x".repeat(4000);
  let heard = "";
  while (heard !== "deaf has left the room\n") {
    await ann.send(`${line}\n`);
    heard = await ann.line();
  }
  await server.printed("Player: deaf@");
  assertEquals(deaf.sock.fileno() >= 0, true);
});

Deno.test("chat.ts filters characters that reverse the direction of text", async () => {
  await using server = await startServer(SCRIPT);
  using ann = await joined(server, "ann", "one");
  const turning =
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c";
  await ann.send(`a${turning}b\u2028c\x9bd\n`);
  assertEquals(await ann.line(), "ann:a b c d\n");
});

Deno.test("chat.ts keeps every message for a slow reader, in order", async () => {
  await using server = await startServer(SCRIPT);
  using slow = await joined(server, "slow", "one");
  using ann = await joined(server, "ann", "one");
  assertEquals(await slow.line(), "one welcomes: ann\n");
  const lines = Array.from(
    { length: 3000 },
    (_, i) => `${i} ${"x".repeat(i % 40)}`,
  );
  for (const line of lines) await ann.send(`${line}\n`);
  for (const line of lines) {
    assertEquals(await ann.line(), `ann:${line.trim()}\n`);
  }
  for (const line of lines) {
    assertEquals(await slow.line(), `ann:${line.trim()}\n`);
  }
});

Deno.test("chat.ts moves fewer items within its queues than it sends bytes", async () => {
  const LINES = 20_000;
  await using server = await startServer(
    "tests/examples/counted_chat.ts",
  );
  using ann = await joined(server, "ann", "one");
  // It reads 2,000 of these lines a round, and sends 64: thousands wait at a time.
  await ann.send("a\n".repeat(LINES));
  const said = "ann:a\n".repeat(LINES);
  assertEquals(await ann.text(said.length), said);
  await ann.send("<quit>\n");
  await server.printed(/^moved \d+ items$/m);
  const [, moved] = /^moved (\d+) items$/m.exec(server.output())!;
  assertEquals(Number(moved) < said.length, true, `moved ${moved} items`);
});

Deno.test("chat.ts limits the output queued for 100 players that do not read, and serves the others", async () => {
  await using server = await startServer(SCRIPT);
  using ann = await joined(server, "ann", "one");
  const deaf: Peer[] = [];
  for (let i = 0; i < 100; i++) {
    const peer = new Peer(server, 4096);
    deaf.push(peer);
    await peer.send(`deaf${i}\n<join> one\n`);
    assertEquals(await ann.line(), `one welcomes: deaf${i}\n`);
  }
  const line = "x".repeat(4000);
  const gone = new Set<string>();
  while (gone.size < deaf.length) {
    await ann.send(`${line}\n`);
    for (let heard = ""; heard !== `ann:${line}\n`;) {
      heard = await ann.line();
      gone.add(heard);
    }
    gone.delete(`ann:${line}\n`);
  }
  for (let i = 0; i < 100; i++) {
    assertEquals(gone.has(`deaf${i} has left the room\n`), true);
  }
  for (const peer of deaf) peer.sock.close();
});
