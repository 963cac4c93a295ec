/**
 * Document 001 (2), as it is written: a client that has left stays in the list. With
 * `sound` it is taken out.
 */

import { select, socket } from "../../../mod.ts";

const sk = socket.socket();
sk.bind(["127.0.0.1", 0]);
sk.listen(5);
const [host, port] = sk.getsockname() as socket.InetAddress;
console.log(`starting up on ${host} port ${port}`);
const inputs = [sk];
for (;;) {
  const [rlist] = select.select(inputs, [], [], 1);
  for (const r of rlist) {
    if (r === sk) {
      const [conn] = r.accept();
      inputs.push(conn);
      conn.sendall(new TextEncoder().encode("hello"));
      continue;
    }
    const recv_data = r.recv(1024);
    if (Deno.args[0] === "sound" && recv_data.length === 0) {
      inputs.splice(inputs.indexOf(r), 1);
      r.close();
    }
  }
}
