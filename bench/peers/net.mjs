/** The plainest echo with node:net, for Node and for Deno. */

import net from "node:net";

const server = net.createServer((client) => {
  client.on("data", (data) => client.write(data));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
