/**
 * Clients, and handlers that answer, for the tests of socketserver.
 *
 * @module
 */

import { socket } from "@iomux/py";
import * as socketserver from "@iomux/py/socketserver";
import { WATCHDOG } from "../../scripts.ts";
import { decode, encode } from "../socket/setup.ts";

export { decode, encode };

/** Answers with the line that it is sent. */
export class EchoLine extends socketserver.StreamRequestHandler {
  override handle(): void {
    this.wfile.write(this.rfile.readline());
  }
}

/** Answers with the line of a datagram. */
export class EchoDatagram extends socketserver.DatagramRequestHandler {
  override handle(): void {
    this.wfile.write(this.rfile.readline());
  }
}

/** A server that ends with what a handler throws. */
export class Strict extends socketserver.TCPServer {
  override handle_error(
    _request: socket.Socket,
    _client_address: socket.Address,
    error: unknown,
  ): void {
    throw error;
  }
}

let made = 0;

/** An unused abstract AF_UNIX name. */
export function unused_name(): string {
  return `\0iomux-socketserver-${Deno.pid}-${made++}`;
}

/** Connects to a server and sends a line. */
export function client_of(
  server: { readonly server_address: socket.AddressLike },
  line = "",
): socket.Socket {
  const address = server.server_address;
  const family = typeof address === "string" ? socket.AF_UNIX : socket.AF_INET;
  const sock = socket.socket(family);
  sock.settimeout(WATCHDOG / 1000);
  sock.connect(address);
  if (line !== "") sock.sendall(encode(line));
  return sock;
}

/** All that a peer sends until its end. */
export function rest_of(sock: socket.Socket): string {
  let text = "";
  for (let data; (data = sock.recv(65536)).length > 0;) text += decode(data);
  return text;
}

/** `rest_of()` without blocking the event loop. */
export async function rest_ofAsync(sock: socket.Socket): Promise<string> {
  let text = "";
  for (let data; (data = await sock.recvAsync(65536)).length > 0;) {
    text += decode(data);
  }
  return text;
}
