/** Bytes in bulk with Deno's own sockets: arguments and lines as in bulk.c. */

const SIZE = 65536;
const chunk = new Uint8Array(SIZE);

/** Ways to receive until the end; each returns the number of bytes. */
const receive: Record<string, (conn: Deno.Conn) => Promise<number>> = {
  async read(conn) {
    let total = 0;
    for (let size; (size = await conn.read(chunk)) !== null;) total += size;
    return total;
  },
  async readable(conn) {
    let total = 0;
    for await (const data of conn.readable) total += data.length;
    return total;
  },
};

/** Ways to send a number of bytes. */
const send: Record<string, (conn: Deno.Conn, count: number) => Promise<void>> =
  {
    async write(conn, count) {
      for (let left = count; left > 0;) {
        left -= await conn.write(chunk.subarray(0, Math.min(left, SIZE)));
      }
    },
    async writable(conn, count) {
      const writer = conn.writable.getWriter();
      for (let sent = 0; sent < count; sent += SIZE) await writer.write(chunk);
      await writer.close();
    },
  };

const way = Deno.args[0]!;
const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log((server.addr as Deno.NetAddr).port);
for await (const conn of server) {
  let total: number;
  if (way in send) {
    const count = new BigInt64Array(1);
    await conn.read(new Uint8Array(count.buffer));
    total = Number(count[0]);
    await send[way]!(conn, total);
  } else {
    total = await receive[way]!(conn);
  }
  console.log(total);
  try {
    conn.close();
  } catch {
    // Its stream has closed it.
  }
}
