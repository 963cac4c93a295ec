/** What calls cost here: arguments and lines as in calls.c and calls.py. */

import { select, socket } from "../../mod.ts";
import { measure, now, repeated, type Run } from "./timing.ts";

const ACTIVE = 10;
const [mode, milliseconds, ...counts] = Deno.args;
const budget = Number(milliseconds) * 1e6;

function show_run(call: string, at: number, run: Run): void {
  console.log(`${call}\t${at}\t${measure(run, budget).toFixed(1)}`);
}

function show(call: string, at: number, action: () => unknown): void {
  show_run(call, at, repeated(action));
}

// Loops of their own, since V8 inlines a call only where it is the only one.
function show_recv(size: number): void {
  const [a, b] = socket.socketpair(), data = new Uint8Array(size);
  show_run("send + recv", size, (calls) => {
    const start = now();
    for (let i = 0; i < calls; i++) {
      a.send(data);
      b.recv(65536);
    }
    return now() - start;
  });
}

function show_recv_into(size: number): void {
  const [a, b] = socket.socketpair(), data = new Uint8Array(size);
  const buffer = new Uint8Array(65536);
  show_run("send + recv_into", size, (calls) => {
    const start = now();
    for (let i = 0; i < calls; i++) {
      a.send(data);
      b.recv_into(buffer);
    }
    return now() - start;
  });
}

function registered(socks: readonly socket.Socket[], eventmask: number) {
  const poller = select.poll(), epoll = select.epoll();
  for (const sock of socks) {
    poller.register(sock, eventmask); // POLLIN is EPOLLIN, and POLLOUT EPOLLOUT
    epoll.register(sock, eventmask);
  }
  return { poller, epoll };
}

/** Waits with a time-out of 0 for sockets that are never readable, and always writable. */
function show_waits(socks: readonly socket.Socket[], writing: boolean): void {
  const { length } = socks, [r, w] = writing ? [[], socks] : [socks, []];
  const state = writing ? "all ready" : "nothing ready";
  const mask = writing ? select.POLLOUT : select.POLLIN;
  const { poller, epoll } = registered(socks, mask);
  show(`select, ${state}`, length, () => select.select(r, w, [], 0));
  show(`poll, ${state}`, length, () => poller.poll(0));
  show(`epoll.poll, ${state}`, length, () => epoll.poll(0, length));
  epoll.close();
}

/** Waits for 10 ready sockets among idle ones. */
function show_wake(idle: readonly socket.Socket[]): void {
  // The ready ones last, so that the kernel has to queue on all others first.
  const pairs = Array.from({ length: ACTIVE }, () => socket.socketpair());
  for (const [a] of pairs) a.send(new Uint8Array(1));
  const socks = [...idle, ...pairs.map(([, b]) => b)];
  const { poller, epoll } = registered(socks, select.POLLIN);
  show("select", idle.length, () => select.select(socks, [], []));
  show("poll", idle.length, () => poller.poll());
  show("epoll.poll", idle.length, () => epoll.poll());
  for (const sock of [epoll, ...pairs.flat()]) sock.close();
}

if (mode === "calls") {
  for (const size of [64, 65536]) {
    show_recv(size);
    show_recv_into(size);
  }
}
const socks: socket.Socket[] = [];
for (const count of counts.map(Number)) {
  while (socks.length < count) {
    socks.push(socket.socket(socket.AF_INET, socket.SOCK_DGRAM));
  }
  if (mode === "wake") show_wake(socks);
  else for (const writing of [false, true]) show_waits(socks, writing);
}
