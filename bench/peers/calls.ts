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

/** Waits in three ways until sockets are readable or writable. */
function show_waits(
  state: string,
  at: number,
  socks: readonly socket.Socket[],
  writing: boolean,
  timeout: number | null,
): void {
  const [r, w] = writing ? [[], socks] : [socks, []];
  const poller = select.poll(), epoll = select.epoll();
  for (const sock of socks) {
    const mask = writing ? select.POLLOUT : select.POLLIN; // the same as of epoll
    poller.register(sock, mask);
    epoll.register(sock, mask);
  }
  show(`select${state}`, at, () => select.select(r, w, [], timeout));
  show(`poll${state}`, at, () => poller.poll(timeout));
  show(`epoll.poll${state}`, at, () => epoll.poll(timeout, socks.length));
  epoll.close();
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
  if (mode === "wake") {
    // The ready ones last, so that the kernel has to queue on all others first.
    const pairs = Array.from({ length: ACTIVE }, () => socket.socketpair());
    for (const [a] of pairs) a.send(new Uint8Array(1));
    const ready = pairs.map(([, b]) => b);
    show_waits("", count, [...socks, ...ready], false, null);
    for (const sock of pairs.flat()) sock.close();
    continue;
  }
  // These never receive data: they are never readable, and always writable.
  show_waits(", nothing ready", count, socks, false, 0);
  show_waits(", all ready", count, socks, true, 0);
}
