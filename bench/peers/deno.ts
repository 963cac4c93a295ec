/**
 * A server with Deno's own sockets: arguments as in server.c, and the call that it uses.
 *
 * @module
 */

const SIZE = 65536, PORTION = 2 ** 28;
const chunk = new Uint8Array(SIZE);

async function echo(client: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(SIZE);
  for (let size; (size = await client.read(buffer)) !== null;) {
    await client.write(buffer.subarray(0, size));
  }
  client.close();
}

/** Ways to receive until the end, and to send a portion. */
const transfer = {
  async read(conn: Deno.Conn): Promise<void> {
    while (await conn.read(chunk) !== null);
  },
  async readable(conn: Deno.Conn): Promise<void> {
    for await (const _ of conn.readable);
  },

  async write(conn: Deno.Conn): Promise<void> {
    for (let left = PORTION; left > 0;) {
      left -= await conn.write(chunk.subarray(0, Math.min(left, SIZE)));
    }
  },
  async writable(conn: Deno.Conn): Promise<void> {
    const writer = conn.writable.getWriter();
    for (let i = 0; i < PORTION; i += SIZE) await writer.write(chunk);
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
  await transfer[call as keyof typeof transfer](conn);
  try {
    conn.close();
  } catch {
    // Its stream has closed it.
  }
}
