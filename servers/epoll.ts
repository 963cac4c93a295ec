/**
 * Document 004, epoll: edge-triggered. An event comes once; so what it tells of is done
 * until it would block.
 *
 * ```sh
 * deno run --allow-ffi servers/epoll.ts
 * ```
 *
 * @module
 */

import { select, socket } from "../mod.ts";
import { parse } from "../cli/flags.ts";
import { family_of, listen, listening } from "../cli/listen.ts";
import { paint, show_bytes } from "../cli/show.ts";
import { Stop } from "../cli/stop.ts";
import { Clients } from "./clients.ts";

const { EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT } = select;

const { host, port, backlog } = parse(
  "servers/epoll.ts",
  "Sends back what each client sends; waits with epoll, edge-triggered.",
  listening("127.0.0.1", 9000),
);

// So often in a row one descriptor is served before it is the others' turn.
const MOST_IN_A_ROW = 16;

const stop = new Stop();
// Make a socket, bind it and listen
const s = socket.socket(family_of(host), socket.SOCK_STREAM);
s.setblocking(false);
listen(s, host, port, backlog);
// Make an epoll object
const epoll = select.epoll();

// A test, which prints the descriptor of the socket
console.log(s.fileno());
console.log((EPOLLIN | EPOLLET) >>> 0);

// The sockets in the epoll object, by their descriptors
const connections = new Map<number, socket.Socket>();

const clients = new Clients(s, { watch, forget }, stop, {
  closing: (_, address) => console.log(paint.yellow(`${address}---offline---`)),
});

while (clients.open()) {
  // epoll looks at the descriptors here
  const epoll_list = await clients.wait(
    Infinity,
    (timeout) => epoll.poll(timeout),
  );
  for (const [fd, events] of epoll_list) {
    console.log(fd);
    console.log(events);
    const conn = connections.get(fd);
    if (conn === undefined) continue;
    if (conn === s) {
      accept();
      continue;
    }
    // A hang-up or an error comes unasked; recv and send tell what it is.
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(conn);
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) send(conn);
  }
}
console.log(clients.summary("echoed"));

/** Puts a socket into the epoll object, or changes what it is there for. */
function watch(sock: socket.Socket, read: boolean, write: boolean): void {
  const fd = sock.fileno();
  const eventmask = (read ? EPOLLIN : 0) | (write ? EPOLLOUT : 0) | EPOLLET;
  // What is there already would bring no new edge; modify() looks, and brings one.
  if (connections.has(fd)) epoll.modify(fd, eventmask);
  else epoll.register(fd, eventmask);
  connections.set(fd, sock);
}

function forget(sock: socket.Socket): void {
  const fd = sock.fileno();
  if (connections.delete(fd)) epoll.unregister(fd);
}

function accept(): void {
  for (let i = 0; i < MOST_IN_A_ROW; i++) {
    const conn = clients.accept();
    if (conn === null) return;
    console.log(paint.green(`new client from ${clients.address(conn)}`));
  }
  watch(s, true, false);
}

function receive(conn: socket.Socket): void {
  for (let i = 0; i < MOST_IN_A_ROW; i++) {
    // null once it would block; or while the client is to read its answers first
    const recvData = clients.receive(conn);
    if (recvData === null) return;
    console.log(`recv:b'${show_bytes(recvData)}'`);
    clients.send(conn, recvData);
  }
  clients.watch_again(conn);
}

function send(conn: socket.Socket): void {
  let data: Uint8Array | null;
  while ((data = clients.get(conn)) !== null) clients.send(conn, data);
}
