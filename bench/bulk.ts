/** Bytes in bulk: CPU to receive and to send 1 GiB over loopback. */

import { type Part, tabulate, times } from "./figures.ts";
import { type Peer, peer, type Running, spawn, spent } from "./run.ts";

const RECEIVE = "CPU to receive 1 GiB, ms", SEND = "CPU to send 1 GiB, ms";
const GIB = 2 ** 30;

const servers = (): Peer[] => [
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
];
const receives = ({ command }: Peer) => command.includes("receive");

/** Sends bytes to a server or requests them; returns when the server has them done. */
async function transfer(server: Running, bytes: number): Promise<void> {
  const args = [receives(server) ? "to" : "from", server.port, `${bytes}`];
  const { command } = peer("client", "client.c", ...args);
  const child = spawn(command, { stdout: "null" });
  const done = await server.line();
  const { success } = await child.status;
  if (!success || done !== `${bytes}`) {
    throw new Error(`${server.name} moved ${done} of ${bytes} bytes`);
  }
}

const bytes = times("bytes");

/** Bytes in bulk. */
export const bulk: Part = {
  name: "bulk",
  rounds: 7,
  servers,
  warm_up: (server) => transfer(server, GIB / 4),
  async round(book, running) {
    for (const server of running) {
      const [cpu] = await spent(server, () => transfer(server, GIB));
      const what = receives(server) ? RECEIVE : SEND;
      book.note(server.name, GIB, { [what]: cpu / 1000 });
    }
  },
  table: (figures) =>
    [RECEIVE, SEND].map((what) => {
      const one = figures.filter((figure) => figure.what === what);
      return tabulate(one, { peer: "peer" }, "what");
    }).join("\n\n"),
  picture: {
    title: "1 GiB over loopback: CPU, ms",
    panels: [[RECEIVE, GIB, "to receive"], [SEND, GIB, "to send"]],
  },
  targets: [
    bytes(RECEIVE, GIB, "recv_into", "C, recv", 1.05),
    bytes(RECEIVE, GIB, "recv(65536)", "CPython, recv(65536)", 1.25),
    bytes(RECEIVE, GIB, "recv_intoAsync", "Deno.Conn.read", 1),
    bytes(RECEIVE, GIB, "readable", "Deno.Conn.readable", 1),
    bytes(SEND, GIB, "sendallAsync", "Deno.Conn.write", 1),
    bytes(SEND, GIB, "writable", "Deno.Conn.writable", 1),
  ],
};
