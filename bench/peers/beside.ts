/**
 * `Deno.serve` and a timer beside busy sockets. Arguments: their kind, the number of pairs, and the
 * port of a fast reader. Prints the server's port, and later how many ticks the timer missed.
 */

import { select, socket } from "../../mod.ts";

const EVERY = 5, TICKS = 400, hostname = "127.0.0.1";
const [kind, ...numbers] = Deno.args;
const [pairs, port] = numbers.map(Number) as [number, number];
const byte = new Uint8Array(1), bulk = new Uint8Array(2 ** 26);

async function echo_deno(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64);
  while (await conn.read(buffer) !== null) await conn.write(byte);
}

async function echo_twins(conn: socket.Socket): Promise<void> {
  while ((await conn.recvAsync(64)).length > 0) await conn.sendallAsync(byte);
}

async function forever(step: () => Promise<unknown>): Promise<never> {
  while (true) await step();
}

/** What keeps the process busy. */
const busy: Record<string, () => unknown> = {
  nothing() {},
  async "Deno.Conn"() {
    const server = Deno.listen({ hostname, port: 0 });
    const { port } = server.addr as Deno.NetAddr;
    const clients: Deno.Conn[] = [], conns: Deno.Conn[] = [];
    for (let i = 0; i < pairs; i++) {
      clients.push(await Deno.connect({ hostname, port }));
      conns.push(await server.accept());
    }
    // Only now: pairs that play already would starve those to come.
    for (const conn of [...clients, ...conns]) echo_deno(conn);
    // Not awaited, as those that play already would hold it up, too.
    for (const client of clients) client.write(byte);
  },
  "recvAsync, sendallAsync"() {
    using server = socket.create_server([hostname, 0]);
    const address = server.getsockname();
    for (let i = 0; i < pairs; i++) {
      const client = socket.create_connection(address);
      echo_twins(server.accept()[0]);
      echo_twins(client);
      client.send(byte);
    }
  },
  "pollAsync, always ready"() {
    const [a, b] = socket.socketpair();
    a.send(byte);
    const poller = select.poll();
    poller.register(b, select.POLLIN);
    forever(() => poller.pollAsync());
  },
  sendallAsync() {
    const conn = socket.create_connection([hostname, port]);
    forever(() => conn.sendallAsync(bulk));
  },
  async "Deno.Conn.write"() {
    const conn = await Deno.connect({ hostname, port });
    forever(() => conn.write(bulk));
  },
};

const options = { hostname, port: 0, onListen() {} };
const server = Deno.serve(options, () => new Response("hello"));
await busy[kind!]!();
console.log(server.addr.port);

let seen = 0;
// An interval that is late does not catch up: what is missing was missed.
setInterval(() => seen++, EVERY);
setTimeout(() => console.log(Math.max(0, TICKS - seen)), EVERY * TICKS);
