import { assertEquals } from "@std/assert";
import { test } from "../descriptors.ts";
import { runScript } from "../scripts.ts";
import { Peer } from "./peer.ts";

const SCRIPT = "clients/hello.ts";
const CLOSED = "Remote end closed connection; exiting.\n";

test("hello.ts prints the greeting, and leaves in order", async () => {
  using peer = new Peer();
  const running = runScript(SCRIPT, peer.args);
  using connection = await peer.accept();
  connection.send("hello");
  assertEquals(await connection.rest(), "");
  assertEquals(await running, { code: 0, output: "hello\n", errors: "" });
});

test("hello.ts prints all of a greeting that arrives in pieces", async () => {
  using peer = new Peer();
  const running = runScript(SCRIPT, peer.args);
  using connection = await peer.accept();
  for (const byte of new TextEncoder().encode("grüß dich\n")) {
    connection.socket.send(Uint8Array.of(byte));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assertEquals((await running).output, "grüß dich\n");
});

test("hello.ts prints that the server closes", async () => {
  for (const greeting of ["", "hello"]) {
    using peer = new Peer();
    const running = runScript(SCRIPT, peer.args);
    const connection = await peer.accept();
    connection.send(greeting);
    connection.close();
    const { code, output } = await running;
    assertEquals(output, (greeting && greeting + "\n") + CLOSED);
    assertEquals(code, 0);
  }
});

test("hello.ts lets nothing from the network harm the terminal", async () => {
  using peer = new Peer();
  const running = runScript(SCRIPT, peer.args);
  using connection = await peer.accept();
  connection.send("\x1b]0;title\x07two\nlines");
  assertEquals((await running).output, "\\x1b]0;title\\x07two\nlines\n");
});
