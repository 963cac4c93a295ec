/**
 * Document 004, select: many clients in one process, each with a queue of messages to send
 * back.
 *
 * ```sh
 * deno run --allow-ffi servers/select.ts
 * ```
 *
 * @module
 */

import { BlockingIOError, OSError, queue, select, socket } from "../mod.ts";
import { family_of, parse } from "../cli/flags.ts";
import { listen, listening, Stop, summary } from "../cli/server.ts";
import { paint, show_address, show_bytes, show_list } from "../cli/show.ts";

const { host, port, backlog } = parse(
  "servers/select.ts",
  "Sends back what each client sends, and prints what select returns.\n" +
    "Document 004 (1) of docs/documents.md; its client is clients/prompt.ts.",
  listening("localhost", 9000),
);
const MAX_MESSAGES = 64; // Do not read a client with this many unsent messages

const stop = new Stop();
const server = socket.socket(family_of(host));
server.setblocking(false); // accept does not block
listen(server, host, port, backlog, "clients/prompt.ts");

// For each client its queue of messages, and the unsent part of the one being sent
const msg_dic = new Map<socket.Socket, queue.Queue<Uint8Array>>();
const on_its_way = new Map<socket.Socket, Uint8Array>();
// The sockets that select watches. server is readable when a client connects.
const inputs = new Set<socket.Socket>([server]);
const outputs = new Set<socket.Socket>();
let served = 0, echoed = 0;

while (stop.goes_on(outputs.size)) {
  const ready = select.select(inputs, outputs, inputs, stop.within(Infinity));
  const [readable, writeable, exceptional] = ready;
  await stop.turn(readable.length + writeable.length); // Ctrl-C gets its turn
  if (!stop.idle) {
    console.log(
      `readable ${show_list(readable)}, writeable ${show_list(writeable)}, ` +
        `exceptional ${show_list(exceptional)}`,
    );
  }
  for (const r of readable) {
    try {
      if (r === server) { // It has data: a new connection
        const [conn, addr] = server.accept();
        console.log(paint.green(`new client from ${show_address(addr)}`));
        conn.setblocking(false);
        inputs.add(conn); // It is readable when it has data
        msg_dic.set(conn, queue.Queue(MAX_MESSAGES));
        served++;
        continue;
      }
      const data = r.recv(1024), messages = msg_dic.get(r)!;
      if (data.length > 0) {
        console.log(`received data b'${show_bytes(data)}'`);
        messages.put(data); // Do not send now: the client may not be reading
        outputs.add(r);
        // Read it again once it has taken a message
        if (messages.full()) inputs.delete(r);
      } else if (outputs.has(r)) {
        inputs.delete(r); // Half-closed: it still gets its answers
      } else {
        close(r, "client disconnected");
      }
    } catch (error) {
      failed(r, error);
    }
  }

  for (const w of writeable) { // The clients with messages to send
    const messages = msg_dic.get(w);
    if (messages === undefined) continue; // Closed above
    try {
      const data_to_client = on_its_way.get(w) ?? messages.get_nowait();
      on_its_way.set(w, data_to_client); // Keep it if send would block
      const rest = data_to_client.subarray(w.send(data_to_client));
      echoed += data_to_client.length - rest.length;
      on_its_way.set(w, rest); // The kernel may take only a part
      if (rest.length > 0) continue;
      on_its_way.delete(w);
      if (messages.empty()) outputs.delete(w);
      inputs.add(w);
    } catch (error) {
      failed(w, error);
    }
  }
  // The sockets in exceptional have urgent data, which recv has read in its place. An error
  // makes a socket readable and writeable.

  // When stopping: close the listener once no client waits to be accepted
  if (stop.requested && !readable.includes(server)) {
    inputs.delete(server);
    server.close();
  }
}
for (const conn of msg_dic.keys()) close(conn, "server stops:");
console.log(summary(served, "echoed", echoed));

function failed(s: socket.Socket, error: unknown): void {
  if (error instanceof BlockingIOError) return; // A spurious wake-up, see select(2)
  if (!(error instanceof OSError)) throw error;
  if (s !== server) return close(s, `client disconnected (${error.strerror})`);
  // No free descriptor (EMFILE): select would report server at once, again and again
  inputs.delete(server);
  stop.pause(error, () => inputs.add(server));
}

function close(conn: socket.Socket, why: string): void {
  console.log(paint.yellow(`${why} ${conn}`));
  for (const each of [inputs, outputs, msg_dic, on_its_way]) each.delete(conn);
  conn.close();
}
