/** Level and edge: after a read that leaves bytes, only the level is reported again. */

import { select, socket } from "../../mod.ts";

const [a, b] = socket.socketpair();
using level = select.epoll();
using edge = select.epoll();
level.register(b, select.EPOLLIN);
edge.register(b, select.EPOLLIN | select.EPOLLET);
a.send(new TextEncoder().encode("0123456789"));
edge.poll(); // something has come
b.recv(4);
edge.poll(0); // nothing more has come
level.poll(0); // but there is something
b.recv(4);
level.poll(0); // still
b.recv(4);
level.poll(0); // not any more
b.close();
a.close();
