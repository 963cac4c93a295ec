/** Bytes in bulk with this package: arguments and lines as in bulk.c, ways by name. */

import { os, socket } from "../../mod.ts";

const SIZE = 65536, FILE = 2 ** 26;
const chunk = new Uint8Array(SIZE);

/** Ways to receive until the end; each returns the number of bytes. */
const receive: Record<
  string,
  (conn: socket.Socket) => number | Promise<number>
> = {
  recv(conn) {
    let total = 0;
    for (let size; (size = conn.recv(SIZE).length) > 0;) total += size;
    return total;
  },
  recv_into(conn) {
    let total = 0;
    for (let size; (size = conn.recv_into(chunk)) > 0;) total += size;
    return total;
  },
  async recvAsync(conn) {
    let total = 0;
    for (let size; (size = (await conn.recvAsync(SIZE)).length) > 0;) {
      total += size;
    }
    return total;
  },
  async recv_intoAsync(conn) {
    let total = 0;
    for (let size; (size = await conn.recv_intoAsync(chunk)) > 0;) {
      total += size;
    }
    return total;
  },
  async readable(conn) {
    let total = 0;
    for await (const data of conn.readable) total += data.length;
    return total;
  },
};

/** Ways to send a number of bytes. */
const send: Record<
  string,
  (conn: socket.Socket, count: number) => void | Promise<void>
> = {
  sendall(conn, count) {
    for (let sent = 0; sent < count; sent += SIZE) conn.sendall(chunk);
  },
  async sendallAsync(conn, count) {
    for (let sent = 0; sent < count; sent += SIZE) {
      await conn.sendallAsync(chunk);
    }
  },
  async writable(conn, count) {
    const writer = conn.writable.getWriter();
    for (let sent = 0; sent < count; sent += SIZE) await writer.write(chunk);
    await writer.close();
  },
  sendfile(conn, count) {
    const fd = os.memfd_create("bulk");
    os.ftruncate(fd, FILE);
    for (let sent = 0; sent < count; sent += FILE) conn.sendfile(fd, 0, FILE);
    os.close(fd);
  },
};

const way = Deno.args[0]!;
const server = socket.create_server(["127.0.0.1", 0]);
console.log(server.getsockname()[1]);
for (;;) {
  const [conn] = server.accept();
  let total: number;
  if (way in send) {
    const count = new BigInt64Array(1);
    conn.recv_into(count);
    total = Number(count[0]);
    await send[way]!(conn, total);
  } else {
    total = await receive[way]!(conn);
  }
  console.log(total);
  conn.close();
}
