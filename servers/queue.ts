/**
 * Document 003: select with a queue of messages for each client. What is read in one round is
 * answered in the next, a second later.
 *
 * ```sh
 * deno run --allow-ffi servers/queue.ts --pause 0.1
 * ```
 *
 * @module
 */

import { BlockingIOError, OSError, queue, select, socket } from "../mod.ts";
import { family_of, parse, seconds } from "../cli/flags.ts";
import { listen, listening, Stop, summary } from "../cli/server.ts";
import { paint, show_address, show_bytes } from "../cli/show.ts";

const { host, port, backlog, pause } = parse(
  "servers/queue.ts",
  "Sends back what each client sends, a round later.\n" +
    "Document 003 of docs/documents.md; try clients/parts.ts.",
  {
    ...listening("localhost", 8090),
    pause: seconds(1, "how long from one round to the next"),
  },
);

const stop = new Stop();
// Make a TCP/IP socket, and set it to be non-blocking
const server = socket.socket(family_of(host), socket.SOCK_STREAM);
server.setblocking(false);
listen(server, host, port, backlog, "clients/parts.ts");
const inputs = new Set<socket.Socket>([server]);
const outputs = new Set<socket.Socket>(); // The clients that something waits for
const message_queues = new Map<socket.Socket, queue.Queue<Uint8Array>>();
const rests = new Map<socket.Socket, Uint8Array>(); // What has not gone of a message
let served = 0, echoed = 0;

while (stop.goes_on(outputs.size)) {
  // Wait until there is something to do for at least one connection
  if (!stop.idle) console.log("waiting for the next event");
  const ready = select.select(inputs, outputs, inputs, stop.within(Infinity));
  const [readable, writable, exceptional] = ready;
  await stop.turn(readable.length + writable.length);
  // Handle what comes in
  for (const s of readable) {
    try {
      if (s === server) {
        // Accept all that wait: with one a round, the tenth would wait ten seconds
        for (let i = 0; i < 1000; i++) {
          const [connection, client_address] = s.accept();
          const from = show_address(client_address);
          console.log(paint.green(`connection from ${from}`));
          connection.setblocking(false);
          inputs.add(connection);
          message_queues.set(connection, queue.Queue(16)); // Full, it is not read
          served++;
        }
        continue;
      }
      const data = s.recv(65536), message_queue = message_queues.get(s)!;
      if (data.length > 0) {
        const from = show_address(s.getpeername());
        console.log(`received "${show_bytes(data)}" from ${from}`);
        message_queue.put(data);
        outputs.add(s); // To be answered
        if (message_queue.full()) inputs.delete(s); // Until an answer has gone
      } else if (outputs.has(s)) inputs.delete(s); // It still gets its answers
      else close(s, "after reading no data");
    } catch (error) {
      failed(s, error);
    }
  }

  // Handle what goes out
  for (const s of writable) {
    const message_queue = message_queues.get(s);
    if (message_queue === undefined) continue; // Closed above
    try {
      // One message a round; one that was read in this round is behind it
      const send_data = rests.get(s) ?? message_queue.get_nowait();
      rests.set(s, send_data); // Kept if send would block
      const length = s.send(send_data); // The kernel may take only a part
      echoed += length;
      rests.set(s, send_data.subarray(length));
      if (length < send_data.length) continue;
      rests.delete(s);
      inputs.add(s);
      if (!message_queue.empty()) continue;
      console.log(`all is sent to ${show_address(s.getpeername())}`);
      outputs.delete(s);
    } catch (error) {
      failed(s, error);
    }
  }
  // Urgent data, which was read in its place; an error shows when reading or sending
  for (const s of exceptional) console.log(`exception condition on ${s}`);
  // Once a stop is requested: accept the clients that wait already, and then no more
  if (stop.requested && !readable.includes(server)) {
    inputs.delete(server);
    server.close();
  }
  if (!stop.idle) await stop.sleep(pause);
}
for (const s of message_queues.keys()) close(s, "as the server stops");
console.log(summary(served, "echoed", echoed));

function failed(s: socket.Socket, error: unknown): void {
  if (error instanceof BlockingIOError) return; // All that wait are accepted
  if (!(error instanceof OSError)) throw error;
  if (s !== server) return close(s, `after ${error.strerror}`);
  // No descriptor is free (EMFILE): select would report the client again and again
  inputs.delete(server);
  stop.pause(error, () => inputs.add(server));
}

function close(s: socket.Socket, why: string): void {
  console.log(paint.yellow(`closing ${s} ${why}`));
  for (const each of [inputs, outputs, message_queues, rests]) each.delete(s);
  s.close();
}
