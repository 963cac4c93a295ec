import { assert, assertEquals } from "@std/assert";
import { test } from "../descriptors.ts";
import { type Connection, Peer } from "./peer.ts";
import { Terminal } from "./terminal.ts";

const SCRIPT = "clients/prompt.ts";
const CLOSED = "Remote end closed connection; exiting.";

/** A prompt on a terminal, connected and greeted. */
async function started(
  peer: Peer,
  columns?: number,
  rows?: number,
): Promise<[Terminal, Connection]> {
  const terminal = new Terminal(SCRIPT, peer.args, columns, rows);
  const connection = await peer.accept();
  connection.send("hello");
  await terminal.shows_rows("hello", ">>>");
  return [terminal, connection];
}

/** Checks that the client left the terminal as it was, and nothing on its line. */
function check_tidy(terminal: Terminal, ...rows: string[]): void {
  assertEquals(terminal.screen.rows, rows);
  assertEquals(terminal.screen.cursor, { x: 0, y: rows.length });
  assertEquals(terminal.modes(), terminal.modes_before);
}

test("prompt.ts sends a line without its newline, and prints the answer", async () => {
  using peer = new Peer();
  const [terminal, connection] = await started(peer);
  await using _ = terminal;
  terminal.type("zwölf 你好\r");
  assertEquals(await connection.received(), "zwölf 你好");
  connection.send("response");
  await terminal.shows_rows("hello", ">>> zwölf 你好", "response", ">>>");
  connection.close();
});

test("prompt.ts shows at once what is pushed, and redraws the half-typed line under it", async () => {
  using peer = new Peer();
  const [terminal, connection] = await started(peer);
  await using _ = terminal;
  terminal.type("half a li");
  await terminal.shows_rows("hello", ">>> half a li");
  connection.send("pushed\n");
  await terminal.shows_rows("hello", "pushed", ">>> half a li");
  assertEquals(terminal.screen.cursor, { x: 13, y: 2 });
  terminal.type("ne\r");
  assertEquals(await connection.received(), "half a line");
  connection.close();
});

test("prompt.ts wraps no half-typed line in a window of 20x5", async () => {
  using peer = new Peer();
  const [terminal, connection] = await started(peer, 20, 5);
  await using _ = terminal;
  terminal.type("0123456789abcdefghij");
  await terminal.shows_rows("hello", ">>> <6789abcdefghij");
  for (let i = 1; i <= 4; i++) connection.send(`pushed ${i}\n`);
  await terminal.shows_rows(
    "pushed 1",
    "pushed 2",
    "pushed 3",
    "pushed 4",
    ">>> <6789abcdefghij",
  );
  terminal.type("\r");
  assertEquals(await connection.received(), "0123456789abcdefghij");
  await terminal.shows_rows(
    "pushed 3",
    "pushed 4",
    ">>> 0123456789abcdef",
    "ghij",
    ">>>",
  );
  connection.close();
});

test("prompt.ts draws anew when its window is resized", async () => {
  using peer = new Peer();
  const [terminal, connection] = await started(peer);
  await using _ = terminal;
  terminal.type("0123456789abcdefghij");
  await terminal.shows_rows("hello", ">>> 0123456789abcdefghij");
  terminal.resize(40, 24);
  terminal.type("klmnopqrstuvwxyz!");
  await terminal.shows_rows("hello", ">>> <3456789abcdefghijklmnopqrstuvwxyz!");
  terminal.resize(80, 24);
  await terminal.shows_rows(
    "hello",
    ">>> 0123456789abcdefghijklmnopqrstuvwxyz!",
  );
  connection.close();
});

test("prompt.ts sends nothing for an empty line", async () => {
  using peer = new Peer();
  const [terminal, connection] = await started(peer);
  await using _ = terminal;
  terminal.type("\r\r");
  await terminal.shows_rows("hello", ">>>", ">>>", ">>>");
  terminal.type("a\r");
  assertEquals(await connection.received(), "a");
  connection.close();
});

test("prompt.ts ends on Ctrl-D: the server reads the end, the terminal is as it was", async () => {
  using peer = new Peer();
  const [terminal, connection] = await started(peer);
  await using _ = terminal;
  terminal.type("bye\r\x04");
  assertEquals(await connection.rest(), "bye");
  connection.send("goodbye");
  connection.close();
  assertEquals(await terminal.ended(), 0);
  check_tidy(terminal, "hello", ">>> bye", "goodbye");
});

test("prompt.ts ends on Ctrl-D even where the server does not close", async () => {
  using peer = new Peer();
  const [terminal, connection] = await started(peer);
  await using _ = terminal;
  using _open = connection;
  terminal.type("\x04");
  assertEquals(await terminal.ended(), 0);
  check_tidy(terminal, "hello");
});

test("prompt.ts leaves a tidy terminal on Ctrl-C, in the midst of a line", async () => {
  for (const [columns, rows] of [[80, 24], [20, 5]] as const) {
    using peer = new Peer();
    const [terminal, connection] = await started(peer, columns, rows);
    await using _ = terminal;
    terminal.type("half a line that is somewhat longer");
    await terminal.shows((screen) => screen.row.endsWith("longer"));
    assert(terminal.modes() !== terminal.modes_before);
    terminal.type("\x03");
    assertEquals(await terminal.ended(), 130);
    check_tidy(terminal, "hello");
    assertEquals(await connection.rest(), "");
    connection.close();
  }
});

test("prompt.ts leaves a tidy terminal on SIGTERM, SIGHUP and Ctrl-\\", async () => {
  const ends: Array<[(terminal: Terminal) => void, number]> = [
    [(terminal) => terminal.kill("SIGTERM"), 143],
    [(terminal) => terminal.kill("SIGHUP"), 129],
    [(terminal) => terminal.type("\x1c"), 131],
  ];
  for (const [end, code] of ends) {
    using peer = new Peer();
    const [terminal, connection] = await started(peer);
    await using _ = terminal;
    using _open = connection;
    terminal.type("half");
    await terminal.shows_rows("hello", ">>> half");
    end(terminal);
    assertEquals(await terminal.ended(), code);
    check_tidy(terminal, "hello");
  }
});

test("prompt.ts draws its line anew when it is continued", async () => {
  using peer = new Peer();
  const [terminal, connection] = await started(peer);
  await using _ = terminal;
  terminal.type("half");
  await terminal.shows_rows("hello", ">>> half");
  terminal.screen.feed("\r\n[1]+  Stopped\r\n");
  terminal.kill("SIGCONT");
  await terminal.shows_rows("hello", ">>> half", "[1]+  Stopped", ">>> half");
  connection.close();
});

test("prompt.ts says so when the server closes, and exits with 0", async () => {
  using peer = new Peer();
  const [terminal, connection] = await started(peer);
  await using _ = terminal;
  terminal.type("half");
  await terminal.shows_rows("hello", ">>> half");
  connection.send("last words");
  connection.close();
  assertEquals(await terminal.ended(), 0);
  check_tidy(terminal, "hello", "last words", CLOSED);
});

test("prompt.ts says in one line that the server reset, and exits with 1", async () => {
  using peer = new Peer();
  const [terminal, connection] = await started(peer);
  await using _ = terminal;
  terminal.type("half");
  await terminal.shows_rows("hello", ">>> half");
  connection.reset();
  assertEquals(await terminal.ended(), 1);
  const [, , , port] = peer.args;
  check_tidy(
    terminal,
    "hello",
    `127.0.0.1 port ${port}: Connection reset by peer`,
  );
});

test("prompt.ts lets nothing from the network harm the terminal", async () => {
  using peer = new Peer();
  const [terminal, connection] = await started(peer);
  await using _ = terminal;
  // Clear the screen, set the title, ring, a C1 control, turn the direction.
  connection.send("\x1b[2J\x1b]0;title\x07\u009b2J\u202e\r\ttab\\\nnext");
  await terminal.shows_rows(
    "hello",
    "\\x1b[2J\\x1b]0;title\\x07\\x9b2J\\u202e\\r   tab\\",
    "next",
    ">>>",
  );
  connection.close();
});
