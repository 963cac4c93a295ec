/**
 * A server with Deno's own sockets: arguments and lines as in server.c, and the call that it uses.
 *
 * @module
 */

const SIZE = 65536;
const chunk = new Uint8Array(SIZE);

async function echo(client: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(SIZE);
  try {
    while (true) {
      const received = await client.read(buffer);
      if (received === null) break;
      await client.write(buffer.subarray(0, received));
    }
  } finally {
    client.close();
  }
}

/** Ways to receive until the end; each returns the number of bytes. */
const receive = {
  async read(conn: Deno.Conn): Promise<number> {
    let total = 0;
    for (let size; (size = await conn.read(chunk)) !== null;) total += size;
    return total;
  },
  async readable(conn: Deno.Conn): Promise<number> {
    let total = 0;
    for await (const data of conn.readable) total += data.length;
    return total;
  },
};

/** Ways to send a number of bytes. */
const send = {
  async write(conn: Deno.Conn, count: number): Promise<void> {
    for (let left = count; left > 0;) {
      left -= await conn.write(chunk.subarray(0, Math.min(left, SIZE)));
    }
  },
  async writable(conn: Deno.Conn, count: number): Promise<void> {
    const writer = conn.writable.getWriter();
    for (let sent = 0; sent < count; sent += SIZE) await writer.write(chunk);
    await writer.close();
  },
};

const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log((server.addr as Deno.NetAddr).port);
const [what, call] = Deno.args;
for await (const conn of server) {
  if (what === "echo") {
    echo(conn);
    continue;
  }
  let total: number;
  if (what === "receive") {
    total = await receive[call as keyof typeof receive](conn);
  } else {
    const count = new BigInt64Array(1);
    await conn.read(new Uint8Array(count.buffer));
    total = Number(count[0]);
    await send[call as keyof typeof send](conn, total);
  }
  console.log(total);
  try {
    conn.close();
  } catch {
    // Its stream has closed it.
  }
}
