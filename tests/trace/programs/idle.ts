/**
 * An echo by epoll that asks for EPOLLOUT with the first answer and never takes it back.
 * With `sound` it does.
 */

import { select, socket } from "../../../mod.ts";

const server = socket.create_server(["127.0.0.1", 0]);
const [host, port] = server.getsockname() as socket.InetAddress;
console.log(`starting up on ${host} port ${port}`);
const epoll = select.epoll();
epoll.register(server, select.EPOLLIN);
const connections = new Map<number, socket.Socket>();
const queued = new Map<number, Uint8Array>();
for (;;) {
  for (const [fd, events] of epoll.poll()) {
    if (fd === server.fileno()) {
      const [conn] = server.accept();
      connections.set(conn.fileno(), conn);
      epoll.register(conn, select.EPOLLIN);
      continue;
    }
    const conn = connections.get(fd)!;
    if (events & select.EPOLLOUT && queued.has(fd)) {
      conn.send(queued.get(fd)!);
      queued.delete(fd);
      if (Deno.args[0] === "sound") epoll.modify(conn, select.EPOLLIN);
    }
    if ((events & select.EPOLLIN) === 0) continue;
    const data = conn.recv(1024);
    if (data.length === 0) {
      epoll.unregister(conn);
      conn.close();
    } else {
      queued.set(fd, data);
      epoll.modify(conn, select.EPOLLIN | select.EPOLLOUT);
    }
  }
}
