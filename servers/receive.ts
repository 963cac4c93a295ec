/**
 * Document 001 (2): listens for clients, greets each, and prints what they send.
 *
 * ```sh
 * deno run --allow-ffi servers/receive.ts
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
  "servers/receive.ts",
  "Greets each client with hello, and prints what clients send.",
  listening("127.0.0.1", 9999),
);
const hello = new TextEncoder().encode("hello");

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
      // A new client connects
      const conn = clients.accept();
      if (conn !== null) clients.send(conn, hello);
    } else {
      // A client sends me data; or it leaves, and is an input no longer
      const recv_data = clients.receive(r, 1024);
      if (recv_data !== null) console.log(`b'${show_bytes(recv_data)}'`);
    }
  }
  // What did not go at once
  for (const w of wlist) clients.get(w);
}
console.log(clients.summary("received", clients.received));
