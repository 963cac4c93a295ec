import { OSError } from "../exceptions.ts";
import type { Address, InetAddress } from "../socket/address.ts";
import { IPPROTO_TCP, TCP_NODELAY } from "../socket/constants.ts";
import { Reader, Writer } from "../socket/makefile.ts";
import type { Socket } from "../socket/socket.ts";
import type { BaseServer, Handling } from "./base.ts";
import type { Datagram } from "./server.ts";

/**
 * Handles one request: Python's `socketserver.BaseRequestHandler`.
 *
 * The server makes a handler for each request, and then calls `setup()`, `handle()` and
 * `finish()`. In Python the constructor calls them, but in JavaScript a subclass's fields do
 * not exist before it returns. `handle()` may be `async` if the server runs
 * `serve_foreverAsync()` or `handle_requestAsync()`.
 *
 * `Request` is the type of the request: a socket for a stream, a {@linkcode Datagram} for a
 * datagram. `Server` is the type of the server, `A` of the client's address.
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
  /** The client's address. */
  client_address: A;
  /** The server. */
  server: Server;

  /**
   * Stores the request, without handling it.
   *
   * @param request The request.
   * @param client_address The client's address.
   * @param server The server.
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
   * @returns A promise if it is `async`.
   */
  handle(): void | Promise<void> {}

  /**
   * Called after `handle()`, even if that throws, but not if `setup()` throws.
   *
   * @returns A promise if it is `async`.
   */
  finish(): void | Promise<void> {}
}

/**
 * Handles a connection with a file to read and a file to write: Python's
 * `socketserver.StreamRequestHandler`.
 *
 * `Server` is the type of the server, `A` of the client's address.
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
  /** The buffer size of `rfile` in bytes; -1 for 8192, 0 for unbuffered. */
  rbufsize: number = -1;
  /** The buffer size of `wfile` in bytes; -1 for 8192, 0 for unbuffered. */
  wbufsize = 0;
  /** The time-out of reads and writes in seconds; `null` for none. */
  timeout: number | null = null;
  /** Whether to set TCP_NODELAY, which sends small packets at once. */
  disable_nagle_algorithm = false;

  /** The client's socket: the request. */
  declare connection: Socket;
  /** Reads from the client. */
  declare rfile: Reader;
  /** Writes to the client. */
  declare wfile: Writer;

  /** Makes `connection`, `rfile` and `wfile`. */
  override setup(): void {
    const connection = this.connection = this.request;
    if (this.timeout !== null) connection.settimeout(this.timeout);
    if (this.disable_nagle_algorithm) {
      connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, true);
    }
    this.rfile = connection.makefile("rb", this.rbufsize);
    this.wfile = new Writer(connection, this.wbufsize);
  }

  /** Sends the buffer of `wfile`, unless the client has left, and closes both files. */
  override finish(): void | Promise<void> {
    try {
      this.wfile.close();
    } catch (error) {
      // The client has left.
      if (!(error instanceof OSError)) throw error;
    }
    this.rfile.close();
  }
}

/**
 * Handles a datagram with a file to read and a file to write: Python's
 * `socketserver.DatagramRequestHandler`. The written bytes are sent as one datagram, even if
 * there are none.
 *
 * `Server` is the type of the server, `A` of the client's address.
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
  /** Reads the datagram. */
  declare rfile: Reader;
  /** Writes the answer. */
  declare wfile: Writer;

  /** Makes `packet`, `socket`, `rfile` and `wfile`. */
  override setup(): void {
    [this.packet, this.socket] = this.request;
    this.rfile = new Reader(this.packet);
    this.wfile = new Writer(null);
  }

  /** Sends the answer to the client. */
  override finish(): void | Promise<void> {
    const answer = this.wfile.getvalue();
    const to: Address = this.client_address;
    // An unbound AF_UNIX client has no address to answer.
    if (to === null && answer.length === 0) return;
    this.socket.sendto(answer, to);
  }
}
