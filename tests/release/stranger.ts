/**
 * A stranger's first program: imports the package from the registry, waits with select, poll,
 * epoll and a selector, with and without the event loop, and exchanges bytes.
 *
 * published_test.ts and versions.ts run it in a folder of its own. It prints `fine` at the end.
 *
 * @module
 */

import { BlockingIOError, select, selectors, socket } from "jsr:@iomux/py@^0";
import { read } from "jsr:@iomux/py@^0/os";
import * as socketserver from "jsr:@iomux/py@^0/socketserver";

function expect(what: boolean, why: string): void {
  if (!what) throw new Error(why);
}

const hello = new TextEncoder().encode("hello");
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const server = socket.create_server(["127.0.0.1", 0]);
const address = server.getsockname();
const client = socket.create_connection(address);

const poller = select.epoll();
poller.register(server, select.EPOLLIN);
expect(poller.poll(5).length === 1, "epoll does not see the client");
const [conn] = server.accept();

client.sendall(hello);
const [readable] = select.select([conn], [], [], 5);
expect(readable[0] === conn, "select does not see the bytes");
conn.sendall(conn.recv(1024));
const poll = select.poll();
poll.register(client, select.POLLIN);
expect(poll.poll(5000).length === 1, "poll does not see the answer");
expect(text(client.recv(1024)) === "hello", "another answer");

// A timer runs while an Async twin waits.
let ticks = 0;
const timer = setInterval(() => ticks++, 1);
const coming = client.recvAsync(1024);
setTimeout(() => conn.send(hello), 50);
expect(text(await coming) === "hello", "another answer, later");
expect(ticks > 0, "no timer ran");
const selector = selectors.DefaultSelector();
selector.register(client, selectors.EVENT_READ);
setTimeout(() => conn.send(hello), 50);
expect((await selector.selectAsync(5)).length === 1, "nothing selected");
clearInterval(timer);

expect(text(read(client.fileno(), 8)) === "hello", "os.read reads other bytes");

const gone = new AbortController();
const aborted = client.recvAsync(1, 0, { signal: gone.signal });
gone.abort(new Error("enough"));
await aborted.then(
  () => expect(false, "an aborted wait has a result"),
  (error) => expect(error.message === "enough", `another reason: ${error}`),
);

// Web Streams over the same sockets.
const writer = conn.writable.getWriter();
await writer.write(hello);
const reader = client.readable.getReader();
expect(text((await reader.read()).value!) === "hello", "another chunk");
await reader.cancel();
await writer.close();

// Errors are Python's, with errno.
const [left, right] = socket.socketpair();
left.setblocking(false);
try {
  left.recv(1);
  expect(false, "recv on an empty socket returns");
} catch (error) {
  expect(error instanceof BlockingIOError, `another error: ${error}`);
  expect((error as BlockingIOError).errno === 11, "another errno");
}

expect(typeof socketserver.TCPServer === "function", "no TCPServer");
for (const one of [left, right, selector, poller, conn, client, server]) {
  one.close();
}
console.log("fine");
