/**
 * Other programs that the tests of the examples need: curl, nc, systemd's and a stand-in for it.
 *
 * @module
 */

import { type Ended, ran, type Server, started, WATCHDOG } from "../scripts.ts";

const root = new URL("../..", import.meta.url).pathname;

/** A program that may be missing on this machine. */
class Program {
  readonly #name: string;
  readonly #here: boolean;

  constructor(name: string, version = "--version") {
    this.#name = name;
    try {
      new Deno.Command(name, { args: [version] }).outputSync();
      this.#here = true;
    } catch {
      this.#here = false;
    }
  }

  /** Registers a test that needs the program; without it, the test is ignored and says so. */
  test(name: string, fn: () => Promise<void>): void {
    if (this.#here) Deno.test(name, fn);
    else Deno.test.ignore(`${name} (ignored: no ${this.#name} here)`, fn);
  }
}

export const curl: Program = new Program("curl");
export const nc: Program = new Program("nc", "-h");
export const socat: Program = new Program("socat", "-V");
export const systemd_analyze: Program = new Program("systemd-analyze");
export const systemd_socket_activate: Program = new Program(
  "systemd-socket-activate",
);

/** The seconds that other programs wait for a server. */
export const PATIENCE: string = String(WATCHDOG / 1000);

/** Runs curl, silent except for errors, and with a time-out. */
export function run_curl(...args: string[]): Promise<Ended> {
  return ran("curl", ["-sS", "--max-time", PATIENCE, "--noproxy", "", ...args]);
}

// Prints the first line that the test waits for, and starts a shell with sockets as descriptors 3
// and up. The shell sets LISTEN_PID to its own process, and executes the script in its place.
const PARENT = `
import { spawn } from "node:child_process";
import { socket } from "@iomux/py";
const [script, kinds, ...args] = Deno.args;
const sockets = kinds.split(",").map((kind) => {
  const s = socket.socket(
    kind === "unix" ? socket.AF_UNIX : socket.AF_INET,
    kind === "udp" ? socket.SOCK_DGRAM : socket.SOCK_STREAM,
  );
  s.bind(kind === "unix" ? "" : ["127.0.0.1", 0]);
  if (kind !== "udp") s.listen();
  return s;
});
const addresses = sockets.map((s) => s.getsockname());
const [, port] = addresses.find((address) => Array.isArray(address)) ?? [0, 0];
console.log("starting up on 127.0.0.1 port " + port);
console.log(JSON.stringify(addresses.map(String)));
const child = spawn("sh", ["-c", script, "sh", Deno.execPath(), ...args], {
  stdio: ["ignore", "inherit", "inherit", ...sockets.map((s) => s.fileno())],
});
for (const s of sockets) s.close();
Deno.addSignalListener("SIGTERM", () => Deno.kill(child.pid!, "SIGTERM"));
child.on("exit", (code) => Deno.exit(code ?? 1));
`;

/**
 * The arguments of a `deno` that passes sockets to a script, as systemd does. Its first line has
 * the port of the first one.
 *
 * @param kinds `tcp`, `udp` or `unix` (an autobound abstract name), separated by commas.
 * @param variables Set by the shell, such as `LISTEN_PID=$$ LISTEN_FDS=1`.
 * @param args The arguments of `deno run`.
 */
export function parent(
  kinds: string,
  variables: string,
  args: string[],
): string[] {
  const script = `export ${variables}; exec "$@"`;
  const config = `--config=${root}deno.json`;
  // After "--", or Deno 2.8 takes later flags for its own.
  const own = ["eval", "--ext=ts", config, PARENT, "--", script, kinds];
  return [...own, "run", "--no-prompt", ...args];
}

/** Starts such a parent; the script ends with it. */
export async function started_by(
  ...[kinds, variables, args]: Parameters<typeof parent>
): Promise<Server> {
  const deno = Deno.execPath();
  const run = parent(kinds, variables, args);
  const server = await started("the parent", deno, run);
  return {
    ...server,
    [Symbol.asyncDispose]: async () => {
      try {
        // SIGKILL would leave the script running
        await server.stop();
      } catch {
        // It has ended, or is killed below.
      }
      await server[Symbol.asyncDispose]();
    },
  };
}

/**
 * Starts systemd-socket-activate, which executes a program when a client connects.
 *
 * @param flags Its flags, besides the address.
 */
export function activated(
  port: number,
  flags: string[],
  args: string[],
): Promise<Server> {
  // It passes no variables on by default; Deno finds the genuine @std by these.
  const variables = ["DENO_DIR", "JSR_URL"].filter((name) => Deno.env.has(name))
    .flatMap((name) => ["-E", name]);
  // It prints its address on standard error, in another form.
  const first = `echo "starting up on 127.0.0.1 port ${port}"; exec "$@"`;
  const listen = ["systemd-socket-activate", "-l", `127.0.0.1:${port}`];
  const run = [Deno.execPath(), "run", "--no-prompt", ...args];
  return started("systemd-socket-activate", "sh", [
    ...["-c", first, "sh"],
    ...[...listen, ...variables, ...flags, ...run],
  ]);
}
