/**
 * Document 003: select with a queue of messages for each client, one round a second. What
 * is read in one round is answered in the next.
 *
 * ```sh
 * deno run --allow-ffi servers/queue.ts --pause 0.1
 * ```
 *
 * @module
 */

import { select, socket } from "../mod.ts";
import { parse, seconds } from "../cli/flags.ts";
import { family_of, listen, listening } from "../cli/listen.ts";
import { paint, show_bytes } from "../cli/show.ts";
import { PATIENCE, Stop } from "../cli/stop.ts";
import { Lists } from "./backend.ts";
import { Clients } from "./clients.ts";

const { host, port, backlog, pause } = parse(
  "servers/queue.ts",
  "Sends back what each client sends, a round later.",
  {
    ...listening("localhost", 8090),
    pause: seconds(1, "how long from one round to the next"),
  },
);

const stop = new Stop();
// Make a TCP/IP socket
const server = socket.socket(family_of(host), socket.SOCK_STREAM);
// Set it to be non-blocking
server.setblocking(false);
// Bind the address and the port, and listen
listen(server, host, port, backlog);

// What to read from, and what to write to
const lists = new Lists();
const { inputs, outputs } = lists;
// The queues of messages to be sent, one for each client
const message_queues = new Clients(server, lists, stop);

while (message_queues.open()) {
  // Wait until there is something to do for at least one connection
  console.log("waiting for the next event");
  const [readable, writable, exceptional] = await message_queues.wait(
    Infinity,
    (timeout) => select.select(inputs, outputs, inputs, timeout),
  );
  // Whose message was read in this round, and waits for the next
  const fresh = new Set<socket.Socket>();

  // Handle what comes in
  for (const s of readable) {
    if (s === server) {
      // Connect to all who wait: they are then watched, too, and have a queue each
      let connection: socket.Socket | null;
      while ((connection = message_queues.accept()) !== null) {
        const client_address = message_queues.address(connection);
        console.log(paint.green(`connection from ${client_address}`));
      }
    } else {
      // The client has sent something, or it has gone and is closed
      const data = message_queues.receive(s);
      if (data === null) continue;
      console.log(
        `received "${show_bytes(data)}" from ${message_queues.address(s)}`,
      );
      // Into the queue; now the client is an output
      message_queues.put(s, data);
      fresh.add(s);
    }
  }

  // Handle what goes out
  for (const s of writable) {
    const client_address = message_queues.address(s);
    const newest = fresh.has(s) ? 1 : 0;
    let send_data: Uint8Array | null;
    while ((send_data = message_queues.get(s, newest)) !== null) {
      message_queues.send(s, send_data);
    }
    // A queue that is empty is an output no longer
    if (message_queues.owed(s) === 0) console.log(client_address);
  }

  // Urgent data, which was read in its place; an error shows when reading or sending
  for (const s of exceptional) {
    if (s.fileno() === -1) continue;
    console.log(`exception condition on ${message_queues.address(s)}`);
  }

  await sleep(pause);
}
console.log(message_queues.summary("echoed"));

/** Sleeps so many seconds, or until a stop is asked for. */
async function sleep(seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!stop.requested) {
    const left = end - performance.now();
    if (left <= 0) return;
    const slice = Math.min(left, PATIENCE * 1000);
    await new Promise((resolve) => setTimeout(resolve, slice));
  }
}
