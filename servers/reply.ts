/**
 * Document 001 (4): reading and writing apart, and each client is answered with what it
 * has sent itself.
 *
 * ```sh
 * deno run --allow-ffi servers/reply.ts
 * ```
 *
 * @module
 */

import { select, socket } from "../mod.ts";
import { parse } from "../cli/flags.ts";
import { family_of, listen, listening } from "../cli/listen.ts";
import { show_bytes, show_round } from "../cli/show.ts";
import { Stop } from "../cli/stop.ts";
import { Lists } from "./backend.ts";
import { Clients } from "./clients.ts";

const { host, port, backlog } = parse(
  "servers/reply.ts",
  "Greets each client with hello, and answers its message and response.",
  listening("127.0.0.1", 9999),
);
const hello = new TextEncoder().encode("hello");
const response = new TextEncoder().encode("response");

const stop = new Stop();
const sk = socket.socket(family_of(host), socket.SOCK_STREAM);
sk.setblocking(false);
listen(sk, host, port, backlog);

const lists = new Lists();
const { inputs, outputs } = lists;
const clients = new Clients(sk, lists, stop);

while (clients.open()) {
  const [rlist, wlist] = await clients.wait(
    1,
    (timeout) => select.select(inputs, outputs, [], timeout),
  );
  // sk (the server) changes when a client connects: then it is in rlist.
  // conn changes when a client sends a message: then it is in rlist.
  show_round(inputs.size, rlist.length);
  for (const r of rlist) {
    console.log(String(r));
    if (r === sk) {
      // A new client connects; `clients` keeps its messages
      const conn = clients.accept();
      if (conn !== null) clients.send(conn, hello);
    } else {
      // A client sends me data: it becomes an output. Or it leaves, and is closed.
      const recv_data = clients.receive(r, 1024);
      if (recv_data !== null) clients.put(r, recv_data);
    }
  }
  for (const w of wlist) {
    // The oldest message first: the client gets its answers in order
    let msg: Uint8Array | null;
    while ((msg = clients.get(w)) !== null) {
      console.log(`[b'${show_bytes(msg)}']`);
      clients.send(w, concat(msg, response));
    }
  }
}
console.log(clients.summary("sent"));

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
