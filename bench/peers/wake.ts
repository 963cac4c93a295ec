/** What waking up costs here; arguments and lines as in wake.c. */

import { select, socket } from "../../mod.ts";
import { measure, now } from "./timing.ts";

const ACTIVE = 10;

function timed(call: () => unknown): (calls: number) => number {
  return (calls) => {
    const start = now();
    for (let i = 0; i < calls; i++) call();
    return now() - start;
  };
}

function measure_waits(idle: socket.Socket[], budget: number): void {
  // The ready ones last, so that the kernel has to queue on all others first.
  const pairs = Array.from({ length: ACTIVE }, () => socket.socketpair());
  for (const [a] of pairs) a.send(new Uint8Array([120]));
  const socks = [...idle, ...pairs.map(([, b]) => b)];
  const poller = select.poll();
  using epoll = select.epoll();
  for (const sock of socks) {
    poller.register(sock, select.POLLIN);
    epoll.register(sock, select.EPOLLIN);
  }
  const calls: Array<[name: string, call: () => unknown]> = [
    ["select", () => select.select(socks, [], [])],
    ["poll", () => poller.poll()],
    ["epoll", () => epoll.poll()],
  ];
  for (const [name, call] of calls) {
    const nanoseconds = measure(timed(call), budget);
    console.log(`${name}\t${idle.length}\t${nanoseconds.toFixed(1)}`);
  }
  for (const sock of pairs.flat()) sock.close();
}

const [milliseconds, ...counts] = Deno.args.map(Number);
const idle: socket.Socket[] = [];
for (const count of counts) {
  while (idle.length < count) {
    idle.push(socket.socket(socket.AF_INET, socket.SOCK_DGRAM));
  }
  measure_waits(idle, milliseconds! * 1e6);
}
