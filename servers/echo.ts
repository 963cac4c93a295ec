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
import { choice, family_of, on, parse } from "../cli/flags.ts";
import { listening, open, say_where, Stop, summary } from "../cli/server.ts";
import { paint, show_address, show_bytes } from "../cli/show.ts";
import { Room } from "./echo/acceptor.ts";
import { backends } from "./echo/backend.ts";
import { Client } from "./echo/client.ts";
import { Clients } from "./echo/clients.ts";
import { lead, TRY } from "./echo/lead.ts";
import { limits } from "./echo/limits.ts";
import { Stats } from "./echo/stats.ts";
import { this_thread } from "./echo/thread.ts";

const flags = parse(
  "servers/echo.ts",
  "Sends back what each client sends.\n" +
    "Document 000 of docs/documents.md; its client is clients/parts.ts.",
  {
    ...listening("localhost", 10000),
    backend: choice(["select", "poll", "epoll"], "the call that waits"),
    ...limits,
    quiet: on("print only the first line and the last"),
  },
);
const verbose = !flags.quiet;

// With --workers the main thread leads, and the workers run the rest of this file.
using thread = await this_thread();
if (thread === null && flags.workers > 0) {
  await lead(flags);
}

// Before the first line: a program that waits for that line may then send a signal.
const stop = thread?.stop ?? new Stop();
using server: socket.Socket = thread?.server ?? listener();
server.setblocking(false);
socket.setdefaulttimeout(0); // accept4(2) makes its clients non-blocking, too

using backend = backends[flags.backend]!();
using clients = new Clients(server, backend, stop, {
  max_queue: flags["max-queue"],
  // Each thread gets an equal share.
  max_total: flags["max-total"] / Math.max(flags.workers, 1),
  room: new Room(flags["max-clients"], thread?.room),
  idle_timeout: flags["idle-timeout"],
  full: verbose ? full : undefined,
  closing: verbose ? closing : undefined,
  sending: verbose ? sending : undefined, // It costs a view per message
  counted: thread ? (counts) => thread.tell(counts) : undefined,
});
if (thread !== null) backend.watch(thread.wake, true, false);
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
    if (s instanceof Client) receive(s);
    else if (s === server) accept();
    else request_stop(s);
  }
  for (const s of writable) {
    if (s instanceof Client) send(s);
  }
  for (const s of exceptional) {
    if (s instanceof Client) handle_exceptional_condition(s);
  }

  // A blocking wait stops the event loop, so signals and timers get their turn here
  if (backend.ticked()) await clients.turn();
}
if (thread === null) {
  const { served, sent } = clients.counts();
  console.log(summary(served, "echoed", sent));
}
thread?.served();

function listener(): socket.Socket {
  // Create a TCP/IP socket
  const server = socket.socket(family_of(flags.host), socket.SOCK_STREAM);
  const { host, backlog, "reuse-port": reuse_port } = flags;
  const port = open(server, host, flags.port, backlog, reuse_port);
  say_where(host, port, verbose ? TRY : undefined);
  return server;
}

function accept(): void {
  // A "readable" server socket is ready to accept a connection
  const connection = clients.accept();
  if (connection === null || !verbose) return;
  const client_address = show_address(connection.address);
  console.log(paint.green(`new connection from ${client_address}`));
}

function receive(s: Client): void {
  const data = clients.receive(s);
  if (data === null) return;
  // A readable client socket has data
  if (verbose) {
    const from = show_address(s.address);
    console.log(`received "${show_bytes(data)}" from ${from}`);
  }
  // Sends at once what the kernel takes, and queues only the rest
  clients.send(s, data);
}

function send(s: Client): void {
  // Sends messages from its queue, and stops checking for writability once that is empty
  clients.flush(s);
}

function handle_exceptional_condition(s: Client): void {
  if (s.fileno() === -1 || !verbose) return;
  // Urgent data, which receive() reads in its place. It also meets any error.
  const client_address = show_address(s.address);
  console.log(`handling exceptional condition for ${client_address}`);
}

/** Stops a thread of --workers, whose leader has closed the other end of `wake`. */
function request_stop(wake: socket.Socket): void {
  backend.forget(wake); // It would stay ready
  stop.request();
}

function full(): void {
  console.log(paint.yellow("refusing new clients: no more room"));
}

function closing(address: string, why: string): void {
  console.log(paint.yellow(`closing ${address} ${why}`));
}

function sending(address: string, data: Uint8Array): void {
  console.log(`sending "${show_bytes(data)}" to ${address}`);
}
