/** The plainest echo with a promise for each step, in the shape of peers/listen.ts. */

import { socket } from "../../mod.ts";

const server = socket.socket();
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1);
server.bind(["127.0.0.1", 0]);
server.listen(4096);
console.log(server.getsockname()[1]);
while (true) {
  const [client] = await server.acceptAsync();
  serve(client);
}

async function serve(client: socket.Socket): Promise<void> {
  while (true) {
    const data = await client.recvAsync(65536);
    if (data.length === 0) break;
    await client.sendallAsync(data);
  }
  client.close();
}
