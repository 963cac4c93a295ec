/** A hang-up: reported beside the last bytes, and for ever after them. */

import { select, socket } from "../../mod.ts";

const [a, b] = socket.socketpair();
const poller = select.poll();
poller.register(b, select.POLLIN);
a.send(new TextEncoder().encode("last words"));
a.close();
poller.poll(); // POLLIN and POLLHUP: read first
b.recv(100);
poller.poll(); // the end can be read …
b.recv(100);
poller.poll(); // … again and again
poller.unregister(b);
b.close();
