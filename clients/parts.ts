/**
 * The client of document 000: two sockets send a message in three parts, and read the
 * answers.
 *
 * ```sh
 * deno run --allow-ffi clients/parts.ts
 * ```
 *
 * @module
 */

import { socket } from "../mod.ts";
import { connect, lost, write } from "../cli/client.ts";
import { address, family_of, parse } from "../cli/flags.ts";
import { show_address, show_bytes } from "../cli/show.ts";

const { host, port } = parse(
  "clients/parts.ts",
  "Sends three parts on each of two sockets, and reads the answers.\n" +
    "Document 000 of docs/documents.md; its server is servers/echo.ts.",
  address("localhost", 10000),
);

const messages = [
  "This is the message. ",
  "It will be sent ",
  "in parts.",
].map((message) => new TextEncoder().encode(message));

// Create a TCP/IP socket
const socks = [
  socket.socket(family_of(host), socket.SOCK_STREAM),
  socket.socket(family_of(host), socket.SOCK_STREAM),
];

try {
  // Connect the socket to the port where the server is listening
  write(`connecting to ${host} port ${port}\n`);
  for (const s of socks) connect(s, host, port);

  for (const message of messages) {
    // Send messages on both sockets
    for (const s of socks) {
      write(`${name(s)}: sending "${show_bytes(message)}"\n`);
      s.sendall(message);
    }
    // Read responses on both sockets
    for (const s of socks) {
      if (s.fileno() !== -1) read_response(s, message.length);
    }
    if (socks.some((s) => s.fileno() === -1)) break;
  }
} catch (error) {
  lost(host, port, error);
} finally {
  for (const s of socks) s.close();
}

/** Reads as many bytes as the message has: the answer may arrive in pieces. */
function read_response(s: socket.Socket, length: number): void {
  for (let received = 0; received < length;) {
    const data = s.recv(1024);
    if (data.length === 0) {
      write(`closing socket ${name(s)}\n`);
      s.close();
      return;
    }
    write(`${name(s)}: received "${show_bytes(data)}"\n`);
    received += data.length;
  }
}

function name(s: socket.Socket): string {
  return show_address(s.getsockname());
}
