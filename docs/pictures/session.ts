/**
 * Records the terminals of the README's picture, and draws them.
 *
 * ```sh
 * deno run --allow-ffi --allow-run --allow-read --allow-env --allow-write=docs/pictures docs/pictures/session.ts && deno fmt docs/pictures
 * ```
 *
 * Two shells, each on a pseudo-terminal: in one the server runs, in the other a client.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { errno, os, OSError, select } from "../../mod.ts";
import { draw } from "./terminal.ts";

const SERVER = "deno run --allow-ffi servers/echo.ts --backend epoll";
const CLIENT = "deno run --allow-ffi clients/prompt.ts --port 10000";

const COLUMNS = 80;
// Long enough for a busy machine.
const PATIENCE = 30;

/** A shell on a pseudo-terminal. */
class Shell {
  /** All that it showed, escape sequences included. */
  screen = "";
  readonly #master: number;
  readonly #decoder = new TextDecoder();
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor() {
    const [master, slave] = os.openpty();
    this.#master = master;
    const bash = "bash --noprofile --norc --noediting";
    const set_up = `stty cols ${COLUMNS} rows 50; PS1='$ ' exec ${bash}`;
    this.#child = spawn("setsid", ["--ctty", "sh", "-c", set_up], {
      stdio: [slave, slave, slave],
      cwd: new URL("../..", import.meta.url),
    });
    this.#ended = new Promise((ended) => this.#child.once("exit", ended));
    os.close(slave);
  }

  /** Types what a person would. */
  type(text: string): void {
    os.write(this.#master, new TextEncoder().encode(text));
  }

  /** Waits until it shows a text that was not there before. */
  async shows(text: string): Promise<void> {
    const from = this.screen.length;
    while (!this.screen.includes(text, from)) {
      const [ready] = await select.selectAsync(
        [this.#master],
        [],
        [],
        PATIENCE,
      );
      if (ready.length === 0) throw new Error(`no ${text}:\n${this.screen}`);
      this.#read();
    }
  }

  #read(): void {
    const bytes = os.read(this.#master, 65536);
    this.screen += this.#decoder.decode(bytes, { stream: true });
  }

  /** Leaves it. */
  async exit(): Promise<void> {
    this.type("exit\n");
    await this.#ended;
    os.close(this.#master);
  }
}

/** The lines of a session up to the last prompt, where nothing was typed. */
function lines(screen: string): string[] {
  return screen.replaceAll("\r\n", "\n")
    // What Deno showed of its progress, and took away again.
    // deno-lint-ignore no-control-regex -- escape sequences start with it
    .replace(/[^\n]*\x1b\[2K(?:\x1b\[J)?/g, "")
    .replace(/\$ $/, "").trimEnd().split("\n");
}

try {
  const server = new Shell(), client = new Shell();
  await Promise.all([server.shows("$ "), client.shows("$ ")]);

  server.type(`${SERVER}\n`);
  await server.shows("waiting");
  for (const word of ["hello", "你好"]) {
    client.type(`echo ${word} | ${CLIENT}\n`);
    await client.shows("\n$ ");
  }
  server.type("\x03");
  await server.shows("\n$ ");

  const panes = [
    { title: "the server", lines: lines(server.screen) },
    { title: "a client", lines: lines(client.screen) },
  ];
  await Promise.all([server.exit(), client.exit()]);
  const svg = draw("A server on epoll, and its client", COLUMNS, panes);
  Deno.writeTextFileSync(new URL("session.svg", import.meta.url), svg);
} catch (error) {
  if (!(error instanceof OSError) || error.errno !== errno.EIO) throw error;
  console.error("a shell ended early: are bash, setsid and stty here?");
  Deno.exitCode = 1;
}
