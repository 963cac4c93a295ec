/** A server with this package: arguments as in server.c, and the call that it uses. */

import { os, select, socket } from "../../mod.ts";

const SIZE = 65536, PORTION = 2 ** 28;
const chunk = new Uint8Array(SIZE);

const server = socket.create_server(["127.0.0.1", 0], { backlog: 4096 });
const poller = select.epoll();
const clients = new Map<number, socket.Socket>();

function ready(fd: number): void {
  if (fd === server.fileno()) {
    const [client] = server.accept();
    clients.set(client.fileno(), client);
    poller.register(client, select.EPOLLIN);
    return;
  }
  const client = clients.get(fd)!, data = client.recv(SIZE);
  if (data.length > 0) {
    client.send(data);
  } else {
    clients.delete(fd);
    poller.unregister(client);
    client.close();
  }
}

async function serve(client: socket.Socket): Promise<void> {
  for (let data; (data = await client.recvAsync(SIZE)).length > 0;) {
    await client.sendallAsync(data);
  }
  client.close();
}

const echo: Record<string, () => unknown> = {
  poll() {
    poller.register(server, select.EPOLLIN);
    while (true) {
      for (const [fd] of poller.poll()) ready(fd);
    }
  },
  async pollAsync() {
    poller.register(server, select.EPOLLIN);
    while (true) {
      for (const [fd] of await poller.pollAsync()) ready(fd);
    }
  },
  async recvAsync() {
    while (true) serve((await server.acceptAsync())[0]);
  },
};

/** Ways to receive until the end, and to send a portion. */
const transfer: Record<string, (conn: socket.Socket) => unknown> = {
  recv(conn) {
    while (conn.recv(SIZE).length > 0);
  },
  recv_into(conn) {
    while (conn.recv_into(chunk) > 0);
  },
  async recvAsync(conn) {
    while ((await conn.recvAsync(SIZE)).length > 0);
  },
  async recv_intoAsync(conn) {
    while (await conn.recv_intoAsync(chunk) > 0);
  },
  async readable(conn) {
    for await (const _ of conn.readable);
  },

  sendall(conn) {
    for (let i = 0; i < PORTION; i += SIZE) conn.sendall(chunk);
  },
  async sendallAsync(conn) {
    for (let i = 0; i < PORTION; i += SIZE) await conn.sendallAsync(chunk);
  },
  async writable(conn) {
    const writer = conn.writable.getWriter();
    for (let i = 0; i < PORTION; i += SIZE) await writer.write(chunk);
    await writer.close();
  },
  sendfile(conn) {
    const fd = os.memfd_create("bulk");
    os.ftruncate(fd, PORTION);
    conn.sendfile(fd);
    os.close(fd);
  },
};

console.log(server.getsockname()[1]);
const [what, call] = Deno.args;
if (what === "echo") await echo[call!]!();
while (true) {
  const [conn] = server.accept();
  await transfer[call!]!(conn);
  conn.close();
}
