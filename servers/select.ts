/**
 * Document 004, select: many clients in one process, each with a queue of what is to be
 * sent back.
 *
 * ```sh
 * deno run --allow-ffi servers/select.ts
 * ```
 *
 * @module
 */

import { select, socket } from "../mod.ts";
import { parse } from "../cli/flags.ts";
import { family_of, listen, listening } from "../cli/listen.ts";
import { paint, show_bytes, show_list } from "../cli/show.ts";
import { Stop } from "../cli/stop.ts";
import { Lists } from "./backend.ts";
import { Clients } from "./clients.ts";

const { host, port, backlog } = parse(
  "servers/select.ts",
  "Sends back what each client sends, and prints what select returns.",
  listening("localhost", 9000),
);

const stop = new Stop();
const server = socket.socket(family_of(host), socket.SOCK_STREAM);
// Non-blocking: neither accept nor recv waits
server.setblocking(false);
listen(server, host, port, backlog);

// What select watches. The server is a connection, too: when it is active, a client is
// there.
const lists = new Lists();
const { inputs, outputs } = lists;
// The dictionary of queues: for each client what is to be sent back
const msg_dic = new Clients(server, lists, stop, {
  closing: (s) => {
    // Cleared away: out of the lists, and out of the dictionary
    console.log(paint.yellow(`client disconnected ${s}`));
  },
});

while (msg_dic.open()) {
  const [readable, writeable, exceptional] = await msg_dic.wait(
    Infinity,
    (timeout) => select.select(inputs, outputs, inputs, timeout),
  );
  if (readable.length + writeable.length + exceptional.length > 0) {
    console.log([readable, writeable, exceptional].map(show_list).join(" "));
  }
  for (const r of readable) {
    if (r === server) { // It has data: a new connection
      const conn = msg_dic.accept();
      if (conn === null) continue;
      const addr = msg_dic.address(conn);
      console.log(paint.green(`new client from ${addr}`));
    } else {
      const data = msg_dic.receive(r, 1024);
      if (data === null) continue;
      console.log(`received data b'${show_bytes(data)}'`);
      // Not sent now: if the client does not read, the data would be lost
      msg_dic.put(r, data);
    }
  }

  for (const w of writeable) { // The clients to which something is to be sent
    let data_to_client: Uint8Array | null;
    while ((data_to_client = msg_dic.get(w)) !== null) {
      msg_dic.send(w, data_to_client);
    }
  }
  // Those in `exceptional` had urgent data, which was read in its place. An error shows
  // in the other two lists.
}
console.log(msg_dic.summary("echoed"));
