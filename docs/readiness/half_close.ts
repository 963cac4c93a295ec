/** A half-close: the end of the question is not the end of the connection. */

import { select, socket } from "../../mod.ts";

const [client, server] = socket.socketpair();
using epoll = select.epoll();
epoll.register(server, select.EPOLLIN | select.EPOLLRDHUP);
client.send(new TextEncoder().encode("question"));
client.shutdown(socket.SHUT_WR);
epoll.poll();
server.recv(100);
server.recv(100); // the end of reading …
epoll.unregister(server);
server.send(new TextEncoder().encode("answer")); // … and not of writing
server.close();
client.recv(100);
client.recv(100);
client.close();
