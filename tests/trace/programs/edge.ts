/**
 * Document 004's epoll server, as it is written: one recv() for each edge. With `sound` it
 * reads until EAGAIN; with `sound rearm` it has what is left reported again by modify().
 */

import { BlockingIOError, select, socket } from "../../../mod.ts";

const sound = Deno.args[0] === "sound", rearm = Deno.args[1] === "rearm";
const s = socket.socket();
s.bind(["127.0.0.1", 0]);
s.listen(10);
const [host, port] = s.getsockname() as socket.InetAddress;
console.log(`starting up on ${host} port ${port}`);
const epoll = select.epoll();
epoll.register(s.fileno(), select.EPOLLIN | select.EPOLLET);
const connections = new Map<number, socket.Socket>();
for (;;) {
  for (const [fd, events] of epoll.poll()) {
    if (fd === s.fileno()) {
      do accept(); while (sound && select.select([s], [], [], 0)[0].length > 0);
    } else if (events === select.EPOLLIN) {
      const conn = connections.get(fd)!;
      if (sound && !rearm ? drain(conn) : receive(conn)) {
        if (rearm) epoll.modify(fd, select.EPOLLIN | select.EPOLLET);
        continue;
      }
      epoll.unregister(fd);
      connections.delete(fd);
      conn.close();
    }
  }
}

function accept(): void {
  const [conn] = s.accept();
  conn.setblocking(!sound);
  connections.set(conn.fileno(), conn);
  epoll.register(conn.fileno(), select.EPOLLIN | select.EPOLLET);
}

function receive(conn: socket.Socket): boolean {
  const recvData = conn.recv(1024);
  if (recvData.length > 0) conn.send(recvData.subarray(0, 1));
  return recvData.length > 0;
}

function drain(conn: socket.Socket): boolean {
  try {
    while (receive(conn));
    return false;
  } catch (error) {
    return error instanceof BlockingIOError; // otherwise it was reset
  }
}
