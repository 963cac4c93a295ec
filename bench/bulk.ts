/**
 * Bytes in bulk: CPU to receive and to send 1 GiB over loopback.
 *
 * @module
 */

import { compile, in_c, in_deno, in_python } from "./machine.ts";
import { by_peer, type Part, times } from "./part.ts";
import {
  between,
  Failure,
  type Peer,
  progress,
  type Running,
  spawn,
  start,
} from "./process.ts";

const RECEIVE = "CPU to receive 1 GiB, ms", SEND = "CPU to send 1 GiB, ms";
const GIB = 2 ** 30;
// V8 compiles what is hot; a buffer that grows has grown.
const WARM_UP = 2 ** 28;
const ROUNDS = 7;

const ffi = (name: string, way: string) =>
  in_deno(name, "--allow-ffi", "bench/peers/bulk.ts", way);
const deno = (name: string, way: string) =>
  in_deno(name, "--allow-net=127.0.0.1", "bench/peers/bulk_deno.ts", way);

function receivers(): Peer[] {
  return [
    ...in_c("C, recv", "bulk.c", "recv"),
    ...ffi("recv_into", "recv_into"),
    ...ffi("recv(65536)", "recv"),
    ...in_python("CPython, recv_into", "bulk.py", "recv_into"),
    ...in_python("CPython, recv(65536)", "bulk.py", "recv"),
    ...ffi("recv_intoAsync", "recv_intoAsync"),
    ...ffi("recvAsync(65536)", "recvAsync"),
    ...deno("Deno.Conn.read", "read"),
    ...ffi("readable", "readable"),
    ...deno("Deno.Conn.readable", "readable"),
  ];
}

function senders(): Peer[] {
  return [
    ...in_c("C, send", "bulk.c", "send"),
    ...ffi("sendall", "sendall"),
    ...in_python("CPython, sendall", "bulk.py", "sendall"),
    ...ffi("sendallAsync", "sendallAsync"),
    ...deno("Deno.Conn.write", "write"),
    ...ffi("writable", "writable"),
    ...deno("Deno.Conn.writable", "writable"),
    ...ffi("sendfile", "sendfile"),
    ...in_python("CPython, sendfile", "bulk.py", "sendfile"),
  ];
}

/** Bytes in bulk. */
export const bulk: Part = {
  name: "bulk",
  async measure(book, rounds) {
    const client = compile("bulk.c");
    if (client === null) return;
    for (const what of [RECEIVE, SEND]) {
      await using stack = new AsyncDisposableStack();
      const running: Running[] = [];
      const way = what === RECEIVE ? "to" : "from";
      for (const peer of what === RECEIVE ? receivers() : senders()) {
        const server = stack.use(await start(peer));
        running.push(server);
        await transfer(client, way, server, WARM_UP);
      }
      for (let round = 1; round <= rounds(ROUNDS); round++) {
        progress(`bulk: ${way}, round ${round} of ${rounds(ROUNDS)}`);
        for (const server of running) {
          const before = server.clock();
          await transfer(client, way, server, GIB);
          const milliseconds = between(before, server.clock()) / 1e6;
          const key = { part: "bulk", what, peer: server.name, at: GIB };
          book.note(key, milliseconds);
        }
      }
    }
  },
  table: (book) =>
    [RECEIVE, SEND].map((what) => by_peer(book, "bulk", "bytes", [what]))
      .join("\n\n"),
  picture: {
    title: "1 GiB over loopback: CPU, ms",
    panels: [[RECEIVE, GIB, "to receive"], [SEND, GIB, "to send"]],
  },
  targets: [
    {
      ...receive("recv_into", "C, recv", 1.05),
      headline: "receive 1 GiB with `recv_into`",
    },
    receive("recv(65536)", "CPython, recv(65536)", 1.25),
    {
      ...receive("recv_intoAsync", "Deno.Conn.read", 1),
      headline: "receive 1 GiB with `recv_intoAsync`",
    },
    receive("readable", "Deno.Conn.readable", 1),
    send("sendallAsync", "Deno.Conn.write", 1),
    send("writable", "Deno.Conn.writable", 1),
  ],
};

function receive(peer: string, base: string, at_most: number) {
  return times("bulk", RECEIVE, GIB, "bytes", peer, base, at_most);
}

function send(peer: string, base: string, at_most: number) {
  return times("bulk", SEND, GIB, "bytes", peer, base, at_most);
}

/** Sends bytes to a server or asks for them; returns when the server has them done. */
async function transfer(
  client: string,
  way: "to" | "from",
  server: Running,
  bytes: number,
): Promise<void> {
  const command = [client, way, server.port, bytes].map(String);
  const child = spawn(command, { signal: server.ended, stdout: "null" });
  const done = await server.line();
  const { success } = await child.status;
  server.ended.throwIfAborted();
  if (!success || done !== `${bytes}`) {
    throw new Failure(`${server.name} moved ${done} of ${bytes} bytes`);
  }
}
