/** peers/plain.ts on the wait that leaves the event loop free. */

import { select, socket } from "../../mod.ts";

const server = socket.socket();
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1);
server.bind(["127.0.0.1", 0]);
server.listen(4096);
console.log(server.getsockname()[1]);

const poller = select.epoll();
poller.register(server, select.EPOLLIN);
const clients = new Map<number, socket.Socket>();
while (true) {
  for (const [fd] of await poller.pollAsync()) {
    if (fd === server.fileno()) {
      const [client] = server.accept();
      clients.set(client.fileno(), client);
      poller.register(client, select.EPOLLIN);
      continue;
    }
    const client = clients.get(fd)!;
    const data = client.recv(65536);
    if (data.length > 0) {
      client.send(data);
    } else {
      clients.delete(fd);
      poller.unregister(client);
      client.close();
    }
  }
}
