/**
 * Document 001 (2): waits for clients and for their messages, in one list.
 *
 * ```sh
 * deno run --allow-ffi servers/receive.ts
 * ```
 *
 * @module
 */

import { BlockingIOError, OSError, select, socket } from "../mod.ts";
import { family_of, parse } from "../cli/flags.ts";
import { listen, listening, Stop, summary } from "../cli/server.ts";
import { show_bytes, show_round } from "../cli/show.ts";

const { host, port, backlog } = parse(
  "servers/receive.ts",
  "Greets each client with hello, and prints what clients send.\n" +
    "Document 001 (2) of docs/documents.md; its client is clients/prompt.ts.",
  listening("127.0.0.1", 9999),
);
const hello = new TextEncoder().encode("hello");

const stop = new Stop();
const sk = socket.socket(family_of(host));
sk.setblocking(false);
listen(sk, host, port, backlog, "clients/prompt.ts");

const inputs = new Set<socket.Socket>([sk]);
let served = 0, received = 0;

while (stop.goes_on(0)) {
  const [rlist] = select.select(inputs, [], [], stop.within(1));
  await stop.turn(rlist.length); // Ctrl-C and timers get their turn
  // sk (the server) is in rlist when a client connects,
  // conn is in rlist when its client sends a message.
  show_round(inputs.size, rlist.length);
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
        continue;
      }
      // A client sends me data
      const recv_data = r.recv(1024);
      received += recv_data.length;
      if (recv_data.length > 0) console.log(`b'${show_bytes(recv_data)}'`);
      // No data: the client has left. In inputs it would stay ready for ever.
      else close(r, "after reading no data");
    } catch (error) {
      failed(conn, error);
    }
  }
  // When stopping: close the listener once no client waits to be accepted
  if (stop.requested && !rlist.includes(sk)) {
    inputs.delete(sk);
    sk.close();
  }
}
for (const conn of inputs) close(conn, "as the server stops");
console.log(summary(served, "received", received));

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
  conn.close();
}
