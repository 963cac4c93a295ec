/**
 * The echo server of document 000: one loop, non-blocking sockets, a queue per client.
 *
 * ```sh
 * deno run --allow-ffi servers/echo.ts --backend epoll
 * ```
 *
 * @module
 */

import { socket } from "../mod.ts";
import { choice, on, parse } from "../cli/flags.ts";
import { family_of, listen, listening } from "../cli/listen.ts";
import { paint, show_bytes } from "../cli/show.ts";
import { Stop } from "../cli/stop.ts";
import { Room } from "./acceptor.ts";
import { backends } from "./backend.ts";
import { Clients } from "./clients.ts";
import { lead } from "./lead.ts";
import { limits, running } from "./limits.ts";
import { Stats } from "./stats.ts";
import { this_thread } from "./thread.ts";

const flags = parse("servers/echo.ts", "Sends back what each client sends.", {
  ...listening("localhost", 10000),
  backend: choice(["select", "poll", "epoll"], "what to wait with"),
  ...limits(),
  ...running(),
  quiet: on("print the first line and the last alone"),
});
const verbose = !flags.quiet;

// With --workers the main thread leads, and others run what follows.
using thread = await this_thread();
if (thread === null && flags.workers > 0) {
  await lead(import.meta.url, flags, "echoed");
}

// Before the first line, which tells whoever waits for it that it may signal.
const stop = thread?.stop ?? new Stop();
// Create a TCP/IP socket
using server = thread?.server ??
  socket.socket(family_of(flags.host), socket.SOCK_STREAM);
server.setblocking(false);
if (thread === null) {
  const { host, port, backlog } = flags;
  listen(server, host, port, backlog, flags["reuse-port"]);
}

using backend = backends[flags.backend]!();
using clients = new Clients(server, backend, stop, {
  max_owed: flags["max-queue"],
  room: new Room(flags["max-clients"], thread?.room),
  idle_timeout: flags["idle-timeout"],
  full: () => {
    if (verbose) console.log(paint.yellow("closing newcomers: no more room"));
  },
  closing: (_, address, why) => {
    if (verbose) console.log(paint.yellow(`closing ${address} ${why}`));
  },
  // Not asked for when quiet: each call would cut out a view for nobody.
  ...(verbose && {
    sending: (address: string, data: Uint8Array) =>
      console.log(`sending "${show_bytes(data)}" to ${address}`),
  }),
  ...(thread && { counted: (counts) => thread.tell(counts) }),
});
using _stats = thread === null && flags.stats > 0
  ? new Stats(flags.stats, () => clients.counts())
  : null;
await thread?.listening();

let idle = false;
while (clients.open()) {
  if (verbose && !idle) console.log("\nwaiting for the next event");
  // Wait for at least one of the sockets to be ready for processing
  const [readable, writable, exceptional] = backend.wait(clients.patience());
  idle = readable.length + writable.length + exceptional.length === 0;

  for (const s of readable) {
    if (s === server) accept();
    else receive(s);
  }
  for (const s of writable) send(s);
  for (const s of exceptional) handle_exceptional_condition(s);

  // A blocking wait stops the event loop: signals get their turn here
  if (backend.ticked()) await clients.turn();
}
if (thread === null) console.log(clients.summary("echoed"));
thread?.served();

function accept(): void {
  // A "readable" server socket is ready to accept a connection
  const connection = clients.accept();
  if (connection === null || !verbose) return;
  const client_address = clients.address(connection);
  console.log(paint.green(`new connection from ${client_address}`));
}

function receive(s: socket.Socket): void {
  const data = clients.receive(s);
  if (data === null) return;
  // A readable client socket has data
  if (verbose) {
    console.log(`received "${show_bytes(data)}" from ${clients.address(s)}`);
  }
  // Most often it can go at once; only what does not has to wait.
  clients.send(s, data);
}

function send(s: socket.Socket): void {
  let next_msg: Uint8Array | null;
  while ((next_msg = clients.get(s)) !== null) clients.send(s, next_msg);
}

function handle_exceptional_condition(s: socket.Socket): void {
  if (s.fileno() === -1 || !verbose) return;
  // Urgent data, which receive() has read in its place. An error shows there, too.
  console.log(`handling exceptional condition for ${clients.address(s)}`);
}
