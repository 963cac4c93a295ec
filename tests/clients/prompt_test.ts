import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "../descriptors.ts";
import { SLOW_CLOCK, WATCHDOG } from "../scripts.ts";
import { type Connection, on_terminal, Peer, piped } from "./peer.ts";
import type { Terminal } from "./terminal.ts";

const SCRIPT = "clients/prompt.ts";
const CLOSED = "Remote end closed connection; exiting.";

/** Waits, while the event loop turns. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

// Input from a pipe.

// By its own clock, prompt.ts waits 200 ms for an answer before it sends the next line.
const three_lines = piped(SCRIPT, "one\n\ntwo\nlast", [], SLOW_CLOCK);
three_lines.test("prompt.ts sends piped lines one by one, and prints every answer", async ({ connection, ended }) => {
  connection.send("hello");
  for (const line of ["one", "two", "last"]) {
    assertEquals(await connection.received(), line);
    connection.send(`${line}response`);
  }
  assertEquals(await connection.received(), "");
  connection.close();
  const output = "hello\noneresponse\ntworesponse\nlastresponse\n";
  assertEquals(await ended, { code: 0, output, errors: "" });
});

// By itself, prompt.ts waits 5 s for an answer after its input has ended.
const LONG = ["--wait", String(WATCHDOG / 1000)];

const two_lines = piped(SCRIPT, "one\ntwo\n", LONG);
two_lines.test("prompt.ts prints answers that arrive long after the end of piped input", async ({ connection, ended }) => {
  assertEquals(await connection.rest(), "onetwo");
  for (const answer of ["1\n", "2\n", "3"]) {
    await pause(200);
    connection.send(answer);
  }
  connection.close();
  assertEquals(await ended, { code: 0, output: "1\n2\n3\n", errors: "" });
});

const many = Array.from({ length: 500 }, (_, i) => `line ${i}\n`).join("");
const many_lines = piped(SCRIPT, many, ["--wait", "0.3"]);
many_lines.test("prompt.ts --wait ends the wait for answers that never come", async ({ connection, ended }) => {
  // The connection stays open, and the server sends nothing.
  assertEquals(await connection.rest(), many.replaceAll("\n", ""));
  assertEquals(await ended, { code: 0, output: "", errors: "" });
});

const megabyte = "0123456789abcdef".repeat(1 << 16);
const long_line = piped(SCRIPT, megabyte + "\n", LONG);
long_line.test("prompt.ts sends a line of a megabyte whole", async ({ connection, ended }) => {
  assertEquals(await connection.rest(), megabyte);
  connection.close();
  assertEquals((await ended).code, 0);
});

// More than the kernel's buffers of a loopback connection.
const endless = "x".repeat(1 << 24);
const endless_line = piped(SCRIPT, endless, LONG);
endless_line.test("prompt.ts prints received lines while the server does not read", async ({ connection, ended }) => {
  let output = "";
  for (let i = 0; i < 5; i++) {
    await pause(50);
    connection.send(`pushed ${i}\n`);
    output += `pushed ${i}\n`;
  }
  assertEquals((await connection.rest()).length, endless.length);
  connection.close();
  assertEquals(await ended, { code: 0, output, errors: "" });
});

const one_line = piped(SCRIPT, "one\n", LONG);
one_line.test("prompt.ts prints a received Ctrl-D as text, and continues", async ({ connection, ended }) => {
  await connection.rest();
  connection.send("\x04\x1b[2J\nafter");
  connection.close();
  assertEquals((await ended).output, "\\x04\\x1b[2J\nafter\n");
});

const pipe = piped(SCRIPT, "", LONG);
pipe.test("prompt.ts joins characters that arrive in pieces", async ({ connection, ended }) => {
  await connection.rest();
  await connection.send_bytes("ü你😀", 5);
  connection.close();
  const { output } = await ended;
  assertEquals(output.replaceAll("\n", ""), "ü你😀");
  assertStringIncludes(output, "你");
});

test("prompt.ts says that the server closes before the piped input ends", async () => {
  using peer = new Peer();
  const root = new URL("../..", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-ffi", root + SCRIPT, ...peer.args],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const connection = await peer.accept();
  connection.send("hello");
  connection.close();
  const { code, stdout } = await child.output();
  assertEquals(new TextDecoder().decode(stdout), `hello\n${CLOSED}\n`);
  assertEquals(code, 0);
  await child.stdin.close().catch(() => {});
});

// Input from a terminal.

interface Greeted {
  readonly terminal: Terminal;
  readonly connection: Connection;
  readonly port: string;
}

/** Registers tests of the prompt on a terminal, once it has shown the greeting. */
function greeted(columns: number, rows: number, preload?: string) {
  const prompt = on_terminal(SCRIPT, columns, rows, preload);
  return {
    test(name: string, fn: (greeted: Greeted) => unknown): void {
      prompt.test(`prompt.ts ${name}`, async ({ terminal, peer }) => {
        using connection = await peer.accept();
        connection.send("hello");
        await terminal.shows_rows("hello", ">>>");
        await fn({ terminal, connection, port: peer.args[3]! });
      });
    },
  };
}

const wide = greeted(80, 24), narrow = greeted(20, 5);

wide.test("sends a line without its newline, and prints the answer", async ({ terminal, connection }) => {
  terminal.type("zwölf 你好\r");
  assertEquals(await connection.received(), "zwölf 你好");
  connection.send("response");
  await terminal.shows_rows("hello", ">>> zwölf 你好", "response", ">>>");
});

wide.test("prints pushed lines at once, and redraws the half-typed line below them", async ({ terminal, connection }) => {
  terminal.type("half a li");
  await terminal.shows_rows("hello", ">>> half a li");
  connection.send("pushed\n");
  await terminal.shows_rows("hello", "pushed", ">>> half a li");
  assertEquals(terminal.screen.cursor, { x: 13, y: 2 });
  terminal.type("ne\r");
  assertEquals(await connection.received(), "half a line");
});

narrow.test("does not wrap a half-typed line in a window of 20x5", async ({ terminal, connection }) => {
  terminal.type("0123456789abcdefghij");
  await terminal.shows_rows("hello", ">>> <6789abcdefghij");
  const pushed = [1, 2, 3, 4].map((i) => `pushed ${i}`);
  for (const line of pushed) connection.send(`${line}\n`);
  await terminal.shows_rows(...pushed, ">>> <6789abcdefghij");
  terminal.type("\r");
  assertEquals(await connection.received(), "0123456789abcdefghij");
  const sent = [">>> 0123456789abcdef", "ghij"];
  await terminal.shows_rows(...pushed.slice(2), ...sent, ">>>");
});

wide.test("redraws when its window is resized", async ({ terminal }) => {
  terminal.type("0123456789abcdefghij");
  await terminal.shows_rows("hello", ">>> 0123456789abcdefghij");
  terminal.resize(40, 24);
  terminal.type("klmnopqrstuvwxyz!");
  await terminal.shows_rows("hello", ">>> <3456789abcdefghijklmnopqrstuvwxyz!");
  terminal.resize(80, 24);
  const whole = ">>> 0123456789abcdefghijklmnopqrstuvwxyz!";
  await terminal.shows_rows("hello", whole);
});

wide.test("sends nothing for an empty line", async ({ terminal, connection }) => {
  terminal.type("\r\r");
  await terminal.shows_rows("hello", ">>>", ">>>", ">>>");
  terminal.type("a\r");
  assertEquals(await connection.received(), "a");
});

// By its own clock, prompt.ts waits 500 ms for the server's close.
const patient = greeted(80, 24, SLOW_CLOCK);
patient.test("ends on Ctrl-D: the server reads the end, and the terminal is restored", async ({ terminal, connection }) => {
  terminal.type("bye\r\x04");
  assertEquals(await connection.rest(), "bye");
  connection.send("goodbye");
  connection.close();
  assertEquals(await terminal.ended(), 0);
  terminal.check_tidy("hello", ">>> bye", "goodbye");
});

wide.test("ends on Ctrl-D though the server does not close", async ({ terminal }) => {
  terminal.type("\x04");
  assertEquals(await terminal.ended(), 0);
  terminal.check_tidy("hello");
});

for (const [size, window] of Object.entries({ wide, narrow })) {
  window.test(`restores the terminal on Ctrl-C within a line, in a ${size} window`, async ({ terminal, connection }) => {
    terminal.type("half a line that is somewhat longer");
    await terminal.shows((screen) => screen.row.endsWith("longer"));
    assert(terminal.modes() !== terminal.modes_before);
    terminal.type("\x03");
    assertEquals(await terminal.ended(), 130);
    terminal.check_tidy("hello");
    assertEquals(await connection.rest(), "");
  });
}

const ends: Record<string, [(terminal: Terminal) => void, code: number]> = {
  "SIGTERM": [(terminal) => terminal.kill("SIGTERM"), 143],
  "SIGHUP": [(terminal) => terminal.kill("SIGHUP"), 129],
  "Ctrl-\\": [(terminal) => terminal.type("\x1c"), 131],
};
for (const [name, [end, code]] of Object.entries(ends)) {
  wide.test(`restores the terminal on ${name}`, async ({ terminal }) => {
    terminal.type("half");
    await terminal.shows_rows("hello", ">>> half");
    end(terminal);
    assertEquals(await terminal.ended(), code);
    terminal.check_tidy("hello");
  });
}

wide.test("redraws its line when it is continued", async ({ terminal }) => {
  terminal.type("half");
  await terminal.shows_rows("hello", ">>> half");
  terminal.screen.feed("\r\n[1]+  Stopped\r\n");
  terminal.kill("SIGCONT");
  await terminal.shows_rows("hello", ">>> half", "[1]+  Stopped", ">>> half");
});

wide.test("says that the server closes, and exits with 0", async ({ terminal, connection }) => {
  terminal.type("half");
  await terminal.shows_rows("hello", ">>> half");
  connection.send("last words");
  connection.close();
  assertEquals(await terminal.ended(), 0);
  terminal.check_tidy("hello", "last words", CLOSED);
});

wide.test("reports a reset by the server in one line, and exits with 1", async ({ terminal, connection, port }) => {
  terminal.type("half");
  await terminal.shows_rows("hello", ">>> half");
  connection.reset();
  assertEquals(await terminal.ended(), 1);
  const line = `127.0.0.1 port ${port}: Connection reset by peer`;
  terminal.check_tidy("hello", line);
});

wide.test("escapes control characters from the network", async ({ terminal, connection }) => {
  // Clear the screen, set the title, ring the bell, a C1 control, reverse the direction.
  connection.send("\x1b[2J\x1b]0;title\x07\u009b2J\u202e\r\ttab\\\nnext");
  await terminal.shows_rows(
    "hello",
    "\\x1b[2J\\x1b]0;title\\x07\\x9b2J\\u202e\\r   tab\\",
    "next",
    ">>>",
  );
});
