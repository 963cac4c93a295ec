/** A server with Deno's own sockets: arguments as in server.c, and the call that it uses. */

const SIZE = 65536, PORTION = 2 ** 28;
const chunk = new Uint8Array(SIZE);

/** What is done with a connection: an echo, or a transfer in one of four ways. */
const serve: Record<string, (conn: Deno.Conn) => Promise<void>> = {
  async echo(conn) {
    const buffer = new Uint8Array(SIZE);
    for (let size; (size = await conn.read(buffer)) !== null;) {
      await conn.write(buffer.subarray(0, size));
    }
    conn.close();
  },

  async read(conn) {
    while (await conn.read(chunk) !== null);
    conn.close();
  },
  async readable(conn) {
    for await (const _ of conn.readable);
  },
  async write(conn) {
    for (let left = PORTION; left > 0;) {
      left -= await conn.write(chunk.subarray(0, Math.min(left, SIZE)));
    }
    conn.close();
  },
  async writable(conn) {
    const writer = conn.writable.getWriter();
    for (let i = 0; i < PORTION; i += SIZE) await writer.write(chunk);
    await writer.close();
  },
};

const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log((server.addr as Deno.NetAddr).port);
const [what, call] = Deno.args;
for await (const conn of server) serve[call ?? what!]!(conn);
