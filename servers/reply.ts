/**
 * Document 001 (4): as (3), but keeps each client's messages, and sends each one back with
 * `response` behind it.
 *
 * ```sh
 * deno run --allow-ffi servers/reply.ts
 * ```
 *
 * @module
 */

import { BlockingIOError, OSError, select, socket } from "../mod.ts";
import { family_of, parse } from "../cli/flags.ts";
import { listen, listening, Stop, summary } from "../cli/server.ts";
import { show_bytes, show_round } from "../cli/show.ts";

const { host, port, backlog } = parse(
  "servers/reply.ts",
  "Greets each client with hello, and sends each message back with response.\n" +
    "Document 001 (4) of docs/documents.md; its client is clients/prompt.ts.",
  listening("127.0.0.1", 9999),
);
const hello = new TextEncoder().encode("hello");
const response = new TextEncoder().encode("response");
const MAX_MESSAGES = 64; // Do not read a client with this many unsent answers

const stop = new Stop();
const sk = socket.socket(family_of(host));
sk.setblocking(false);
listen(sk, host, port, backlog, "clients/prompt.ts");

const inputs = new Set<socket.Socket>([sk]);
const outputs = new Set<socket.Socket>();
// The messages of each client: one list per connection
const messages = new Map<socket.Socket, Uint8Array[]>();
let served = 0, sent = 0;

while (stop.goes_on(outputs.size)) {
  const [rlist, wlist] = select.select(inputs, outputs, [], stop.within(1));
  await stop.turn(rlist.length + wlist.length); // Ctrl-C and timers get their turn
  // sk (the server) is in rlist when a client connects,
  // conn is in rlist when its client sends a message.
  show_round(inputs.size, rlist.length, wlist.length);
  for (const r of rlist) {
    console.log(String(r));
    let conn = r; // The socket that an error is about
    try {
      if (r === sk) {
        // A new client connects
        [conn] = r.accept();
        conn.setblocking(false);
        inputs.add(conn);
        messages.set(conn, []); // An empty list for this connection
        served++;
        conn.sendall(hello); // Never blocks: a new connection has room
        sent += hello.length;
        continue;
      }
      // A client sends me data
      const recv_data = r.recv(1024), waiting = messages.get(r)!;
      if (recv_data.length > 0) {
        outputs.add(r);
        // With its response: the document adds that when it sends
        waiting.push(new Uint8Array([...recv_data, ...response]));
        // Read it again once it has taken an answer
        if (waiting.length >= MAX_MESSAGES) inputs.delete(r);
      } else if (waiting.length > 0) {
        // Half-closed: it still gets its answers
        inputs.delete(r);
      } else {
        close(r, "after reading no data");
      }
    } catch (error) {
      failed(conn, error);
    }
  }
  for (const w of wlist) {
    const waiting = messages.get(w);
    if (waiting === undefined) continue; // Closed above
    try {
      const msg = waiting[0]!; // The oldest: the document takes the newest
      console.log(`answering b'${show_bytes(msg)}'`);
      const length = w.send(msg);
      sent += length;
      // The kernel may take only a part
      if (length < msg.length) waiting[0] = msg.subarray(length);
      else waiting.shift();
      if (waiting.length === 0) outputs.delete(w);
      inputs.add(w);
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
for (const conn of messages.keys()) close(conn, "as the server stops");
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
  for (const list of [inputs, outputs, messages]) list.delete(conn);
  conn.close();
}
