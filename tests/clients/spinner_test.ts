import { assertEquals, assertMatch } from "@std/assert";
import { socket } from "../../mod.ts";
import { test } from "../descriptors.ts";
import { lasts } from "../ffi/kernel.ts";
import { runScript } from "../scripts.ts";
import { Peer } from "./peer.ts";
import { Terminal } from "./terminal.ts";

const CLOSED = "Remote end closed connection; exiting.";
const SPINNER = /^[.]*[|][.]*$/;

/** Where the bar stood in each step that was drawn. */
function steps(written: string): number[] {
  return [...written.matchAll(/\r([.|]{10}) /g)].map(([, s]) =>
    s!.indexOf("|")
  );
}

const BOUNCE = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1];

for (const name of ["poll", "select"]) {
  const script = `clients/${name}.ts`;

  test(`${name}.ts moves its spinner to and fro, not more often than every 50 ms`, async () => {
    using peer = new Peer();
    // From before its start: what it draws may be read in one piece.
    await lasts(18 * 50, async () => {
      await using terminal = new Terminal(script, peer.args);
      using _ = await peer.accept();
      await terminal.shows(() => steps(terminal.written).length > 20);
      assertEquals(
        steps(terminal.written).slice(0, 21),
        // The document's own turns: from 9 to 8, from 0 to 1.
        [...BOUNCE, 0, 1, 2],
      );
    });
  });

  for (const [columns, rows] of [[80, 24], [20, 5]] as const) {
    test(`${name}.ts erases its spinner for lines, and at the end, in ${columns}x${rows}`, async () => {
      using peer = new Peer();
      await using terminal = new Terminal(script, peer.args, columns, rows);
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
      assertEquals(terminal.screen.rows, [
        "Received: one",
        "Received: two",
        ...wrapped,
      ]);
      assertEquals(terminal.screen.cursor, { x: 0, y: 2 + wrapped.length });
      assertEquals(terminal.modes(), terminal.modes_before);
    });
  }

  test(`${name}.ts leaves a tidy terminal on Ctrl-C and SIGTERM`, async () => {
    const ends: Array<[(terminal: Terminal) => void, number]> = [
      [(terminal) => terminal.type("\x03"), 130],
      [(terminal) => terminal.kill("SIGTERM"), 143],
    ];
    for (const [end, code] of ends) {
      using peer = new Peer();
      await using terminal = new Terminal(script, peer.args);
      using connection = await peer.accept();
      connection.send("one\n");
      await terminal.shows((screen) =>
        screen.rows[0] === "Received: one" && SPINNER.test(screen.row)
      );
      end(terminal);
      assertEquals(await terminal.ended(), code);
      assertEquals(terminal.screen.rows, ["Received: one"]);
      assertEquals(terminal.screen.cursor, { x: 0, y: 1 });
      assertEquals(terminal.modes(), terminal.modes_before);
    }
  });

  test(`${name}.ts draws no spinner without room for it`, async () => {
    using peer = new Peer();
    await using terminal = new Terminal(script, peer.args, 10, 5);
    using connection = await peer.accept();
    connection.send("one\n");
    await terminal.shows((screen) => screen.rows[1] === "one");
    connection.send("2\n");
    await terminal.shows((screen) => screen.rows[3] === "2");
    assertEquals(steps(terminal.written), []);
  });

  test(`${name}.ts writes only the lines into a pipe`, async () => {
    using peer = new Peer();
    const running = runScript(script, peer.args);
    const connection = await peer.accept();
    connection.send("one\r\ntwo\n");
    // Some steps of a spinner.
    await new Promise((resolve) => setTimeout(resolve, 200));
    // A line that comes byte by byte is one line.
    for (const c of "three\n") connection.send(c);
    // It prints a line without its end, too, and escapes control characters.
    connection.send("\x1b[2Jfour");
    await new Promise((resolve) => setTimeout(resolve, 200));
    connection.send("five");
    connection.close();
    const lines = ["one", "two", "three", "\\x1b[2Jfour", "five"];
    const output = lines.map((line) => `Received: ${line}\n`).join("");
    assertEquals(await running, {
      code: 0,
      output: `${output}${CLOSED}\n`,
      errors: "",
    });
  });

  test(`${name}.ts reads an urgent byte in its place`, async () => {
    using peer = new Peer();
    const running = runScript(script, peer.args);
    const connection = await peer.accept();
    connection.socket.send(new TextEncoder().encode("ab!"), socket.MSG_OOB);
    connection.send("cd\n");
    await new Promise((resolve) => setTimeout(resolve, 100));
    connection.close();
    const { code, output } = await running;
    assertEquals(output, `Received: ab!cd\n${CLOSED}\n`);
    assertEquals(code, 0);
  });

  test(`${name}.ts says in one line that the server reset, and exits with 1`, async () => {
    using peer = new Peer();
    const running = runScript(script, peer.args);
    const connection = await peer.accept();
    connection.send("one\n");
    await new Promise((resolve) => setTimeout(resolve, 100));
    connection.reset();
    const { code, output, errors } = await running;
    assertEquals(output, "Received: one\n");
    assertMatch(errors, /^Problem occurred; exiting\. .*reset by peer\n$/);
    assertEquals(code, 1);
  });
}
