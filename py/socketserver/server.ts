import { unshared } from "../../ffi/memory.ts";
import { callable, keywords } from "../arguments.ts";
import { OSError } from "../exceptions.ts";
import type { Address, AddressLike, InetAddress } from "../socket/address.ts";
import {
  AF_INET,
  AF_INET6,
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
import type { Socket } from "../socket/socket.ts";
import {
  BaseServer,
  type RequestHandlerClass,
  type ServerVariables,
} from "./base.ts";

/** The class variables of {@linkcode SocketServer}. */
export interface SocketServerVariables extends ServerVariables {
  /** AF_INET, AF_INET6 or AF_UNIX. */
  address_family: number;
  /** SOCK_STREAM or SOCK_DGRAM. */
  socket_type: number;
  /** How many clients may wait to be accepted. */
  request_queue_size: number;
  /** Whether to set SO_REUSEADDR. */
  allow_reuse_address: boolean;
  /** Whether to set SO_REUSEPORT. */
  allow_reuse_port: boolean;
}

// What the constructor has read by the time that a subclass's fields exist.
const READ = [
  "address_family",
  "socket_type",
  "request_queue_size",
  "allow_reuse_address",
  "allow_reuse_port",
];

/** What the servers take by keyword. */
export interface ServerOptions {
  /** `false` to call `server_bind()` and `server_activate()` oneself; `true` by default. */
  readonly bind_and_activate?: boolean | undefined;
}

/** A server with a socket of its own: what {@linkcode TCPServer} makes. */
export class SocketServer<A extends Address = InetAddress, Request = Socket>
  extends BaseServer<A, Request> {
  /** AF_INET, AF_INET6 or AF_UNIX. */
  static address_family: number = AF_INET;
  /** SOCK_STREAM. */
  static socket_type: number = SOCK_STREAM;
  /** How many clients may wait to be accepted. */
  static request_queue_size = 5;
  /** Whether to set SO_REUSEADDR: serve where connections of the last run still linger. */
  static allow_reuse_address = false;
  /** Whether to set SO_REUSEPORT: share the address with other sockets of this user. */
  static allow_reuse_port = false;

  /** The socket that listens. */
  readonly socket: Socket;
  /** The class variables, and before them those set on this server. */
  declare protected readonly variables: SocketServerVariables;
  readonly #activated: boolean;

  /**
   * Makes a server; see {@linkcode TCPServer}.
   *
   * @param server_address Where to serve.
   * @param RequestHandlerClass What makes a handler for each request.
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

  /** How many clients may wait to be accepted. */
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

  /** Whether `server_bind()` sets SO_REUSEPORT, of AF_INET and AF_INET6. */
  get allow_reuse_port(): boolean {
    return this.variables.allow_reuse_port;
  }
  set allow_reuse_port(allow: boolean) {
    this.variables.allow_reuse_port = allow;
  }

  /**
   * Gives the socket its address, and the server the address that it then has.
   *
   * @throws {OSError} EADDRINUSE, EADDRNOTAVAIL, EACCES.
   * @throws {gaierror} If the host cannot be resolved.
   */
  server_bind(): void {
    if (this.allow_reuse_address) {
      this.socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
    }
    const { address_family } = this;
    // Since 6.12.9 Linux refuses it of other families.
    const internet = address_family === AF_INET || address_family === AF_INET6;
    if (this.allow_reuse_port && internet) {
      this.socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1);
    }
    this.socket.bind(this.server_address);
    this.server_address = this.socket.getsockname() as A;
  }

  /** Lets clients connect. */
  override server_activate(): void {
    this.socket.listen(this.request_queue_size);
  }

  /** Closes the socket; a loop that serves ends. */
  override server_close(): void {
    this.socket.close();
  }

  /**
   * The socket's descriptor, to wait on.
   *
   * @returns The descriptor, -1 once the server is closed.
   */
  fileno(): number {
    return this.socket.fileno();
  }

  /** Refuses a subclass's field for what must be static. */
  protected override check(): void {
    const late = this.#activated &&
      READ.find((name) => Object.hasOwn(this, name));
    if (late) {
      throw new TypeError(
        `${late} came too late for the constructor: make it static ${late}`,
      );
    }
  }

  /**
   * Accepts a client.
   *
   * @returns A socket to talk to it, and its address.
   */
  get_request(): [request: Request, client_address: Address] {
    return this.socket.accept() as [Request & Socket, Address];
  }

  /**
   * Lets the client read the end, and closes the connection.
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

/** Makes a {@linkcode TCPServer}, with `new` or without; it has its class variables. */
export interface TCPServerConstructor extends SocketServerVariables {
  /** Makes a server. */
  new <A extends Address = InetAddress>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Socket>,
    bind_and_activate?: boolean | ServerOptions,
  ): SocketServer<A>;
  /** Makes a server. */
  <A extends Address = InetAddress>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Socket>,
    bind_and_activate?: boolean | ServerOptions,
  ): SocketServer<A>;
  /** What `instanceof` looks at. */
  readonly prototype: SocketServer<Address>;
}

/** A server on TCP as a type. */
export type TCPServer<A extends Address = InetAddress, Request = Socket> =
  SocketServer<A, Request>;

/**
 * A server on TCP: Python's `socketserver.TCPServer`.
 *
 * @param server_address `[host, port]`; host `""` for every interface, port 0 for any free
 * one.
 * @param RequestHandlerClass What makes a handler for each client, who is its request.
 * @param bind_and_activate `false` to call `server_bind()` and `server_activate()` oneself.
 * Or {@linkcode ServerOptions}.
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
export const TCPServer: TCPServerConstructor = callable(
  "TCPServer",
  SocketServer,
);

/** The request of a datagram: its bytes, and the server's socket to answer with. */
export type Datagram = [data: Uint8Array<ArrayBuffer>, socket: Socket];

/** The class variables of {@linkcode DatagramServer}. */
export interface DatagramServerVariables extends SocketServerVariables {
  /** The most bytes of a datagram. */
  max_packet_size: number;
}

/** A server that has no connections: what {@linkcode UDPServer} makes. */
export class DatagramServer<A extends Address = InetAddress>
  extends SocketServer<A, Datagram> {
  /** SOCK_DGRAM. */
  static override socket_type: number = SOCK_DGRAM;
  /** The most bytes of a datagram; the rest is lost. */
  static max_packet_size = 8192;

  /** The class variables, and before them those set on this server. */
  declare protected readonly variables: DatagramServerVariables;

  /** The most bytes of a datagram; the rest is lost. */
  get max_packet_size(): number {
    return this.variables.max_packet_size;
  }
  set max_packet_size(size: number) {
    this.variables.max_packet_size = size;
  }

  /** Does nothing: there are no clients to connect. */
  override server_activate(): void {}

  /**
   * Receives a datagram.
   *
   * @returns Its bytes and the server's socket; and where it came from.
   */
  override get_request(): [request: Datagram, client_address: Address] {
    const { max_packet_size, socket } = this;
    // One with a bad checksum is ready, and then is not there.
    const [data, from] = socket.recvfrom(max_packet_size, MSG_DONTWAIT);
    return [[unshared(data), socket], from];
  }

  /**
   * Does nothing: the socket serves all.
   *
   * @param request The datagram.
   */
  override shutdown_request(request: Datagram): void {
    this.close_request(request);
  }

  /**
   * Does nothing: the socket serves all.
   *
   * @param _request The datagram.
   */
  override close_request(_request: Datagram): void {}
}

/** Makes a {@linkcode UDPServer}, with `new` or without; it has its class variables. */
export interface UDPServerConstructor extends DatagramServerVariables {
  /** Makes a server. */
  new <A extends Address = InetAddress>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Datagram>,
    bind_and_activate?: boolean | ServerOptions,
  ): DatagramServer<A>;
  /** Makes a server. */
  <A extends Address = InetAddress>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Datagram>,
    bind_and_activate?: boolean | ServerOptions,
  ): DatagramServer<A>;
  /** What `instanceof` looks at. */
  readonly prototype: DatagramServer<Address>;
}

/** A server on UDP as a type. */
export type UDPServer<A extends Address = InetAddress> = DatagramServer<A>;

/**
 * A server on UDP: Python's `socketserver.UDPServer`. Each datagram is a request of its own.
 *
 * @param server_address `[host, port]`; host `""` for every interface, port 0 for any free
 * one.
 * @param RequestHandlerClass What makes a handler for each datagram.
 * @param bind_and_activate `false` to call `server_bind()` oneself. Or
 * {@linkcode ServerOptions}.
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
export const UDPServer: UDPServerConstructor = callable(
  "UDPServer",
  DatagramServer,
);

/** An AF_UNIX address: a path, an abstract name, or its bytes where it is not UTF-8. */
export type UnixAddress = string | Uint8Array;

/** A stream server of AF_UNIX: what {@linkcode UnixStreamServer} makes. */
export class UnixSocketServer<A extends UnixAddress = string>
  extends SocketServer<A> {
  /** AF_UNIX. */
  static override address_family: number = AF_UNIX;
}

/** A datagram server of AF_UNIX: what {@linkcode UnixDatagramServer} makes. */
export class UnixDatagramSocketServer<A extends UnixAddress = string>
  extends DatagramServer<A> {
  /** AF_UNIX. */
  static override address_family: number = AF_UNIX;
}

/** Makes a {@linkcode UnixStreamServer}, with `new` or without; it has its class variables. */
export interface UnixStreamServerConstructor extends SocketServerVariables {
  /** Makes a server. */
  new <A extends UnixAddress = string>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Socket>,
    bind_and_activate?: boolean | ServerOptions,
  ): UnixSocketServer<A>;
  /** Makes a server. */
  <A extends UnixAddress = string>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Socket>,
    bind_and_activate?: boolean | ServerOptions,
  ): UnixSocketServer<A>;
  /** What `instanceof` looks at. */
  readonly prototype: UnixSocketServer<UnixAddress>;
}

/** Makes a {@linkcode UnixDatagramServer}, with `new` or without; it has its class variables. */
export interface UnixDatagramServerConstructor extends DatagramServerVariables {
  /** Makes a server. */
  new <A extends UnixAddress = string>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Datagram>,
    bind_and_activate?: boolean | ServerOptions,
  ): UnixDatagramSocketServer<A>;
  /** Makes a server. */
  <A extends UnixAddress = string>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Datagram>,
    bind_and_activate?: boolean | ServerOptions,
  ): UnixDatagramSocketServer<A>;
  /** What `instanceof` looks at. */
  readonly prototype: UnixDatagramSocketServer<UnixAddress>;
}

/** A stream server of AF_UNIX as a type. */
export type UnixStreamServer<A extends UnixAddress = string> = UnixSocketServer<
  A
>;

/** A datagram server of AF_UNIX as a type. */
export type UnixDatagramServer<A extends UnixAddress = string> =
  UnixDatagramSocketServer<A>;

/**
 * A stream server of AF_UNIX: Python's `socketserver.UnixStreamServer`. It leaves the path
 * behind when it is closed.
 *
 * @param server_address A path, which must not exist yet; an abstract name (`"\0..."`); `""`
 * for any free one of these.
 * @param RequestHandlerClass What makes a handler for each client, who is its request.
 * @param bind_and_activate `false` to call `server_bind()` and `server_activate()` oneself.
 * Or {@linkcode ServerOptions}.
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
export const UnixStreamServer: UnixStreamServerConstructor = callable(
  "UnixStreamServer",
  UnixSocketServer,
);

/**
 * A datagram server of AF_UNIX: Python's `socketserver.UnixDatagramServer`. Only clients
 * that are bound have an address to answer to.
 *
 * @param server_address A path, which must not exist yet; an abstract name (`"\0..."`); `""`
 * for any free one of these.
 * @param RequestHandlerClass What makes a handler for each datagram.
 * @param bind_and_activate `false` to call `server_bind()` oneself. Or
 * {@linkcode ServerOptions}.
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
export const UnixDatagramServer: UnixDatagramServerConstructor = callable(
  "UnixDatagramServer",
  UnixDatagramSocketServer,
);
