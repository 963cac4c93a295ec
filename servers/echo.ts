/**
 * The echo server of document 000: one loop, non-blocking sockets, a queue per client.
 *
 * ```sh
 * deno run --allow-ffi servers/echo.ts --backend epoll
 * ```
 *
 * @module
 */

import { BlockingIOError, errno, OSError, queue, socket } from "../mod.ts";
import { address, choice, on, parse, whole } from "../cli/flags.ts";
import { family_of, listen } from "../cli/listen.ts";
import { paint, show_address, show_bytes } from "../cli/show.ts";
import { GRACE, PATIENCE, Stop } from "../cli/stop.ts";
import { backends } from "./backend.ts";

const flags = parse("servers/echo.ts", "Sends back what each client sends.", {
  ...address("localhost", 10000),
  backend: choice(["select", "poll", "epoll"], "what to wait with"),
  "max-queue": whole(
    1 << 20,
    1,
    2 ** 40,
    "BYTES",
    "read no more from a client that so much waits for",
  ),
  quiet: on("print the first line and the last alone"),
});
const verbose = !flags.quiet;
const max_queue = flags["max-queue"];

const RECV_SIZE = 65536;
// What a waiting message costs beside its bytes: counted, or a client of single
// bytes fills the memory below its limit.
const MESSAGE_COST = 200;
// Milliseconds until a server without descriptors tries to accept again.
const RETRY = 1000;

/** A client, and what it is still owed. */
interface Client {
  readonly address: string;
  readonly messages: queue.Queue<Uint8Array>;
  /** What is left of a message that went in part. */
  rest: Uint8Array | null;
  /** What `messages` and `rest` hold, in bytes. */
  owed: number;
  /** Whether it is read from: not while it is owed too much, nor after its end. */
  reading: boolean;
  /** Whether it is waited on to be written: only while it is owed something. */
  writing: boolean;
  /** Whether it has closed its end; it may still read what it is owed. */
  finished: boolean;
}

// Before the first line, which tells whoever waits for it that it may signal.
const stop = new Stop();
// Create a TCP/IP socket
const server = socket.socket(family_of(flags.host), socket.SOCK_STREAM);
server.setblocking(false);
// Urgent bytes stay in their place among the others: clients inherit this.
server.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1);
listen(server, flags.host, flags.port, socket.SOMAXCONN);

const backend = backends[flags.backend]!();
backend.watch(server, true, false);
const clients = new Map<socket.Socket, Client>();
// While no descriptor is free for one more client: when to try again.
let retry_at = Infinity;
// Once a stop is asked for: when to give up what is still owed.
let give_up_at = Infinity;
let served = 0, echoed = 0, idle = false;

while (true) {
  if (verbose && !idle) console.log("\nwaiting for the next event");
  // Wait for at least one of the sockets to be ready for processing
  const [readable, writable, exceptional] = backend.wait(patience());
  idle = readable.length + writable.length + exceptional.length === 0;

  for (const s of readable) {
    if (s === server) accept();
    else receive(s);
  }
  for (const s of writable) send(s);
  for (const s of exceptional) handle_exceptional_condition(s);

  const now = performance.now();
  if (now >= retry_at) accept_again();
  if (stop.requested && finish(now, readable)) break;
  if (stop.due(now)) await stop.turn();
}
console.log(`served ${served} clients, echoed ${echoed} bytes`);

function accept(): void {
  let connection: socket.Socket, client_address: socket.Address;
  try {
    [connection, client_address] = server.accept();
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    if (out_of_resources(error)) pause_accepting(error);
    // Otherwise the client, or its network, went before it was accepted: accept(2).
    return;
  }
  connection.setblocking(false);
  const address = show_address(client_address);
  if (verbose) console.log(paint.green(`new connection from ${address}`));
  try {
    backend.watch(connection, true, false);
  } catch (error) {
    connection.close();
    if (!(error instanceof OSError)) throw error;
    return pause_accepting(error);
  }
  // Give the connection a queue for data we want to send
  clients.set(connection, {
    address,
    messages: queue.Queue<Uint8Array>(),
    rest: null,
    owed: 0,
    reading: true,
    writing: false,
    finished: false,
  });
  served++;
}

function out_of_resources({ errno: number }: OSError): boolean {
  return number === errno.EMFILE || number === errno.ENFILE ||
    number === errno.ENOBUFS || number === errno.ENOMEM;
}

/** A listener that cannot accept stays readable: watching it would spin. */
function pause_accepting(error: OSError): void {
  console.error(`not accepting for now: ${error.strerror}`);
  backend.forget(server);
  retry_at = performance.now() + RETRY;
}

function accept_again(): void {
  retry_at = Infinity;
  if (!stop.requested) backend.watch(server, true, false);
}

function receive(s: socket.Socket): void {
  const client = clients.get(s);
  // It may be gone since the wait, or be here for a hang-up that send() will meet.
  if (client === undefined || !client.reading) return;
  let data: Uint8Array;
  try {
    data = s.recv(RECV_SIZE);
  } catch (error) {
    return failed(s, client, error);
  }
  if (data.length > 0) {
    if (verbose) {
      console.log(`received "${show_bytes(data)}" from ${client.address}`);
    }
    // Most often it can go at once; only what does not has to wait.
    const sent = client.owed > 0 ? 0 : try_to_send(s, client, data);
    if (sent < data.length) put(client, data.subarray(sent));
  } else {
    // Interpret empty result as closed connection, or as its sending half
    client.finished = true;
  }
  attend(s, client);
}

function put(client: Client, data: Uint8Array): void {
  // A copy: what recv() returns may keep its neighbours' memory alive.
  client.messages.put(data.slice());
  client.owed += data.length + MESSAGE_COST;
}

function send(s: socket.Socket): void {
  const client = clients.get(s);
  if (client === undefined) return;
  while (client.owed > 0) {
    const next_msg = client.rest ?? client.messages.get_nowait();
    const sent = try_to_send(s, client, next_msg);
    const whole = sent === next_msg.length;
    client.rest = whole ? null : next_msg.subarray(sent);
    client.owed -= sent + (whole ? MESSAGE_COST : 0);
    if (!whole) break;
  }
  attend(s, client);
}

/** Sends what goes, 0 to all of it. */
function try_to_send(
  s: socket.Socket,
  client: Client,
  data: Uint8Array,
): number {
  try {
    const sent = s.send(data);
    if (verbose) {
      console.log(
        `sending "${show_bytes(data.subarray(0, sent))}" to ${client.address}`,
      );
    }
    echoed += sent;
    return sent;
  } catch (error) {
    failed(s, client, error);
    return 0;
  }
}

/** Watches a client for what there is to do; when that is nothing more, closes it. */
function attend(s: socket.Socket, client: Client): void {
  if (!clients.has(s)) return;
  if (client.finished && client.owed === 0) {
    return drop(s, client, "after reading no data");
  }
  const reading = !client.finished && client.owed < max_queue;
  const writing = client.owed > 0;
  if (reading === client.reading && writing === client.writing) return;
  client.reading = reading;
  client.writing = writing;
  backend.watch(s, reading, writing);
}

function failed(s: socket.Socket, client: Client, error: unknown): void {
  if (error instanceof BlockingIOError) return;
  if (!(error instanceof OSError)) throw error;
  drop(s, client, `after ${error.strerror}`);
}

function handle_exceptional_condition(s: socket.Socket): void {
  const client = clients.get(s);
  if (client === undefined || !verbose) return;
  // Urgent data, which receive() has read in its place. An error shows there, too.
  console.log(`handling exceptional condition for ${client.address}`);
}

function drop(s: socket.Socket, client: Client, why: string): void {
  if (verbose) console.log(paint.yellow(`closing ${client.address} ${why}`));
  backend.forget(s);
  s.close();
  clients.delete(s);
  // A descriptor is free again.
  if (retry_at !== Infinity) accept_again();
}

/** How long to wait: not at all where what came before a stop is still to be read. */
function patience(): number {
  if (!stop.requested) return PATIENCE;
  for (const client of clients.values()) if (client.owed > 0) return PATIENCE;
  return 0;
}

/** After a stop is asked for: lets clients go once they are served; returns when all are. */
function finish(now: number, readable: socket.Socket[]): boolean {
  if (give_up_at === Infinity) {
    give_up_at = now + GRACE * 1000;
    backend.forget(server);
    server.close();
    // What had come by then is read in the next round, and answered.
    return clients.size === 0;
  }
  const late = now >= give_up_at;
  for (const [s, client] of clients) {
    if (late || (client.owed === 0 && !readable.includes(s))) {
      drop(s, client, late ? "as it does not read" : "as the server stops");
    }
  }
  return clients.size === 0;
}
