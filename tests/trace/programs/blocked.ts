/**
 * Answers lines: reads from a client until its line is whole. With `sound` it keeps what has
 * come and waits for the rest in its loop.
 */

import { select, socket } from "../../../mod.ts";

const sound = Deno.args[0] === "sound";
const server = socket.create_server(["127.0.0.1", 0]);
const [host, port] = server.getsockname() as socket.InetAddress;
console.log(`starting up on ${host} port ${port}`);
const inputs = [server];
const lines = new Map<socket.Socket, number[]>();
const NEWLINE = 10;
for (;;) {
  const [readable] = select.select(inputs, [], []);
  for (const sock of readable) {
    if (sock === server) {
      const [conn] = sock.accept();
      inputs.push(conn);
      lines.set(conn, []);
      continue;
    }
    const line = lines.get(sock)!;
    let data: Uint8Array;
    do line.push(...data = sock.recv(1024)); while (
      !sound && data.length > 0 && line.at(-1) !== NEWLINE
    );
    if (data.length === 0) inputs.splice(inputs.indexOf(sock), 1)[0]!.close();
    if (line.at(-1) !== NEWLINE) continue;
    sock.sendall(new Uint8Array(line));
    lines.set(sock, []);
  }
}
