/** A server with this package: arguments and lines as in server.c, and the call that it uses. */

import { os, select, socket } from "../../mod.ts";

const SIZE = 65536, FILE = 2 ** 26;
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
  const client = clients.get(fd)!;
  const data = client.recv(SIZE);
  if (data.length > 0) {
    client.send(data);
  } else {
    clients.delete(fd);
    poller.unregister(client);
    client.close();
  }
}

async function serve(client: socket.Socket): Promise<void> {
  while (true) {
    const data = await client.recvAsync(SIZE);
    if (data.length === 0) break;
    await client.sendallAsync(data);
  }
  client.close();
}

const echo = {
  poll(): void {
    poller.register(server, select.EPOLLIN);
    while (true) {
      for (const [fd] of poller.poll()) ready(fd);
    }
  },
  async pollAsync(): Promise<void> {
    poller.register(server, select.EPOLLIN);
    while (true) {
      for (const [fd] of await poller.pollAsync()) ready(fd);
    }
  },
  async recvAsync(): Promise<void> {
    while (true) {
      const [client] = await server.acceptAsync();
      serve(client);
    }
  },
};

/** Ways to receive until the end; each returns the number of bytes. */
const receive = {
  recv(conn: socket.Socket): number {
    let total = 0;
    for (let size; (size = conn.recv(SIZE).length) > 0;) total += size;
    return total;
  },
  recv_into(conn: socket.Socket): number {
    let total = 0;
    for (let size; (size = conn.recv_into(chunk)) > 0;) total += size;
    return total;
  },
  async recvAsync(conn: socket.Socket): Promise<number> {
    let total = 0;
    for (let data; (data = await conn.recvAsync(SIZE)).length > 0;) {
      total += data.length;
    }
    return total;
  },
  async recv_intoAsync(conn: socket.Socket): Promise<number> {
    let total = 0;
    for (let size; (size = await conn.recv_intoAsync(chunk)) > 0;) {
      total += size;
    }
    return total;
  },
  async readable(conn: socket.Socket): Promise<number> {
    let total = 0;
    for await (const data of conn.readable) total += data.length;
    return total;
  },
};

/** Ways to send a number of bytes. */
const send = {
  sendall(conn: socket.Socket, count: number): void {
    for (let sent = 0; sent < count; sent += SIZE) conn.sendall(chunk);
  },
  async sendallAsync(conn: socket.Socket, count: number): Promise<void> {
    for (let sent = 0; sent < count; sent += SIZE) {
      await conn.sendallAsync(chunk);
    }
  },
  async writable(conn: socket.Socket, count: number): Promise<void> {
    const writer = conn.writable.getWriter();
    for (let sent = 0; sent < count; sent += SIZE) await writer.write(chunk);
    await writer.close();
  },
  sendfile(conn: socket.Socket, count: number): void {
    const fd = os.memfd_create("bulk");
    os.ftruncate(fd, FILE);
    for (let sent = 0; sent < count; sent += FILE) conn.sendfile(fd, 0, FILE);
    os.close(fd);
  },
};

console.log(server.getsockname()[1]);
const [what, call] = Deno.args;
if (what === "echo") await echo[call as keyof typeof echo]();
while (true) {
  const [conn] = server.accept();
  let total = 0;
  if (what === "receive") {
    total = await receive[call as keyof typeof receive](conn);
  } else {
    const count = new BigInt64Array(1);
    conn.recv_into(count);
    total = Number(count[0]);
    await send[call as keyof typeof send](conn, total);
  }
  console.log(total);
  conn.close();
}
