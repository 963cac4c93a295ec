import { assertEquals, assertMatch } from "@std/assert";
import { socket } from "../../mod.ts";
import { test } from "../descriptors.ts";
import { lasts } from "../ffi/kernel.ts";
import { on_terminal, Peer, piped } from "./peer.ts";
import { Terminal } from "./terminal.ts";

const CLOSED = "Remote end closed connection; exiting.";
const SPINNER = /^[.]*[|][.]*$/;
const BOUNCE = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1];

/** The column of the bar in each step of the spinner. */
function steps(written: string): number[] {
  return [...written.matchAll(/\r([.|]{10}) /g)].map(([, s]) =>
    s!.indexOf("|")
  );
}

const ends: Record<string, [(terminal: Terminal) => void, code: number]> = {
  "Ctrl-C": [(terminal) => terminal.type("\x03"), 130],
  "SIGTERM": [(terminal) => terminal.kill("SIGTERM"), 143],
};

for (const name of ["poll", "select"]) {
  const script = `clients/${name}.ts`;
  const preload = new URL("patient.ts", import.meta.url).pathname;
  const pipe = piped(script, "", [], preload), terminal = on_terminal(script);

  test(`${name}.ts moves its spinner to and fro, once in 50 ms at most`, async () => {
    using peer = new Peer();
    // Measure from the start: several steps may be read in one piece.
    await lasts(18 * 50, async () => {
      await using terminal = new Terminal(script, peer.args);
      using _ = await peer.accept();
      await terminal.shows(() => steps(terminal.written).length > 20);
      // The document's turns: from 9 to 8, from 0 to 1.
      assertEquals(steps(terminal.written).slice(0, 21), [...BOUNCE, 0, 1, 2]);
    });
  });

  for (const [columns, rows] of [[80, 24], [20, 5]] as const) {
    const sized = on_terminal(script, columns, rows);
    sized.test(`${name}.ts erases its spinner for lines, and at the end, in ${columns}x${rows}`, async ({ terminal, peer }) => {
      const connection = await peer.accept();
      await terminal.shows((screen) => SPINNER.test(screen.row));
      connection.send("one\n");
      await terminal.shows((screen) => screen.rows[0] === "Received: one");
      connection.send("two\n");
      await terminal.shows((screen) =>
        screen.rows[1] === "Received: two" && SPINNER.test(screen.row)
      );
      connection.close();
      assertEquals(await terminal.ended(), 0);
      const wrapped = columns === 80
        ? [CLOSED]
        : [CLOSED.slice(0, 20), CLOSED.slice(20)];
      terminal.check_tidy("Received: one", "Received: two", ...wrapped);
    });
  }

  for (const [signal, [end, code]] of Object.entries(ends)) {
    terminal.test(`${name}.ts restores the terminal on ${signal}`, async ({ terminal, peer }) => {
      using connection = await peer.accept();
      connection.send("one\n");
      await terminal.shows((screen) =>
        screen.rows[0] === "Received: one" && SPINNER.test(screen.row)
      );
      end(terminal);
      assertEquals(await terminal.ended(), code);
      terminal.check_tidy("Received: one");
    });
  }

  const narrow = on_terminal(script, 10, 5);
  narrow.test(`${name}.ts draws no spinner in a window that is too narrow`, async ({ terminal, peer }) => {
    using connection = await peer.accept();
    connection.send("one\n");
    await terminal.shows((screen) => screen.rows[1] === "one");
    connection.send("2\n");
    await terminal.shows((screen) => screen.rows[3] === "2");
    assertEquals(steps(terminal.written), []);
  });

  pipe.test(`${name}.ts writes only the lines into a pipe`, async ({ connection, ended, printed }) => {
    connection.send("one\r\ntwo\n");
    await printed("two\n");
    // A line that arrives byte by byte is one line.
    for (const c of "three\n") connection.send(c);
    // An unfinished line is printed, too, with control characters escaped.
    connection.send("\x1b[2Jfour");
    await printed("four\n");
    connection.send("five");
    connection.close();
    const lines = ["one", "two", "three", "\\x1b[2Jfour", "five"];
    const output = lines.map((line) => `Received: ${line}\n`).join("");
    const expected = { code: 0, output: `${output}${CLOSED}\n`, errors: "" };
    assertEquals(await ended, expected);
  });

  pipe.test(`${name}.ts reads an urgent byte in its place`, async ({ connection, ended, printed }) => {
    connection.socket.send(new TextEncoder().encode("ab!"), socket.MSG_OOB);
    connection.send("cd\n");
    await printed("cd\n");
    connection.close();
    const { code, output } = await ended;
    assertEquals(output, `Received: ab!cd\n${CLOSED}\n`);
    assertEquals(code, 0);
  });

  pipe.test(`${name}.ts reports a reset after a line, and exits with 1`, async ({ connection, ended, printed }) => {
    connection.send("one\n");
    await printed("one\n");
    connection.reset();
    const { code, output, errors } = await ended;
    assertEquals(output, "Received: one\n");
    assertMatch(errors, /^Problem occurred; exiting\. .*reset by peer\n$/);
    assertEquals(code, 1);
  });
}
