/**
 * Programs that get sockets as from systemd.
 *
 * @module
 */

import { type Server, started } from "../scripts.ts";

const root = new URL("../..", import.meta.url).pathname;

// Prints a first line for the waiting test, sets LISTEN_PID to the process that is
// executed in its place, and has descriptors 3 and up.
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
 * The arguments of a deno that does what systemd does: it starts a script of this repository with
 * sockets passed to it. Its first line has the port of the first one.
 *
 * @param kinds `tcp`, `udp`, `unix` (an abstract name of the kernel's choice), with commas.
 * @param variables What the shell sets, such as `LISTEN_PID=$$ LISTEN_FDS=1`.
 * @param args Those of `deno run`.
 */
export function parent(
  kinds: string,
  variables: string,
  args: string[],
): string[] {
  const script = `export ${variables}; exec "$@"`;
  const config = `--config=${root}deno.json`;
  // After "--": Deno 2.8 takes later flags for its own.
  const own = ["eval", "--ext=ts", config, PARENT, "--", script, kinds];
  return [...own, "run", "--no-prompt", ...args];
}

/** Starts this parent; the script ends with it. */
export async function started_by(
  ...[kinds, variables, args]: Parameters<typeof parent>
): Promise<Server> {
  const deno = Deno.execPath();
  const server = await started("it", deno, parent(kinds, variables, args));
  return {
    ...server,
    [Symbol.asyncDispose]: async () => {
      try {
        // Killed, it would leave the script behind
        await server.stop();
      } catch {
        // It has ended already, or is killed below.
      }
      await server[Symbol.asyncDispose]();
    },
  };
}

/**
 * Starts systemd-socket-activate, which executes a program once a client connects.
 *
 * @param flags Its own, besides the address.
 */
export function activated(
  port: number,
  flags: string[],
  args: string[],
): Promise<Server> {
  // It passes no variables on unless told to; by these Deno finds the genuine @std.
  const variables = ["DENO_DIR", "JSR_URL"].filter((name) => Deno.env.has(name))
    .flatMap((name) => ["-E", name]);
  // It says where it listens on standard error, and in other words.
  const first = `echo "starting up on 127.0.0.1 port ${port}"; exec "$@"`;
  return started("systemd-socket-activate", "sh", [
    "-c",
    first,
    "sh",
    "systemd-socket-activate",
    "-l",
    `127.0.0.1:${port}`,
    ...variables,
    ...flags,
    Deno.execPath(),
    "run",
    "--no-prompt",
    ...args,
  ]);
}
