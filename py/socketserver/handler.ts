import { OSError } from "../exceptions.ts";
import type { Address, InetAddress } from "../socket/address.ts";
import { IPPROTO_TCP, TCP_NODELAY } from "../socket/constants.ts";
import type { Socket } from "../socket/socket.ts";
import type { BaseServer, Handling } from "./base.ts";

import type { Datagram } from "./server.ts";
import { Reader, Writer } from "../socket/makefile.ts";

/**
 * Handles one request: Python's `socketserver.BaseRequestHandler`.
 *
 * A server makes one for each request, and then has it `setup()`, `handle()` and
 * `finish()`; in Python the constructor does, but here a subclass's fields exist only after
 * it. `handle()` may be `async` where the server serves with `serve_foreverAsync()`.
 *
 * `Request` is the type of the request: a socket of a stream, {@linkcode Datagram} of a
 * datagram. `Server` is the server's, and `A` that of the client's address.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import * as socketserver from "@iomux/py/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class Upper extends socketserver.BaseRequestHandler<socketserver.Datagram> {
 *   override handle() {
 *     const [data, sock] = this.request;
 *     const text = new TextDecoder().decode(data).toUpperCase();
 *     sock.sendto(new TextEncoder().encode(text), this.client_address);
 *   }
 * }
 * using server = socketserver.UDPServer(["localhost", 0], Upper);
 * using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
 * client.sendto(new TextEncoder().encode("hello"), server.server_address);
 * server.handle_request();
 * assertEquals(new TextDecoder().decode(client.recv(64)), "HELLO");
 * ```
 */
export class BaseRequestHandler<
  Request = Socket,
  Server = BaseServer<never, Request>,
  A extends Address = InetAddress,
> implements Handling {
  /** The request. */
  request: Request;
  /** Where it came from. */
  client_address: A;
  /** The server that it came to. */
  server: Server;

  /**
   * Takes a request, without handling it yet.
   *
   * @param request The request.
   * @param client_address Where it came from.
   * @param server The server that it came to.
   */
  constructor(request: Request, client_address: A, server: Server) {
    this.request = request;
    this.client_address = client_address;
    this.server = server;
  }

  /** Called before `handle()`. */
  setup(): void {}

  /**
   * Handles the request.
   *
   * @returns A promise where it is `async`.
   */
  handle(): void | Promise<void> {}

  /**
   * Called after `handle()`, whatever that throws, but not if `setup()` throws.
   *
   * @returns A promise where it is `async`.
   */
  finish(): void | Promise<void> {}
}

/**
 * Handles a connection by what looks like two files: Python's
 * `socketserver.StreamRequestHandler`.
 *
 * `Server` is the type of its server, `A` of the client's address.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import * as socketserver from "@iomux/py/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class Upper extends socketserver.StreamRequestHandler {
 *   override timeout = 5;
 *
 *   override handle() {
 *     const line = new TextDecoder().decode(this.rfile.readline());
 *     this.wfile.write(new TextEncoder().encode(line.toUpperCase()));
 *   }
 * }
 * using server = socketserver.TCPServer(["localhost", 0], Upper);
 * using client = socket.create_connection(server.server_address);
 * client.sendall(new TextEncoder().encode("hello\n"));
 * server.handle_request();
 * assertEquals(new TextDecoder().decode(client.recv(64)), "HELLO\n");
 * ```
 */
export class StreamRequestHandler<
  Server = BaseServer<never>,
  A extends Address = InetAddress,
> extends BaseRequestHandler<Socket, Server, A> {
  /** How many bytes `rfile` asks for at once; -1 for 8192, 0 for no more than is read. */
  rbufsize: number = -1;
  /** How many bytes `wfile` keeps before it sends them; -1 for 8192, 0 for none. */
  wbufsize = 0;
  /** Seconds that a read or a write may wait; `null` for ever. */
  timeout: number | null = null;
  /** Whether to send small packets at once: TCP_NODELAY. */
  disable_nagle_algorithm = false;

  /** The client's socket: the request. */
  declare connection: Socket;
  /** What comes from the client. */
  declare rfile: Reader;
  /** What goes to the client. */
  declare wfile: Writer;

  /** Makes `connection`, `rfile` and `wfile`. */
  override setup(): void {
    const connection = this.connection = this.request;
    if (this.timeout !== null) connection.settimeout(this.timeout);
    if (this.disable_nagle_algorithm) {
      connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, true);
    }
    this.rfile = new Reader(connection, this.rbufsize);
    this.wfile = new Writer(connection, this.wbufsize);
  }

  /** Sends what `wfile` keeps, if the client is still there, and closes both. */
  override finish(): void | Promise<void> {
    try {
      this.wfile.close();
    } catch (error) {
      // Nobody is left to be told.
      if (!(error instanceof OSError)) throw error;
    }
    this.rfile.close();
  }
}

/**
 * Handles a datagram by what looks like two files: Python's
 * `socketserver.DatagramRequestHandler`. What was written is sent as one datagram, even if
 * it is empty.
 *
 * `Server` is the type of its server, `A` of the client's address.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import * as socketserver from "@iomux/py/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class Lines extends socketserver.DatagramRequestHandler {
 *   override handle() {
 *     for (const line of this.rfile) this.wfile.write(line.reverse());
 *   }
 * }
 * using server = socketserver.UDPServer(["localhost", 0], Lines);
 * using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
 * client.sendto(new Uint8Array([1, 2, 10, 3]), server.server_address);
 * server.handle_request();
 * assertEquals(client.recv(64), new Uint8Array([10, 2, 1, 3]));
 * ```
 */
export class DatagramRequestHandler<
  Server = BaseServer<never, Datagram>,
  A extends Address = InetAddress,
> extends BaseRequestHandler<Datagram, Server, A> {
  /** The datagram. */
  declare packet: Uint8Array<ArrayBuffer>;
  /** The server's socket. */
  declare socket: Socket;
  /** The datagram, to be read. */
  declare rfile: Reader;
  /** The answer. */
  declare wfile: Writer;

  /** Makes `packet`, `socket`, `rfile` and `wfile`. */
  override setup(): void {
    [this.packet, this.socket] = this.request;
    this.rfile = new Reader(this.packet);
    this.wfile = new Writer(null);
  }

  /** Sends the answer to where the datagram came from. */
  override finish(): void | Promise<void> {
    const answer = this.wfile.getvalue();
    const to: Address = this.client_address;
    // A client of AF_UNIX that is not bound cannot be answered.
    if (to === null && answer.length === 0) return;
    this.socket.sendto(answer, to);
  }
}
