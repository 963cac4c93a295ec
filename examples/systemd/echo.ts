/**
 * An echo server that systemd starts when its first client connects: it serves the sockets
 * that systemd passes. Without any, it listens by itself.
 *
 * ```sh
 * systemd-socket-activate -l 10000 \
 *   deno run --allow-ffi --allow-env=LISTEN_PID,LISTEN_FDS,LISTEN_FDNAMES \
 *   examples/systemd/echo.ts
 * ```
 *
 * For a machine that runs systemd, use the units beside this file.
 *
 * @module
 */

import { OSError, select, socket } from "../../mod.ts";
import { accept } from "../accept.ts";
import { address, die, family_of, parse, reason } from "../../cli/flags.ts";
import { GRACE, listen } from "../../cli/server.ts";
import { show_address } from "../../cli/show.ts";
import {
  ALLOW_ENV,
  type Inherited,
  listen_fds,
  listens,
} from "./listen_fds.ts";

const { host, port } = parse(
  "examples/systemd/echo.ts",
  "Sends back what each client sends, on sockets that systemd passed.",
  address("localhost", 10000),
  ALLOW_ENV,
);

const stop = new AbortController();
const stopped = new Promise<void>((resolve) => {
  stop.signal.addEventListener("abort", () => resolve());
});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => stop.abort());
}

const clients = new Set<Promise<void>>();
let served = 0;

const inherited = taken_over();
if (inherited.length === 0) inherited.push({ name: "echo", sock: own() });
const work = inherited.map(({ sock }) =>
  // With Accept=yes systemd accepts, and passes a connection
  listens(sock) ? serve(sock) : begin(sock)
);
await Promise.race([stopped, Promise.all(work)]);
// Serve the present clients to their end; new ones wait in the listener for the next start
await Promise.race([
  Promise.all(clients),
  new Promise((resolve) => setTimeout(resolve, GRACE * 1000)),
]);
console.log(`clients served: ${served}`);
Deno.exit(0);

function taken_over(): Inherited[] {
  try {
    const found = listen_fds();
    for (const { name, sock } of found) {
      if (sock.type !== socket.SOCK_STREAM) die(`${name} is not a stream`);
      const from = show_address(sock.getsockname());
      console.log(`taken over from systemd: ${name} on ${from}`);
    }
    return found;
  } catch (error) {
    die(`cannot take over what was passed: ${reason(error)}`);
  }
}

function own(): socket.Socket {
  const server = socket.socket(family_of(host), socket.SOCK_STREAM);
  server.setblocking(false);
  listen(server, host, port, socket.SOMAXCONN);
  return server;
}

async function serve(server: socket.Socket): Promise<void> {
  using listening = server;
  while (!stop.signal.aborted) {
    try {
      await select.selectAsync([listening], [], [], null, stop);
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
    const accepted = stop.signal.aborted ? null : accept(listening);
    if (accepted !== null) begin(accepted[0]);
  }
}

function begin(conn: socket.Socket): Promise<void> {
  served++;
  const client = echo(conn).finally(() => clients.delete(client));
  clients.add(client);
  return client;
}

async function echo(conn: socket.Socket): Promise<void> {
  using client = conn;
  try {
    for (let data; (data = await client.recvAsync(65536)).length > 0;) {
      await client.sendallAsync(data);
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    console.error(error.message);
  }
}
