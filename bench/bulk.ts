/** Bytes in bulk: CPU to receive and to send 1 GiB over loopback, in four connections. */

import { type Part, tabulate, times } from "./figures.ts";
import { lines, type Peer, peer, type Running, spent } from "./run.ts";

const RECEIVE = "CPU to receive 1 GiB, ms", SEND = "CPU to send 1 GiB, ms";
const GIB = 2 ** 30, PORTIONS = 4;
// Turns in a round: a transfer costs up to a third more or less, by how its two ends meet.
const TURNS = 3;

const receives = ({ command }: Peer) => command.includes("receive");

/** Sends 1 GiB to a server or receives it; returns when the server has it done. */
async function transfer(server: Running): Promise<void> {
  const direction = receives(server) ? "to" : "from";
  const args = [direction, server.said, `${GIB / PORTIONS}`];
  const { command } = peer("client", "client.c", ...args);
  for (let i = 0; i < PORTIONS; i++) await lines(command);
}

export const bulk: Part = {
  name: "bulk",
  rounds: 4,
  servers: () => [
    peer("C, recv", "server.c", "receive"),
    peer("recv_into", "server.ts", "receive", "recv_into"),
    peer("recv(65536)", "server.ts", "receive", "recv"),
    peer("CPython, recv_into", "server.py", "receive", "recv_into"),
    peer("CPython, recv(65536)", "server.py", "receive", "recv"),
    peer("recv_intoAsync", "server.ts", "receive", "recv_intoAsync"),
    peer("recvAsync(65536)", "server.ts", "receive", "recvAsync"),
    peer("Deno.Conn.read", "deno.ts", "receive", "read"),
    peer("readable", "server.ts", "receive", "readable"),
    peer("Deno.Conn.readable", "deno.ts", "receive", "readable"),
    peer("C, send", "server.c", "send"),
    peer("sendall", "server.ts", "send", "sendall"),
    peer("CPython, sendall", "server.py", "send", "sendall"),
    peer("sendallAsync", "server.ts", "send", "sendallAsync"),
    peer("Deno.Conn.write", "deno.ts", "send", "write"),
    peer("writable", "server.ts", "send", "writable"),
    peer("Deno.Conn.writable", "deno.ts", "send", "writable"),
    peer("sendfile", "server.ts", "send", "sendfile"),
    peer("CPython, sendfile", "server.py", "send", "sendfile"),
  ],
  warm_up: transfer,
  async round(book, servers) {
    for (let turn = 1; turn <= TURNS; turn++) {
      for (const server of servers) {
        const [cpu] = await spent(server, () => transfer(server));
        const what = receives(server) ? RECEIVE : SEND;
        book.note(server.name, GIB, { [what]: cpu / 1000 });
      }
    }
  },
  table: (figures) =>
    [RECEIVE, SEND].map((what) =>
      tabulate(figures.filter((one) => one.what === what), { peer: "peer" })
    ).join("\n\n"),
  picture: {
    title: "1 GiB over loopback: CPU, ms",
    panels: [[RECEIVE, GIB, "to receive"], [SEND, GIB, "to send"]],
  },
  targets(book) {
    const bytes = times(book, "bytes");
    return [
      bytes(RECEIVE, GIB, "recv_into", "C, recv", 1.05),
      bytes(RECEIVE, GIB, "recv(65536)", "CPython, recv(65536)", 1.25),
      bytes(RECEIVE, GIB, "recv_intoAsync", "Deno.Conn.read", 1),
      bytes(RECEIVE, GIB, "readable", "Deno.Conn.readable", 1),
      bytes(SEND, GIB, "sendallAsync", "Deno.Conn.write", 1),
      bytes(SEND, GIB, "writable", "Deno.Conn.writable", 1),
    ];
  },
};
