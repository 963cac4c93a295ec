/** A slow reader: what it does not take waits in a queue, and only then is EPOLLOUT asked for. */

import { select, socket } from "../../mod.ts";

const [server, client] = socket.socketpair();
server.setblocking(false);
using epoll = select.epoll();
epoll.register(server, select.EPOLLIN);
let queue = new Uint8Array(300_000).fill(120);
queue = queue.subarray(server.send(queue));
epoll.modify(server, select.EPOLLOUT); // something is queued
while (queue.length > 0) {
  epoll.poll(0); // nothing: the client has not read
  client.recv(400_000);
  epoll.poll(0); // room again
  queue = queue.subarray(server.send(queue));
}
epoll.modify(server, select.EPOLLIN); // nothing is queued
client.recv(400_000);
epoll.unregister(server);
server.close();
client.close();
