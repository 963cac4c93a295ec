/** What the calls of bench/calls.ts cost here; arguments and lines as in calls.c. */

import { select, socket } from "../../mod.ts";
import { measure, now } from "./timing.ts";

const MOST_PENDING = 64;

type Run = (calls: number) => number;

function transfer(message: number): Run {
  const [a, b] = socket.socketpair();
  const data = new Uint8Array(message);
  return (calls) => {
    const start = now();
    for (let i = 0; i < calls; i++) {
      a.send(data);
      b.recv(65536);
    }
    return now() - start;
  };
}

function transfer_into(message: number): Run {
  const [a, b] = socket.socketpair();
  const data = new Uint8Array(message), buffer = new Uint8Array(65536);
  return (calls) => {
    const start = now();
    for (let i = 0; i < calls; i++) {
      a.send(data);
      b.recv_into(buffer);
    }
    return now() - start;
  };
}

function accept_and_close(): Run {
  const listener = socket.socket();
  listener.bind(["127.0.0.1", 0]);
  listener.listen(MOST_PENDING);
  const address = listener.getsockname();
  const reset = new Int32Array([1, 0]);
  return (calls) => {
    const clients = Array.from(
      { length: calls },
      () => socket.create_connection(address),
    );
    const start = now();
    for (let i = 0; i < calls; i++) {
      const [connection] = listener.accept();
      connection.close();
    }
    const spent = now() - start;
    // A reset, so that no port is left in TIME_WAIT.
    for (const client of clients) {
      client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset);
      client.close();
    }
    return spent;
  };
}

function timed(call: () => unknown): Run {
  return (calls) => {
    const start = now();
    for (let i = 0; i < calls; i++) call();
    return now() - start;
  };
}

/** The three waits on sockets that are never readable, and always writable. */
function* waits(socks: socket.Socket[]): Iterable<[call: string, run: Run]> {
  for (const writing of [false, true]) {
    const ready = writing ? "all ready" : "nothing ready";
    const [r, w] = writing ? [[], socks] : [socks, []];
    yield [`select, ${ready}`, timed(() => select.select(r, w, [], 0))];
    const poller = select.poll();
    using epoll = select.epoll();
    for (const sock of socks) {
      poller.register(sock, writing ? select.POLLOUT : select.POLLIN);
      epoll.register(sock, writing ? select.EPOLLOUT : select.EPOLLIN);
    }
    yield [`poll, ${ready}`, timed(() => poller.poll(0))];
    yield [`epoll.poll, ${ready}`, timed(() => epoll.poll(0, socks.length))];
  }
}

function print(call: string, at: number, nanoseconds: number): void {
  console.log(`${call}\t${at}\t${nanoseconds.toFixed(1)}`);
}

const [milliseconds, ...counts] = Deno.args.map(Number);
const budget = milliseconds! * 1e6;
for (const message of [64, 65536]) {
  print("send + recv", message, measure(transfer(message), budget));
  print("send + recv_into", message, measure(transfer_into(message), budget));
}
print("accept + close", 1, measure(accept_and_close(), budget, MOST_PENDING));
const socks: socket.Socket[] = [];
for (const count of counts) {
  while (socks.length < count) {
    socks.push(socket.socket(socket.AF_INET, socket.SOCK_DGRAM));
  }
  for (const [call, run] of waits(socks)) {
    print(call, count, measure(run, budget));
  }
}
