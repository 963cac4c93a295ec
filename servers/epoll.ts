/**
 * Document 004, epoll: edge-triggered. The kernel reports an event once, so each handler goes
 * on until its call would block.
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
const MOST_IN_A_ROW = 16; // Calls for one descriptor, before the others get their turn

const stop = new Stop();
const s = socket.socket(family_of(host), socket.SOCK_STREAM);
s.setblocking(false);
listen(s, host, port, backlog, "clients/prompt.ts");
// Make an epoll object, and register the socket
const epoll = select.epoll();
const { EPOLLIN, EPOLLOUT, EPOLLET } = select;
const listener = s.fileno();
console.log(`registering fd ${listener}: ${show_events(EPOLLIN | EPOLLET)}`);
epoll.register(listener, EPOLLIN | EPOLLET);

// By descriptor: the sockets, their addresses, and the answers that are not sent yet
const connections = new Map<number, socket.Socket>();
const addresses = new Map<number, string>();
const unsent = new Map<number, Uint8Array>();
let served = 0, echoed = 0;

// Wait for clients and their messages
while (stop.goes_on(unsent.size)) {
  const epoll_list = epoll.poll(stop.within(Infinity));
  await stop.turn(epoll_list.length); // Ctrl-C gets its turn
  for (const [fd, events] of epoll_list) {
    console.log(`fd ${fd}: ${show_events(events)}`);
    try {
      // Test no bit of events: recv and send find the error or the hang-up
      if (fd === listener) accept();
      else if (!unsent.has(fd)) receive(fd);
      else {
        send(fd);
        epoll.modify(fd, EPOLLIN | EPOLLET); // Reports fd again if it has data
      }
    } catch (error) {
      failed(fd, error);
    }
  }
  // When stopping: close the listener once no client waits to be accepted
  if (stop.requested && !epoll_list.some(([fd]) => fd === listener)) s.close();
}
for (const fd of connections.keys()) close(fd);
epoll.close();
console.log(summary(served, "echoed", echoed));

/** Accepts until accept would block: one event may stand for several clients. */
function accept(): void {
  for (let i = 0; i < MOST_IN_A_ROW; i++) {
    const [conn, addr] = s.accept(), fd = conn.fileno();
    console.log(paint.green(`new client from ${show_address(addr)}`));
    conn.setblocking(false);
    connections.set(fd, conn);
    addresses.set(fd, show_address(addr));
    served++;
    epoll.register(fd, EPOLLIN | EPOLLET);
  }
  epoll.modify(listener, EPOLLIN | EPOLLET); // Reports it again if clients wait
}

/** Receives and answers until recv or send would block. */
function receive(fd: number): void {
  for (let i = 0; i < MOST_IN_A_ROW; i++) {
    const recvData = connections.get(fd)!.recv(1024);
    if (recvData.length === 0) return close(fd);
    console.log(`recv:b'${show_bytes(recvData)}'`);
    unsent.set(fd, recvData);
    send(fd);
  }
  epoll.modify(fd, EPOLLIN | EPOLLET); // Reports fd again if it has data
}

/** Sends until all is sent, or until send would block. */
function send(fd: number): void {
  for (let data; (data = unsent.get(fd)) !== undefined;) {
    const length = connections.get(fd)!.send(data); // The kernel may take only a part
    echoed += length;
    if (length < data.length) unsent.set(fd, data.subarray(length));
    else unsent.delete(fd);
  }
}

function failed(fd: number, error: unknown): void {
  if (error instanceof BlockingIOError) {
    // Do not read a client until it has read its answers
    if (unsent.has(fd)) epoll.modify(fd, EPOLLOUT | EPOLLET);
    return;
  }
  if (!(error instanceof OSError)) throw error;
  if (fd !== listener) return close(fd);
  // No free descriptor (EMFILE): no event reports when there is one again
  stop.pause(error, () => epoll.modify(listener, EPOLLIN | EPOLLET));
}

function close(fd: number): void {
  console.log(paint.yellow(`${addresses.get(fd)}---offline---`));
  connections.get(fd)!.close(); // Also takes it out of the epoll object
  for (const each of [connections, addresses, unsent]) each.delete(fd);
}
