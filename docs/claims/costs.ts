/**
 * Costs that docs/guide.md quotes: of a high descriptor, and of level and edge.
 *
 * Argument: milliseconds for each figure. Prints what, a number, nanoseconds.
 */

import { measure, repeated } from "../../bench/peers/timing.ts";
import { BlockingIOError, os, select, socket } from "../../mod.ts";

const { EPOLLET, EPOLLIN, POLLIN } = select;
const budget = Number(Deno.args[0]) * 1e6;

function show(what: string, at: number, call: () => unknown): void {
  console.log(`${what}\t${at}\t${measure(repeated(call), budget).toFixed(1)}`);
}

const [a, b] = socket.socketpair();

/** One descriptor that is not ready, by its number. */
function high(number: number): void {
  const fd = os.dup2(a.fileno(), number), list = [fd];
  const poller = select.poll();
  using epoll = select.epoll();
  poller.register(fd, POLLIN);
  epoll.register(fd, EPOLLIN);
  show("select, one descriptor", number, () => select.select(list, [], [], 0));
  show("poll, one descriptor", number, () => poller.poll(0));
  show("epoll.poll, one descriptor", number, () => epoll.poll(0));
  os.close(fd);
}

/** A message is sent, waited for, and taken by `read`. */
function messages(what: string, eventmask: number, read: () => void): void {
  const message = new Uint8Array(64);
  using epoll = select.epoll();
  epoll.register(b, eventmask);
  show(what, message.length, () => {
    a.send(message);
    epoll.poll();
    read();
  });
}

function once(): void {
  b.recv(65536);
}

function until_eagain(): void {
  try {
    for (;;) b.recv(65536);
  } catch (error) {
    if (!(error instanceof BlockingIOError)) throw error;
  }
}

for (const number of [100, 1000, 10_000]) high(number);
b.setblocking(false);
messages("level, one recv", EPOLLIN, once);
messages("edge, one recv", EPOLLIN | EPOLLET, once);
messages("edge, recv until EAGAIN", EPOLLIN | EPOLLET, until_eagain);
using epoll = select.epoll();
epoll.register(b, EPOLLIN);
let mask = 0;
show("modify", 1, () => epoll.modify(b, mask ^= EPOLLIN));
