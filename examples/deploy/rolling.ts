/**
 * Restarts every server behind HAProxy, one after the other, without breaking a connection
 * that ends within `--patience`.
 *
 * It drains a server, so that it gets no new connections. When the last connection has ended
 * or the patience is over, it restarts the server, asks it for an echo, and gives it
 * connections again. If a server does not come back, it stays drained and the script ends
 * with exit status 1: the others go on, and the script can be run again.
 *
 * ```sh
 * deno run --allow-ffi --allow-run=sh examples/deploy/rolling.ts
 * ```
 *
 * @module
 */

import { OSError, socket } from "../../mod.ts";
import { die, parse, reason, seconds, text } from "../../cli/flags.ts";
import { ask, type Row, rows } from "./haproxy_admin.ts";

// Milliseconds between two readings of the table.
const LOOK_EVERY = 100;
// Readings in a row that must find no connection: HAProxy may not have counted a new one yet.
const LOOKS = 3;

const flags = parse(
  "examples/deploy/rolling.ts",
  "Restarts the servers behind HAProxy one after the other.",
  {
    socket: text("/run/haproxy/admin.sock", "PATH", "HAProxy's admin socket"),
    backend: text("echo", "NAME", "the backend whose servers to restart"),
    restart: text(
      "examples/deploy/server.sh restart",
      "COMMAND",
      "restarts a server; gets its name and HOST:PORT as arguments",
    ),
    patience: seconds(60, "how long a server's connections may take to end"),
    limit: seconds(30, "how long a server may take to come back"),
  },
  "--allow-run=sh",
);

try {
  const servers = table();
  if (servers.length === 0) die(`no backend is called ${flags.backend}`);
  for (const { name } of servers) await renew(name);
} catch (error) {
  if (!(error instanceof OSError)) throw error;
  die(`${flags.socket}: ${reason(error)}`);
}

/** Restarts a server while the others serve. */
async function renew(name: string): Promise<void> {
  const { address, status } = row(name);
  if (status.startsWith("MAINT")) {
    console.log(`${name}: in maintenance, left alone`);
    return;
  }
  if (!table().some((other) => other.name !== name && up(other))) {
    die(`${name} is not restarted: no other server is up`);
  }
  set(`set server ${flags.backend}/${name} state drain`);
  const left = await drained(name);
  console.log(
    left === 0 ? `${name}: drained` : `${name}: connections left: ${left}`,
  );
  await restart(name, address);
  if (!await within(flags.limit, () => echoes(address))) {
    die(`${name} does not echo; it stays drained`);
  }
  set(`set server ${flags.backend}/${name} state ready`);
  if (!await within(flags.limit, () => up(row(name)))) {
    die(`${name} echoes, but HAProxy says ${row(name).status}`);
  }
  console.log(`${name}: up`);
}

/** Waits until a server's connections have ended; returns how many are left. */
async function drained(name: string): Promise<number> {
  let looks = 0;
  const none = () => {
    looks = row(name).sessions === 0 ? looks + 1 : 0;
    return looks === LOOKS;
  };
  return await within(flags.patience, none) ? 0 : row(name).sessions;
}

async function restart(name: string, address: string): Promise<void> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", `${flags.restart} "$@"`, "sh", name, address],
    stdin: "null",
  }).spawn().status;
  if (!success) die(`${name} is not restarted; it stays drained`);
}

/** Whether a server answers, on a direct connection. */
function echoes(address: string): boolean {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  try {
    using client = socket.create_connection(
      [host, Number(address.slice(colon + 1))],
      flags.limit,
    );
    client.sendall(new TextEncoder().encode("?"));
    return client.recv(1).length === 1;
  } catch (error) {
    if (error instanceof OSError) return false;
    throw error;
  }
}

/** Waits until something holds, `limit` seconds at most; returns whether it does. */
async function within(limit: number, holds: () => boolean): Promise<boolean> {
  const deadline = performance.now() + limit * 1000;
  while (!holds()) {
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
  return true;
}

function table(): Row[] {
  return rows(flags.socket, flags.backend);
}

function row(name: string): Row {
  return table().find((row) => row.name === name) ??
    die(`${name} is gone from HAProxy's configuration`);
}

/** Whether a server is up: not `UP 1/3`, which is going down. */
function up({ status }: Row): boolean {
  return status === "UP";
}

/** Sends a command whose answer is empty unless it fails. */
function set(command: string): void {
  const answer = ask(flags.socket, command);
  if (answer !== "") die(`HAProxy to "${command}": ${answer}`);
}
