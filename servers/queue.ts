/**
 * Document 003: select with a message queue for each client. The server answers in the round
 * after it has read, a second later.
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
    pause: seconds(1, "the time between two rounds"),
  },
);

const stop = new Stop();
// Make a TCP/IP socket, and set it to be non-blocking
const server = socket.socket(family_of(host), socket.SOCK_STREAM);
server.setblocking(false);
listen(server, host, port, backlog, "clients/parts.ts");
const inputs = new Set<socket.Socket>([server]);
const outputs = new Set<socket.Socket>(); // The clients with unsent messages
const message_queues = new Map<socket.Socket, queue.Queue<Uint8Array>>();
const rests = new Map<socket.Socket, Uint8Array>(); // The unsent part of a message
const addresses = new Map<socket.Socket, string>(); // getpeername fails after a reset
let served = 0, echoed = 0;

while (stop.goes_on(outputs.size)) {
  // Wait until there is something to do for at least one connection
  if (!stop.idle) console.log("waiting for the next event");
  const ready = select.select(inputs, outputs, inputs, stop.within(Infinity));
  const [readable, writable, exceptional] = ready;
  await stop.turn(readable.length + writable.length); // Ctrl-C gets its turn
  // Handle inputs
  for (const s of readable) {
    try {
      if (s === server) {
        // Accept all at once: with one a round, the tenth would wait ten seconds
        for (let i = 0; i < 1000; i++) {
          const [connection, client_address] = s.accept();
          const from = show_address(client_address);
          console.log(paint.green(`connection from ${from}`));
          connection.setblocking(false);
          inputs.add(connection);
          addresses.set(connection, from);
          message_queues.set(connection, queue.Queue(16)); // At most 16 unsent
          served++;
        }
        continue;
      }
      const data = s.recv(65536), message_queue = message_queues.get(s)!;
      if (data.length > 0) {
        console.log(`received "${show_bytes(data)}" from ${addresses.get(s)}`);
        message_queue.put(data);
        outputs.add(s);
        if (message_queue.full()) inputs.delete(s); // Read it again when it has room
      } else if (outputs.has(s)) inputs.delete(s); // Half-closed: still answer it
      else close(s, "after reading no data");
    } catch (error) {
      failed(s, error);
    }
  }

  // Handle outputs
  for (const s of writable) {
    const message_queue = message_queues.get(s);
    if (message_queue === undefined) continue; // Closed above
    try {
      // One message a round, the oldest
      const send_data = rests.get(s) ?? message_queue.get_nowait();
      rests.set(s, send_data); // Keep it if send would block
      const length = s.send(send_data); // The kernel may take only a part
      echoed += length;
      rests.set(s, send_data.subarray(length));
      if (length < send_data.length) continue;
      rests.delete(s);
      inputs.add(s);
      if (!message_queue.empty()) continue;
      console.log(`all is sent to ${addresses.get(s)}`);
      outputs.delete(s);
    } catch (error) {
      failed(s, error);
    }
  }
  // Urgent data only, which recv has read in its place: recv and send report errors
  for (const s of exceptional) console.log(`exception condition on ${s}`);
  // When stopping: close the listener once no client waits to be accepted
  if (stop.requested && !readable.includes(server)) {
    inputs.delete(server);
    server.close();
  }
  if (!stop.idle) await stop.sleep(pause);
}
for (const s of message_queues.keys()) close(s, "as the server stops");
console.log(summary(served, "echoed", echoed));

function failed(s: socket.Socket, error: unknown): void {
  if (error instanceof BlockingIOError) return; // accept or send would block
  if (!(error instanceof OSError)) throw error;
  if (s !== server) return close(s, `after ${error.strerror}`);
  // No free descriptor (EMFILE): select would report server at once, again and again
  inputs.delete(server);
  stop.pause(error, () => inputs.add(server));
}

function close(s: socket.Socket, why: string): void {
  console.log(paint.yellow(`closing ${addresses.get(s)} ${why}`));
  for (const each of [inputs, outputs, message_queues, rests, addresses]) {
    each.delete(s);
  }
  s.close();
}
