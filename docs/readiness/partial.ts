/** A partial send: the kernel takes what it has room for, and the rest is the program's. */

import { BlockingIOError, select, socket } from "../../mod.ts";

const [a, b] = socket.socketpair();
a.setblocking(false);
let queue = new Uint8Array(500_000).fill(120);
while (queue.length > 0) {
  select.select([], [a], [], 1); // there is room
  try {
    queue = queue.subarray(a.send(queue));
  } catch (error) {
    if (!(error instanceof BlockingIOError)) throw error;
  }
  b.recv(1_000_000);
}
a.close();
b.close();
