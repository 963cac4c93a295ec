/**
 * The server of a client, which the test itself plays step by step.
 *
 * @module
 */

import { AssertionError } from "@std/assert";
import { select, socket } from "../../mod.ts";
import { WATCHDOG } from "../scripts.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Waits until a socket can be read, while the event loop turns. */
async function readable(s: socket.Socket): Promise<void> {
  const give_up_at = performance.now() + WATCHDOG;
  while (select.select([s], [], [], 0)[0].length === 0) {
    if (performance.now() > give_up_at) {
      throw new AssertionError("The client does nothing");
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A connection to a client. */
export class Connection implements Disposable {
  readonly socket: socket.Socket;

  constructor(s: socket.Socket) {
    this.socket = s;
    // Send single bytes in packets of their own.
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1);
  }

  /** Sends a text. */
  send(text: string): void {
    this.socket.sendall(encoder.encode(text));
  }

  /** Reads the next data; "" at the end. */
  async received(): Promise<string> {
    await readable(this.socket);
    return decoder.decode(this.socket.recv(1 << 20));
  }

  /** Reads until the client closes. */
  async rest(): Promise<string> {
    let text = "";
    for (let part; (part = await this.received()) !== "";) text += part;
    return text;
  }

  /** Closes in order. */
  close(): void {
    this.socket.close();
  }

  /** Resets. */
  reset(): void {
    // struct linger { int l_onoff; int l_linger; }
    const linger = new Int32Array([1, 0]);
    this.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger);
    this.socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A listener for clients. */
export class Peer implements Disposable {
  readonly #server = socket.socket();

  constructor() {
    this.#server.bind(["127.0.0.1", 0]);
    this.#server.listen(5);
  }

  /** The flags with which a client connects to it. */
  get args(): string[] {
    const [host, port] = this.#server.getsockname();
    return ["--host", host, "--port", String(port)];
  }

  /** Waits for a client. */
  async accept(): Promise<Connection> {
    await readable(this.#server);
    return new Connection(this.#server.accept()[0]);
  }

  [Symbol.dispose](): void {
    this.#server.close();
  }
}
