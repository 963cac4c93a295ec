/** What calls cost here: arguments and lines as in calls.c and calls.py. */

import { select, socket } from "../../mod.ts";
import { measure, repeated, type Run } from "./timing.ts";

const [mode, milliseconds, ...counts] = Deno.args;
const wake = mode === "wake", active = wake ? 10 : 0, timeout = wake ? null : 0;
const budget = Number(milliseconds) * 1e6;

function show(call: string, at: number, run: Run): void {
  console.log(`${call}\t${at}\t${measure(run, budget).toFixed(1)}`);
}

function show_transfers(size: number): void {
  const [a, b] = socket.socketpair();
  const data = new Uint8Array(size), buffer = new Uint8Array(65536);
  // Loops of their own, since V8 inlines a call only where it is the only one: 5 % of recv_into.
  show("send + recv", size, (calls) => {
    for (let i = 0; i < calls; i++) {
      a.send(data);
      b.recv(65536);
    }
  });
  show("send + recv_into", size, (calls) => {
    for (let i = 0; i < calls; i++) {
      a.send(data);
      b.recv_into(buffer);
    }
  });
}

/** Waits in three ways until sockets are readable or writable. */
function show_waits(state: string, socks: socket.Socket[], mask: number): void {
  const [r, w] = mask === select.POLLIN ? [socks, []] : [[], socks];
  const poller = select.poll(), epoll = select.epoll(), all = socks.length;
  for (const sock of socks) {
    poller.register(sock, mask);
    epoll.register(sock, mask);
  }
  const at = all - active;
  show(`select${state}`, at, repeated(() => select.select(r, w, [], timeout)));
  show(`poll${state}`, at, repeated(() => poller.poll(timeout)));
  show(`epoll.poll${state}`, at, repeated(() => epoll.poll(timeout, all)));
  epoll.close();
}

if (!wake) {
  show_transfers(64);
  show_transfers(65536);
}
// These never receive data: they are never readable, and always writable.
const socks: socket.Socket[] = [];
for (const count of counts.map(Number)) {
  while (socks.length < count) {
    socks.push(socket.socket(socket.AF_INET, socket.SOCK_DGRAM));
  }
  // The ready ones last, so that the kernel has to queue on all others first.
  const pairs = Array.from({ length: active }, () => socket.socketpair());
  for (const [a] of pairs) a.send(new Uint8Array(1));
  const all = [...socks, ...pairs.map(([, b]) => b)];
  show_waits(wake ? "" : ", nothing ready", all, select.POLLIN);
  if (!wake) show_waits(", all ready", all, select.POLLOUT);
}
