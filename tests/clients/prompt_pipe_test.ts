import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "../descriptors.ts";
import { runScript } from "../scripts.ts";
import { Peer } from "./peer.ts";

const root = new URL("../..", import.meta.url).pathname;
const SCRIPT = "clients/prompt.ts";
const CLOSED = "Remote end closed connection; exiting.\n";

test("prompt.ts sends piped lines one by one, and prints every answer", async () => {
  using peer = new Peer();
  const running = runScript(SCRIPT, peer.args, "one\n\ntwo\nlast");
  using connection = await peer.accept();
  connection.send("hello");
  for (const line of ["one", "two", "last"]) {
    assertEquals(await connection.received(), line);
    connection.send(`${line}response`);
  }
  assertEquals(await connection.received(), "");
  connection.close();
  const output = "hello\noneresponse\ntworesponse\nlastresponse\n";
  assertEquals(await running, { code: 0, output, errors: "" });
});

test("prompt.ts prints answers that arrive long after the end of piped input", async () => {
  using peer = new Peer();
  const running = runScript(SCRIPT, peer.args, "one\ntwo\n");
  using connection = await peer.accept();
  assertEquals(await connection.rest(), "onetwo");
  for (const answer of ["1\n", "2\n", "3"]) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    connection.send(answer);
  }
  connection.close();
  assertEquals(await running, { code: 0, output: "1\n2\n3\n", errors: "" });
});

test("prompt.ts does not wait for answers that never come", async () => {
  using peer = new Peer();
  const lines = Array.from({ length: 500 }, (_, i) => `line ${i}\n`);
  const args = [...peer.args, "--wait", "0.3"];
  const running = runScript(SCRIPT, args, lines.join(""));
  using connection = await peer.accept();
  // The server stays, and says nothing.
  assertEquals(await connection.rest(), lines.join("").replaceAll("\n", ""));
  assertEquals(await running, { code: 0, output: "", errors: "" });
});

test("prompt.ts passes a line of a megabyte whole", async () => {
  using peer = new Peer();
  const line = "0123456789abcdef".repeat(1 << 16);
  const running = runScript(SCRIPT, peer.args, line + "\n");
  using connection = await peer.accept();
  assertEquals(await connection.rest(), line);
  connection.close();
  assertEquals((await running).code, 0);
});

test("prompt.ts prints received lines while the server does not read", async () => {
  using peer = new Peer();
  // More than the kernel keeps for a connection on the loopback.
  const line = "x".repeat(1 << 24);
  const running = runScript(SCRIPT, peer.args, line);
  using connection = await peer.accept();
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    connection.send(`pushed ${i}\n`);
  }
  assertEquals((await connection.rest()).length, line.length);
  connection.close();
  const output = "pushed 0\npushed 1\npushed 2\npushed 3\npushed 4\n";
  assertEquals(await running, { code: 0, output, errors: "" });
});

test("prompt.ts takes no server's word for an end of its own", async () => {
  using peer = new Peer();
  const running = runScript(SCRIPT, peer.args, "one\n");
  using connection = await peer.accept();
  await connection.rest();
  connection.send("\x04\x1b[2J\nafter");
  connection.close();
  assertEquals((await running).output, "\\x04\\x1b[2J\nafter\n");
});

test("prompt.ts prints that the server closes before the input has ended", async () => {
  using peer = new Peer();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-ffi", root + SCRIPT, ...peer.args],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const connection = await peer.accept();
  connection.send("hello");
  connection.close();
  const { code, stdout } = await child.output();
  assertEquals(new TextDecoder().decode(stdout), "hello\n" + CLOSED);
  assertEquals(code, 0);
  await child.stdin.close().catch(() => {});
});

test("prompt.ts joins characters that arrive in pieces", async () => {
  using peer = new Peer();
  const running = runScript(SCRIPT, peer.args, "");
  using connection = await peer.accept();
  await connection.rest();
  for (const byte of new TextEncoder().encode("ü你😀")) {
    connection.socket.send(Uint8Array.of(byte));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  connection.close();
  const { output } = await running;
  assertEquals(output.replaceAll("\n", ""), "ü你😀");
  assertStringIncludes(output, "你");
});
