/**
 * Costs that docs/guide.md quotes: of a high descriptor, and of level and edge.
 *
 * Argument: milliseconds for each figure. A line for each: what, number, nanoseconds.
 */

import { BlockingIOError, os, select, socket } from "../../mod.ts";
import { measure, now } from "./timing.ts";

const budget = Number(Deno.args[0]) * 1e6;

function print(what: string, at: number, call: () => unknown): void {
  const run = (calls: number) => {
    const start = now();
    for (let i = 0; i < calls; i++) call();
    return now() - start;
  };
  console.log(`${what}\t${at}\t${measure(run, budget).toFixed(1)}`);
}

/** One descriptor that is not ready, by its number. */
function high(number: number): void {
  const [a, b] = socket.socketpair();
  const fd = os.dup2(a.fileno(), number);
  const list = [fd];
  const poller = select.poll();
  using epoll = select.epoll();
  poller.register(fd, select.POLLIN);
  epoll.register(fd, select.EPOLLIN);
  print("select, one descriptor", number, () => select.select(list, [], [], 0));
  print("poll, one descriptor", number, () => poller.poll(0));
  print("epoll.poll, one descriptor", number, () => epoll.poll(0));
  for (const one of [a.detach(), b.detach(), fd]) os.close(one);
}

const [a, b] = socket.socketpair();
b.setblocking(false);
const message = new Uint8Array(64);

/** A message is sent, waited for, and taken by `read`. */
function messages(what: string, eventmask: number, read: () => void): void {
  using epoll = select.epoll();
  epoll.register(b, eventmask);
  print(what, message.length, () => {
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

function modify(): void {
  using epoll = select.epoll();
  epoll.register(b, select.EPOLLIN);
  let mask = 0;
  print("modify", 1, () => epoll.modify(b, mask ^= select.EPOLLIN));
}

for (const number of [100, 1000, 10_000]) high(number);
messages("level, one recv", select.EPOLLIN, once);
messages("edge, one recv", select.EPOLLIN | select.EPOLLET, once);
messages(
  "edge, recv until EAGAIN",
  select.EPOLLIN | select.EPOLLET,
  until_eagain,
);
modify();
