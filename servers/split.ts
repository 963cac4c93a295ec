/**
 * Document 001 (3): reads from clients in one loop, writes to them in another.
 *
 * ```sh
 * deno run --allow-ffi servers/split.ts
 * ```
 *
 * @module
 */

import { BlockingIOError, OSError, select, socket } from "../mod.ts";
import { family_of, parse } from "../cli/flags.ts";
import { listen, listening, Stop, summary } from "../cli/server.ts";
import { show_round } from "../cli/show.ts";

const { host, port, backlog } = parse(
  "servers/split.ts",
  "Greets each client with hello, and answers each message with response.\n" +
    "Document 001 (3) of docs/documents.md; its client is clients/prompt.ts.",
  listening("127.0.0.1", 9999),
);
const hello = new TextEncoder().encode("hello");
const response = new TextEncoder().encode("response");

const stop = new Stop();
const sk = socket.socket(family_of(host));
sk.setblocking(false);
listen(sk, host, port, backlog, "clients/prompt.ts");

const inputs = new Set<socket.Socket>([sk]);
// The clients to answer, each with the unsent part of its response
const outputs = new Map<socket.Socket, Uint8Array>();
let served = 0, sent = 0;

while (stop.goes_on(outputs.size)) {
  const [rlist, wlist] = select.select(
    inputs,
    outputs.keys(),
    [],
    stop.within(1),
  );
  await stop.turn(rlist.length + wlist.length); // Ctrl-C and timers get their turn
  // sk (the server) is in rlist when a client connects,
  // conn is in rlist when its client sends a message.
  show_round(inputs.size + outputs.size, rlist.length, wlist.length);
  for (const r of rlist) {
    console.log(String(r));
    let conn = r; // The socket that an error is about
    try {
      if (r === sk) {
        // A new client connects
        [conn] = r.accept();
        conn.setblocking(false);
        inputs.add(conn);
        served++;
        conn.sendall(hello); // Never blocks: a new connection has room
        sent += hello.length;
        continue;
      }
      // A client sends me data
      const recv_data = r.recv(1024);
      if (recv_data.length === 0) { // The client has left
        close(r, "after reading no data");
        continue;
      }
      outputs.set(r, response);
      inputs.delete(r); // Read it again once it has its response
    } catch (error) {
      failed(conn, error);
    }
  }
  for (const w of wlist) {
    try {
      const left = outputs.get(w)!, length = w.send(left);
      sent += length;
      if (length < left.length) { // The kernel may take only a part
        outputs.set(w, left.subarray(length));
      } else {
        outputs.delete(w);
        inputs.add(w);
      }
    } catch (error) {
      failed(w, error);
    }
  }
  // When stopping: close the listener once no client waits to be accepted
  if (stop.requested && !rlist.includes(sk)) {
    inputs.delete(sk);
    sk.close();
  }
}
for (const conn of [...inputs, ...outputs.keys()]) {
  close(conn, "as the server stops");
}
console.log(summary(served, "sent", sent));

function failed(s: socket.Socket, error: unknown): void {
  if (error instanceof BlockingIOError) return; // A spurious wake-up, see select(2)
  if (!(error instanceof OSError)) throw error;
  if (s !== sk) return close(s, `after ${error.strerror}`);
  // No free descriptor (EMFILE): select would report sk at once, again and again
  inputs.delete(sk);
  stop.pause(error, () => inputs.add(sk));
}

function close(conn: socket.Socket, why: string): void {
  console.log(`closing ${conn} ${why}`);
  inputs.delete(conn);
  outputs.delete(conn);
  conn.close();
}
