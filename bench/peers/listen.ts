/** The plainest echo with Deno's own sockets. */

const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log((server.addr as Deno.NetAddr).port);
for await (const client of server) serve(client);

async function serve(client: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(65536);
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
