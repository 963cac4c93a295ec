import { callable } from "../callable.ts";
import type { AddressLike } from "../socket/address_types.ts";
import { AF_UNIX } from "../socket/constants/mod.ts";
import type { Socket } from "../socket/socket.ts";
import type { RequestHandlerClass } from "./handler.ts";
import { SocketServer, type SocketServerVariables } from "./tcp.ts";
import {
  type Datagram,
  DatagramServer,
  type DatagramServerVariables,
} from "./udp.ts";

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
    bind_and_activate?: boolean,
  ): UnixSocketServer<A>;
  /** Makes a server. */
  <A extends UnixAddress = string>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Socket>,
    bind_and_activate?: boolean,
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
    bind_and_activate?: boolean,
  ): UnixDatagramSocketServer<A>;
  /** Makes a server. */
  <A extends UnixAddress = string>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Datagram>,
    bind_and_activate?: boolean,
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
 * @param server_address A path, which must not exist yet, or an abstract name (`"\0..."`).
 * @param RequestHandlerClass What makes a handler for each client, who is its request.
 * @param bind_and_activate `false` to call `server_bind()` and `server_activate()` oneself.
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
 * using server = socketserver.UnixStreamServer("\0iomux-stream", Echo);
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
 * @param server_address A path, which must not exist yet, or an abstract name (`"\0..."`).
 * @param RequestHandlerClass What makes a handler for each datagram.
 * @param bind_and_activate `false` to call `server_bind()` oneself.
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
 * using server = socketserver.UnixDatagramServer("\0iomux-datagram", Echo);
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
