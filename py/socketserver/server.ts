import { unshared } from "../../ffi/memory.ts";
import { callable, keywords } from "../arguments.ts";
import { OSError } from "../exceptions.ts";
import type { Address, AddressLike, InetAddress } from "../socket/address.ts";
import {
  AF_INET,
  AF_UNIX,
  MSG_DONTWAIT,
  SHUT_WR,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../socket/constants.ts";
import { socket } from "../socket/create.ts";
import { is_inet } from "../socket/handle.ts";
import type { Socket } from "../socket/socket.ts";
import { BaseServer, type RequestHandlerClass } from "./base.ts";

/** The class variables of stream servers. */
export type SocketServerVariables = Omit<typeof SocketServer, "prototype">;

// The constructor reads these before a subclass's fields exist.
const STATIC = [
  "address_family",
  "socket_type",
  "request_queue_size",
  "allow_reuse_address",
  "allow_reuse_port",
];

/** Keywords of the servers' constructors. */
export interface ServerOptions {
  /** Whether to call `server_bind()` and `server_activate()`: `true` by default. */
  readonly bind_and_activate?: boolean | undefined;
}

/** The class behind {@linkcode TCPServer}. */
export class SocketServer<A extends Address = InetAddress, Request = Socket>
  extends BaseServer<A, Request> {
  /** AF_INET, AF_INET6 or AF_UNIX. */
  static address_family: number = AF_INET;
  /** SOCK_STREAM. */
  static socket_type: number = SOCK_STREAM;
  /** The most clients that wait to be accepted: the backlog of listen(2). */
  static request_queue_size = 5;
  /** Whether to set SO_REUSEADDR: bind while old connections are in TIME_WAIT. */
  static allow_reuse_address = false;
  /** Whether to set SO_REUSEPORT: share the address with other sockets of this user. */
  static allow_reuse_port = false;

  /** The server's socket. */
  readonly socket: Socket;
  /** The class variables, and those set on this server, which take precedence. */
  declare protected readonly variables: SocketServerVariables;
  readonly #activated: boolean;

  /**
   * Makes a server; see {@linkcode TCPServer}.
   *
   * @param server_address The address to serve.
   * @param RequestHandlerClass The class of the handlers.
   * @param bind_and_activate Whether to call `server_bind()` and `server_activate()`. Or
   * {@linkcode ServerOptions}.
   */
  constructor(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Request>,
    bind_and_activate?: boolean | ServerOptions,
  ) {
    super(server_address as A, RequestHandlerClass);
    const [activate = true] = keywords(
      new.target.name,
      [bind_and_activate],
      ["bind_and_activate"],
    );
    this.#activated = Boolean(activate);
    this.socket = socket(this.address_family, this.socket_type);
    if (!this.#activated) return;
    try {
      this.server_bind();
      this.server_activate();
    } catch (error) {
      this.server_close();
      throw error;
    }
  }

  /** AF_INET, AF_INET6 or AF_UNIX. */
  get address_family(): number {
    return this.variables.address_family;
  }
  set address_family(family: number) {
    this.variables.address_family = family;
  }

  /** SOCK_STREAM or SOCK_DGRAM. */
  get socket_type(): number {
    return this.variables.socket_type;
  }
  set socket_type(type: number) {
    this.variables.socket_type = type;
  }

  /** The most clients that wait to be accepted: the backlog of listen(2). */
  get request_queue_size(): number {
    return this.variables.request_queue_size;
  }
  set request_queue_size(size: number) {
    this.variables.request_queue_size = size;
  }

  /** Whether `server_bind()` sets SO_REUSEADDR. */
  get allow_reuse_address(): boolean {
    return this.variables.allow_reuse_address;
  }
  set allow_reuse_address(allow: boolean) {
    this.variables.allow_reuse_address = allow;
  }

  /** Whether `server_bind()` sets SO_REUSEPORT, for AF_INET and AF_INET6. */
  get allow_reuse_port(): boolean {
    return this.variables.allow_reuse_port;
  }
  set allow_reuse_port(allow: boolean) {
    this.variables.allow_reuse_port = allow;
  }

  /**
   * Binds the socket, and sets `server_address` to the bound address.
   *
   * @throws {OSError} EADDRINUSE, EADDRNOTAVAIL, EACCES.
   * @throws {gaierror} If the host cannot be resolved.
   */
  server_bind(): void {
    if (this.allow_reuse_address) {
      this.socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
    }
    // Linux refuses the option for other families since 6.12.9.
    if (this.allow_reuse_port && is_inet(this.address_family)) {
      this.socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1);
    }
    this.socket.bind(this.server_address);
    this.server_address = this.socket.getsockname() as A;
  }

  /** Starts to listen. */
  override server_activate(): void {
    this.socket.listen(this.request_queue_size);
  }

  /** Closes the socket, which ends a running loop. */
  override server_close(): void {
    this.socket.close();
  }

  /**
   * Returns the socket's descriptor.
   *
   * @returns The descriptor; -1 once the server is closed.
   */
  fileno(): number {
    return this.socket.fileno();
  }

  /** Refuses a subclass's field for a class variable that must be static. */
  protected override check(): void {
    const late = this.#activated &&
      STATIC.find((name) => Object.hasOwn(this, name));
    if (late) {
      throw new TypeError(
        `${late} came too late for the constructor: make it static ${late}`,
      );
    }
  }

  /**
   * Accepts a client.
   *
   * @returns The client's socket and address.
   */
  get_request(): [request: Request, client_address: Address] {
    return this.socket.accept() as [Request & Socket, Address];
  }

  /**
   * Shuts down writing, so that the client reads the end, and closes the connection.
   *
   * @param request The client's socket.
   */
  override shutdown_request(request: Request): void {
    try {
      (request as Socket).shutdown(SHUT_WR);
    } catch (error) {
      // The client has left already.
      if (!(error instanceof OSError)) throw error;
    }
    this.close_request(request);
  }

  /**
   * Closes the connection.
   *
   * @param request The client's socket.
   */
  override close_request(request: Request): void {
    (request as Socket).close();
  }
}

/**
 * Makes a stream server, with `new` or without, and has its class variables.
 *
 * `Family` is the type of the family's addresses, `Default` of the usual ones.
 */
export interface StreamServerConstructor<
  Family extends Address,
  Default extends Family,
> extends SocketServerVariables {
  /** Makes a server. */
  new <A extends Family = Default>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Socket>,
    bind_and_activate?: boolean | ServerOptions,
  ): SocketServer<A>;
  /**
   * Makes a server.
   *
   * @param server_address The address to bind.
   * @param RequestHandlerClass The class of the handlers.
   * @param bind_and_activate Whether to bind and listen at once: `true` by default; or
   * {@linkcode ServerOptions}.
   */
  <A extends Family = Default>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Socket>,
    bind_and_activate?: boolean | ServerOptions,
  ): SocketServer<A>;
  /** The prototype, for `instanceof`. */
  readonly prototype: SocketServer<Family>;
}

/** Python's `socketserver.TCPServer` as a type. */
export type TCPServer<A extends Address = InetAddress, Request = Socket> =
  SocketServer<A, Request>;

/**
 * A server on TCP: Python's `socketserver.TCPServer`.
 *
 * @param server_address `[host, port]`; host `""` for every interface, port 0 for any free
 * port.
 * @param RequestHandlerClass The class of the handlers, one for each client.
 * @param bind_and_activate Whether to call `server_bind()` and `server_activate()`: `true` by
 * default. Or {@linkcode ServerOptions}.
 * @throws {OSError} EADDRINUSE, EADDRNOTAVAIL, EACCES.
 * @throws {gaierror} If the host cannot be resolved.
 * @throws {Deno.errors.NotCapable} If `--deny-net` refuses the address.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import * as socketserver from "@iomux/py/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class Echo extends socketserver.StreamRequestHandler {
 *   override handle() {
 *     for (const line of this.rfile) this.wfile.write(line);
 *   }
 * }
 * class Server extends socketserver.TCPServer {
 *   static override allow_reuse_address = true;
 * }
 * using server = new Server(["localhost", 0], Echo);
 * using client = socket.create_connection(server.server_address);
 * client.sendall(new TextEncoder().encode("hello\n"));
 * client.shutdown(socket.SHUT_WR);
 * server.handle_request();
 * assertEquals(new TextDecoder().decode(client.recv(64)), "hello\n");
 * ```
 */
export const TCPServer: StreamServerConstructor<Address, InetAddress> =
  callable("TCPServer", SocketServer);

/** The request of a datagram server: the bytes, and the server's socket for the answer. */
export type Datagram = [data: Uint8Array<ArrayBuffer>, socket: Socket];

/** The class variables of datagram servers. */
export type DatagramServerVariables = Omit<typeof DatagramServer, "prototype">;

/** The class behind {@linkcode UDPServer}. */
export class DatagramServer<A extends Address = InetAddress>
  extends SocketServer<A, Datagram> {
  /** SOCK_DGRAM. */
  static override socket_type: number = SOCK_DGRAM;
  /** The most bytes of a datagram; the rest is lost. */
  static max_packet_size = 8192;

  /** The class variables, and those set on this server, which take precedence. */
  declare protected readonly variables: DatagramServerVariables;

  /** The most bytes of a datagram; the rest is lost. */
  get max_packet_size(): number {
    return this.variables.max_packet_size;
  }
  set max_packet_size(size: number) {
    this.variables.max_packet_size = size;
  }

  /** Does nothing: a datagram socket does not listen. */
  override server_activate(): void {}

  /**
   * Receives a datagram.
   *
   * @returns The datagram and the client's address.
   */
  override get_request(): [request: Datagram, client_address: Address] {
    const { max_packet_size, socket } = this;
    // A datagram with a bad checksum makes the socket readable, then is dropped: do not wait.
    const [data, from] = socket.recvfrom(max_packet_size, MSG_DONTWAIT);
    return [[unshared(data), socket], from];
  }

  /**
   * Does nothing: all requests share the socket.
   *
   * @param request The datagram.
   */
  override shutdown_request(request: Datagram): void {
    this.close_request(request);
  }

  /**
   * Does nothing: all requests share the socket.
   *
   * @param _request The datagram.
   */
  override close_request(_request: Datagram): void {}
}

/**
 * Makes a datagram server, with `new` or without, and has its class variables.
 *
 * `Family` is the type of the family's addresses, `Default` of the usual ones.
 */
export interface DatagramServerConstructor<
  Family extends Address,
  Default extends Family,
> extends DatagramServerVariables {
  /** Makes a server. */
  new <A extends Family = Default>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Datagram>,
    bind_and_activate?: boolean | ServerOptions,
  ): DatagramServer<A>;
  /**
   * Makes a server.
   *
   * @param server_address The address to bind.
   * @param RequestHandlerClass The class of the handlers.
   * @param bind_and_activate Whether to bind and listen at once: `true` by default; or
   * {@linkcode ServerOptions}.
   */
  <A extends Family = Default>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Datagram>,
    bind_and_activate?: boolean | ServerOptions,
  ): DatagramServer<A>;
  /** The prototype, for `instanceof`. */
  readonly prototype: DatagramServer<Family>;
}

/** Python's `socketserver.UDPServer` as a type. */
export type UDPServer<A extends Address = InetAddress> = DatagramServer<A>;

/**
 * A server on UDP: Python's `socketserver.UDPServer`.
 *
 * @param server_address `[host, port]`; host `""` for every interface, port 0 for any free
 * port.
 * @param RequestHandlerClass The class of the handlers, one for each datagram.
 * @param bind_and_activate Whether to call `server_bind()` and `server_activate()`: `true` by
 * default. Or {@linkcode ServerOptions}.
 * @throws {OSError} EADDRINUSE, EADDRNOTAVAIL, EACCES.
 * @throws {gaierror} If the host cannot be resolved.
 * @throws {Deno.errors.NotCapable} If `--deny-net` refuses the address.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import * as socketserver from "@iomux/py/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class Echo extends socketserver.DatagramRequestHandler {
 *   override handle() {
 *     this.wfile.write(this.rfile.read());
 *   }
 * }
 * using server = socketserver.UDPServer(["localhost", 0], Echo);
 * using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
 * client.sendto(new TextEncoder().encode("hello"), server.server_address);
 * server.handle_request();
 * assertEquals(new TextDecoder().decode(client.recv(64)), "hello");
 * ```
 */
export const UDPServer: DatagramServerConstructor<Address, InetAddress> =
  callable("UDPServer", DatagramServer);

/** An AF_UNIX address: a path, an abstract name, or its bytes where it is not UTF-8. */
export type UnixAddress = string | Uint8Array;

/** Python's `socketserver.UnixStreamServer` as a type. */
export type UnixStreamServer<A extends UnixAddress = string> = SocketServer<A>;

class UnixStream extends SocketServer<string> {
  static override address_family: number = AF_UNIX;
}

/**
 * A stream server of AF_UNIX: Python's `socketserver.UnixStreamServer`. Closing it does not
 * remove the path.
 *
 * @param server_address A path that does not exist yet; an abstract name (`"\0..."`); `""` for
 * any free abstract name.
 * @param RequestHandlerClass The class of the handlers, one for each client.
 * @param bind_and_activate Whether to call `server_bind()` and `server_activate()`: `true` by
 * default. Or {@linkcode ServerOptions}.
 * @throws {OSError} EADDRINUSE, ENOENT, EACCES.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import * as socketserver from "@iomux/py/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class Echo extends socketserver.BaseRequestHandler {
 *   override handle() {
 *     this.request.sendall(this.request.recv(1024));
 *   }
 * }
 * using server = socketserver.UnixStreamServer("", Echo);
 * using client = socket.socket(socket.AF_UNIX);
 * client.connect(server.server_address);
 * client.sendall(new TextEncoder().encode("hello"));
 * server.handle_request();
 * assertEquals(new TextDecoder().decode(client.recv(64)), "hello");
 * ```
 */
export const UnixStreamServer: StreamServerConstructor<UnixAddress, string> =
  callable("UnixStreamServer", UnixStream);

/** Python's `socketserver.UnixDatagramServer` as a type. */
export type UnixDatagramServer<A extends UnixAddress = string> = DatagramServer<
  A
>;

class UnixDatagram extends DatagramServer<string> {
  static override address_family: number = AF_UNIX;
}

/**
 * A datagram server of AF_UNIX: Python's `socketserver.UnixDatagramServer`. Only a bound
 * client has an address to answer.
 *
 * @param server_address A path that does not exist yet; an abstract name (`"\0..."`); `""` for
 * any free abstract name.
 * @param RequestHandlerClass The class of the handlers, one for each datagram.
 * @param bind_and_activate Whether to call `server_bind()` and `server_activate()`: `true` by
 * default. Or {@linkcode ServerOptions}.
 * @throws {OSError} EADDRINUSE, ENOENT, EACCES.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import * as socketserver from "@iomux/py/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class Echo extends socketserver.DatagramRequestHandler {
 *   override handle() {
 *     this.wfile.write(this.rfile.read());
 *   }
 * }
 * using server = socketserver.UnixDatagramServer("", Echo);
 * using client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);
 * client.bind("");
 * client.sendto(new TextEncoder().encode("hello"), server.server_address);
 * server.handle_request();
 * assertEquals(new TextDecoder().decode(client.recv(64)), "hello");
 * ```
 */
export const UnixDatagramServer: DatagramServerConstructor<
  UnixAddress,
  string
> = callable("UnixDatagramServer", UnixDatagram);
