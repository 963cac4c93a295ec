/**
 * An HTTP server on epoll, edge-triggered: it answers every request with a greeting.
 *
 * The original: example 4 of Scot Doyle's "How To Use Linux epoll with Python",
 * http://scotdoyle.com/python-epoll-howto.html. This server keeps its three dictionaries by
 * descriptor, and reads, writes and closes by epoll masks as it does. In the original, a client
 * that closes early makes the server read for ever, and one that resets is never closed.
 *
 * ```sh
 * deno run --allow-ffi examples/http.ts
 * ```
 *
 * @module
 */

import { BlockingIOError, OSError, select, socket } from "../mod.ts";
import { accept } from "./accept.ts";
import { address, family_of, parse } from "../cli/flags.ts";
import { listen } from "../cli/server.ts";
import { show_lines } from "../cli/show.ts";

const { EPOLLET, EPOLLIN, EPOLLOUT } = select;

const { host, port } = parse(
  "examples/http.ts",
  "Answers every HTTP request with a greeting; waits with epoll, edge-triggered.",
  address("0.0.0.0", 8080),
);

// A request may end its lines with or without carriage returns
const EOL1 = "\n\n", EOL2 = "\n\r\n";
const GREETING = "Hello, world!";
// The longest request, in characters
const MOST_REQUESTED = 65536;
// Milliseconds for a whole exchange, so that an idle client does not keep its descriptor
const PATIENCE = 10_000;

const latin1 = new TextDecoder("latin1");

const serversocket = socket.socket(family_of(host), socket.SOCK_STREAM);
listen(serversocket, host, port, socket.SOMAXCONN);
serversocket.setblocking(false);

const epoll = select.epoll();
epoll.register(serversocket.fileno(), EPOLLIN | EPOLLET);

const connections = new Map<number, socket.Socket>();
const requests = new Map<number, string>();
const responses = new Map<number, Uint8Array>();
const deadlines = new Map<number, number>();
let last_look = performance.now();

while (true) {
  const events = epoll.poll(1);
  for (const [fileno, event] of events) {
    if (fileno === serversocket.fileno()) {
      accept_all();
      continue;
    }
    try {
      if (event & EPOLLOUT) write(fileno);
      // A hang-up or an error is always reported; recv says which it is
      else if (responses.has(fileno)) read(fileno);
      else await_end(fileno);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      close(fileno);
    }
  }
  look_round(performance.now());
}

function accept_all(): void {
  // One edge may stand for many clients
  for (let a = accept(serversocket); a !== null; a = accept(serversocket)) {
    const [connection] = a;
    const fileno = connection.fileno();
    connections.set(fileno, connection);
    requests.set(fileno, "");
    responses.set(fileno, response());
    deadlines.set(fileno, performance.now() + PATIENCE);
    epoll.register(fileno, EPOLLIN | EPOLLET);
  }
}

function read(fileno: number): void {
  const [data, ended] = receive(connections.get(fileno)!, MOST_REQUESTED);
  const request = requests.get(fileno)! + data;
  requests.set(fileno, request);
  if (request.includes(EOL1) || request.includes(EOL2)) {
    epoll.modify(fileno, EPOLLOUT | EPOLLET);
    console.log("-".repeat(40) + "\n" + show_lines(request.trimEnd()));
  } else if (ended || request.length >= MOST_REQUESTED) {
    close(fileno);
  }
}

function write(fileno: number): void {
  const connection = connections.get(fileno)!;
  let rest = responses.get(fileno)!;
  try {
    while (rest.length > 0) rest = rest.subarray(connection.send(rest));
  } catch (error) {
    if (!(error instanceof BlockingIOError)) throw error;
    responses.set(fileno, rest);
    return;
  }
  responses.delete(fileno);
  // Read on to the client's end: a close with unread data would reset the connection, and
  // the client might lose the answer.
  connection.shutdown(socket.SHUT_WR);
  epoll.modify(fileno, EPOLLIN | EPOLLET);
}

function await_end(fileno: number): void {
  const [data, ended] = receive(connections.get(fileno)!, 1 << 20);
  if (ended || data.length >= 1 << 20) close(fileno);
}

/** Reads until the end or until recv would block, about `most` bytes. */
function receive(
  connection: socket.Socket,
  most: number,
): [data: string, ended: boolean] {
  let data = "";
  try {
    while (data.length < most) {
      const more = connection.recv(most);
      if (more.length === 0) return [data, true];
      data += latin1.decode(more);
    }
  } catch (error) {
    if (!(error instanceof BlockingIOError)) throw error;
  }
  return [data, false];
}

function close(fileno: number): void {
  epoll.unregister(fileno);
  connections.get(fileno)!.close();
  connections.delete(fileno);
  requests.delete(fileno);
  responses.delete(fileno);
  deadlines.delete(fileno);
}

/** Once a second: closes slow clients, and accepts clients that waited for a descriptor. */
function look_round(now: number): void {
  if (now - last_look < 1000) return;
  last_look = now;
  for (const [fileno, deadline] of deadlines) {
    if (deadline > now) break;
    close(fileno);
  }
  accept_all();
}

function response(): Uint8Array {
  const head = [
    "HTTP/1.0 200 OK",
    `Date: ${new Date().toUTCString()}`,
    "Content-Type: text/plain",
    `Content-Length: ${GREETING.length}`,
  ];
  return new TextEncoder().encode([...head, "", GREETING].join("\r\n"));
}
