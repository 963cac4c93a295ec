/**
 * Echoes once to each client and closes it, still registered; a duplicate stays open, as in a
 * child process. With `sound` it is
 * unregistered first. With `poll` or `select` as the second argument, those watch.
 */

import { os, select, socket } from "../../../mod.ts";

const [sound, by] = [Deno.args[0] === "sound", Deno.args[1]];
const server = socket.create_server(["127.0.0.1", 0]);
const [host, port] = server.getsockname() as socket.InetAddress;
console.log(`starting up on ${host} port ${port}`);
const watched = new Set([server.fileno()]);
const epoll = select.epoll(), poll = select.poll();
epoll.register(server, select.EPOLLIN);
poll.register(server, select.POLLIN);
const connections = new Map<number, socket.Socket>();
for (;;) {
  for (const fd of wait()) {
    if (fd === server.fileno()) {
      const [conn] = server.accept();
      connections.set(conn.fileno(), conn);
      watched.add(conn.fileno());
      epoll.register(conn, select.EPOLLIN);
      poll.register(conn, select.POLLIN);
      continue;
    }
    const conn = connections.get(fd);
    if (conn === undefined) continue; // POLLNVAL
    conn.send(conn.recv(1024));
    if (sound) {
      watched.delete(fd);
      epoll.unregister(fd);
      poll.unregister(fd);
    }
    connections.delete(fd);
    conn.detach();
    if (by === "epoll") os.dup(fd);
    os.close(fd);
  }
}

function wait(): number[] {
  if (by === "poll") return poll.poll().map(([fd]) => fd);
  if (by === "select") return select.select(watched, [], [])[0];
  return epoll.poll().map(([fd]) => fd);
}
