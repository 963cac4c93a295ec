/**
 * Document 004, epoll: edge-triggered. An event comes once, so each handler goes on until its
 * call would block.
 *
 * ```sh
 * deno run --allow-ffi servers/epoll.ts
 * ```
 *
 * @module
 */

import { BlockingIOError, OSError, select, socket } from "../mod.ts";
import { family_of, parse } from "../cli/flags.ts";
import { listen, listening, Stop, summary } from "../cli/server.ts";
import { paint, show_address, show_bytes, show_events } from "../cli/show.ts";

const { host, port, backlog } = parse(
  "servers/epoll.ts",
  "Sends back what each client sends; waits with epoll, edge-triggered.\n" +
    "Document 004 (2) of docs/documents.md; its client is clients/prompt.ts.",
  listening("127.0.0.1", 9000),
);
const MOST_IN_A_ROW = 16; // calls for one descriptor, then the others get their turn

const stop = new Stop();
// Make a socket, bind it and listen
const s = socket.socket(family_of(host), socket.SOCK_STREAM);
s.setblocking(false);
listen(s, host, port, backlog, "clients/prompt.ts");
// Make an epoll object, and put the socket into it
const epoll = select.epoll();
const { EPOLLIN, EPOLLOUT, EPOLLET } = select;
const listener = s.fileno();
console.log(`registering fd ${listener}: ${show_events(EPOLLIN | EPOLLET)}`);
epoll.register(listener, EPOLLIN | EPOLLET);

// By descriptor: the sockets, their addresses, and what could not be sent yet
const connections = new Map<number, socket.Socket>();
const addresses = new Map<number, string>();
const unsent = new Map<number, Uint8Array>();
let served = 0, echoed = 0;

// Wait for clients, or for what they send
while (stop.goes_on(unsent.size)) {
  const epoll_list = epoll.poll(stop.within(Infinity));
  await stop.turn(epoll_list.length);
  for (const [fd, events] of epoll_list) {
    console.log(`fd ${fd}: ${show_events(events)}`);
    try {
      // events is a mask: recv or send reports the error or hang-up that may be in it
      if (fd === listener) accept();
      else if (!unsent.has(fd)) receive(fd);
      else {
        send(fd);
        epoll.modify(fd, EPOLLIN | EPOLLET); // Reports it again if there is more
      }
    } catch (error) {
      failed(fd, error);
    }
  }
  // Once a stop is requested: accept the clients that wait already, and then no more
  if (stop.requested && !epoll_list.some(([fd]) => fd === listener)) s.close();
}
for (const fd of connections.keys()) close(fd);
epoll.close();
console.log(summary(served, "echoed", echoed));

/** Accepts until it would block: one event may stand for several clients. */
function accept(): void {
  for (let i = 0; i < MOST_IN_A_ROW; i++) {
    const [conn, addr] = s.accept(), fd = conn.fileno();
    console.log(paint.green(`new client from ${show_address(addr)}`));
    conn.setblocking(false);
    connections.set(fd, conn); // Keep conn and addr
    addresses.set(fd, show_address(addr));
    served++;
    epoll.register(fd, EPOLLIN | EPOLLET); // To be read
  }
  epoll.modify(listener, EPOLLIN | EPOLLET); // Reports it again if more wait
}

/** Receives until it would block, or until the answer does. */
function receive(fd: number): void {
  for (let i = 0; i < MOST_IN_A_ROW; i++) {
    const recvData = connections.get(fd)!.recv(1024);
    if (recvData.length === 0) return close(fd);
    console.log(`recv:b'${show_bytes(recvData)}'`);
    unsent.set(fd, recvData);
    send(fd);
  }
  epoll.modify(fd, EPOLLIN | EPOLLET); // Reports it again if there is more
}

/** Sends until nothing is left, or until it would block. */
function send(fd: number): void {
  for (let data; (data = unsent.get(fd)) !== undefined;) {
    const length = connections.get(fd)!.send(data); // It may take only a part
    echoed += length;
    if (length < data.length) unsent.set(fd, data.subarray(length));
    else unsent.delete(fd);
  }
}

function failed(fd: number, error: unknown): void {
  if (error instanceof BlockingIOError) {
    // A client that does not read its answers is not read either
    if (unsent.has(fd)) epoll.modify(fd, EPOLLOUT | EPOLLET);
    return;
  }
  if (!(error instanceof OSError)) throw error;
  if (fd !== listener) return close(fd);
  // No descriptor is free (EMFILE), and no event comes when one is
  stop.pause(error, () => epoll.modify(listener, EPOLLIN | EPOLLET));
}

function close(fd: number): void {
  console.log(paint.yellow(`${addresses.get(fd)}---offline---`));
  connections.get(fd)!.close(); // which takes it out of the epoll object, too
  for (const each of [connections, addresses, unsent]) each.delete(fd);
}
