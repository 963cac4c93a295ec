/**
 * `Deno.serve` and a timer beside busy sockets in one process, for bench/beside.ts.
 *
 * Arguments: the kind of busy sockets, the number of pairs, and the port of a fast reader.
 * Prints the port of the server, and later how many ticks of a timer were missed.
 */

import { select, socket } from "../../mod.ts";

const EVERY = 5, TICKS = 400;
const [busy, pairs, reader] = Deno.args;
const byte = new Uint8Array(1), bulk = new Uint8Array(2 ** 26);

async function echo_deno(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64);
  while (await conn.read(buffer) !== null) await conn.write(byte);
}

async function echo_twins(conn: socket.Socket): Promise<void> {
  while ((await conn.recvAsync(64)).length > 0) await conn.sendallAsync(byte);
}

async function start_busy(): Promise<void> {
  if (busy === "Deno.Conn") {
    const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = server.addr as Deno.NetAddr;
    const clients: Deno.Conn[] = [], conns: Deno.Conn[] = [];
    for (let i = 0; i < Number(pairs); i++) {
      clients.push(await Deno.connect({ hostname: "127.0.0.1", port }));
      conns.push(await server.accept());
    }
    // Only now: pairs that play already would starve those to come.
    for (const conn of [...clients, ...conns]) echo_deno(conn);
    // Not awaited, as those that play already would hold it up, too.
    for (const client of clients) client.write(byte);
  } else if (busy === "recvAsync, sendallAsync") {
    using server = socket.create_server(["127.0.0.1", 0]);
    const address = server.getsockname();
    for (let i = 0; i < Number(pairs); i++) {
      const client = socket.create_connection(address);
      echo_twins(server.accept()[0]);
      echo_twins(client);
      client.send(byte);
    }
  } else if (busy === "pollAsync, always ready") {
    const [a, b] = socket.socketpair();
    a.send(byte);
    const poller = select.poll();
    poller.register(b, select.POLLIN);
    (async () => {
      for (;;) await poller.pollAsync();
    })();
  } else if (busy === "sendallAsync") {
    const conn = socket.create_connection(["127.0.0.1", Number(reader)]);
    (async () => {
      for (;;) await conn.sendallAsync(bulk);
    })();
  } else if (busy === "Deno.Conn.write") {
    const conn = await Deno.connect({ port: Number(reader) });
    (async () => {
      for (;;) {
        for (let sent = 0; sent < bulk.length;) {
          sent += await conn.write(bulk.subarray(sent));
        }
      }
    })();
  }
}

const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  () => new Response("hello"),
);
await start_busy();
console.log(server.addr.port);

const began = performance.now();
let seen = 0;
const timer = setInterval(() => {
  seen++;
  // An interval that is late does not catch up: what is missing was missed.
  if (performance.now() - began < EVERY * TICKS) return;
  clearInterval(timer);
  console.log(Math.max(0, TICKS - seen));
}, EVERY);
