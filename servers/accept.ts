/**
 * Document 001 (1): listens for clients, and greets each.
 *
 * ```sh
 * deno run --allow-ffi servers/accept.ts
 * ```
 *
 * @module
 */

import { select, socket } from "../mod.ts";
import { parse } from "../cli/flags.ts";
import { family_of, listen, listening } from "../cli/listen.ts";
import { show_round } from "../cli/show.ts";
import { Stop } from "../cli/stop.ts";
import { Lists } from "./backend.ts";
import { Clients } from "./clients.ts";

const { host, port, backlog } = parse(
  "servers/accept.ts",
  "Greets each client with hello.",
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
    5,
    (timeout) => select.select(inputs, outputs, [], timeout),
  );
  // sk (the server) changes when a client connects: then it is in rlist
  show_round(inputs.size, rlist.length);
  for (const r of rlist) {
    console.log(String(r));
    if (r === sk) {
      const conn = clients.accept();
      if (conn !== null) clients.send(conn, hello);
    } else {
      // It leaves; or it sends something, which is of no interest here
      clients.receive(r);
    }
  }
  // What did not go at once
  for (const w of wlist) clients.get(w);
}
console.log(clients.summary("sent"));
