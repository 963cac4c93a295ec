/**
 * A server for one client, which a test controls step by step.
 *
 * @module
 */

import { AssertionError } from "@std/assert";
import { select, socket } from "../../mod.ts";
import { test } from "../descriptors.ts";
import { run_args, type Running, running, WATCHDOG } from "../scripts.ts";
import { Terminal } from "./terminal.ts";

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
    // Sends each byte at once.
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1);
  }

  /** Sends a text. */
  send(text: string): void {
    this.socket.sendall(encoder.encode(text));
  }

  /** Sends a text byte by byte, with a pause in milliseconds after each. */
  async send_bytes(text: string, pause: number): Promise<void> {
    for (const byte of encoder.encode(text)) {
      this.socket.send(Uint8Array.of(byte));
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
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

  /** Closes with a reset. */
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

  /** The flags for a client of this server. */
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

/** Registers tests of a client with pipes, from its connection to its end. */
export function piped(
  script: string,
  input = "",
  flags: string[] = [],
  preload?: string,
): {
  test(name: string, fn: (run: Piped) => Promise<void>): void;
} {
  return {
    test(name, fn) {
      test(name, async () => {
        using peer = new Peer();
        const args = run_args(script, [...peer.args, ...flags], preload);
        const { ended, printed } = running(Deno.execPath(), args, [input]);
        using connection = await peer.accept();
        await fn({ connection, ended, printed });
      });
    },
  };
}

/** A client with pipes. */
export interface Piped extends Running {
  readonly connection: Connection;
}

/** Registers tests of a client on a terminal, from its start. */
export function on_terminal(
  script: string,
  columns = 80,
  rows = 24,
  preload?: string,
): {
  test(name: string, fn: (run: OnTerminal) => Promise<void>): void;
} {
  return {
    test(name, fn) {
      test(name, async () => {
        using peer = new Peer();
        const { args } = peer;
        await using terminal = new Terminal(
          script,
          args,
          columns,
          rows,
          preload,
        );
        await fn({ terminal, peer });
      });
    },
  };
}

/** A client on a terminal. */
export interface OnTerminal {
  readonly terminal: Terminal;
  readonly peer: Peer;
}
