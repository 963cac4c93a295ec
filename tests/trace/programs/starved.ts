/**
 * An echo that serves the first of the ready clients only, and works 5 ms for each message.
 * With `sound` it serves all of them.
 */

import { select, socket } from "../../../mod.ts";

const server = socket.create_server(["127.0.0.1", 0]);
const [host, port] = server.getsockname() as socket.InetAddress;
console.log(`starting up on ${host} port ${port}`);
const inputs = [server];
const clock = new Int32Array(new SharedArrayBuffer(4));
for (;;) {
  const [readable] = select.select(inputs, [], []);
  for (const sock of readable) {
    if (sock === server) {
      inputs.push(sock.accept()[0]);
    } else {
      try {
        const data = sock.recv(1024);
        if (data.length === 0) throw new Error("it has left");
        Atomics.wait(clock, 0, 0, 5);
        sock.sendall(data);
      } catch {
        inputs.splice(inputs.indexOf(sock), 1);
        sock.close();
      }
    }
    if (Deno.args[0] !== "sound") break;
  }
}
