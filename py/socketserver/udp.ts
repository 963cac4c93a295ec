import { callable } from "../callable.ts";
import type {
  Address,
  AddressLike,
  InetAddress,
} from "../socket/address_types.ts";
import { MSG_DONTWAIT, SOCK_DGRAM } from "../socket/constants/mod.ts";
import type { Socket } from "../socket/socket.ts";
import type { RequestHandlerClass } from "./handler.ts";
import { SocketServer, type SocketServerVariables } from "./tcp.ts";

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
    return [[data, socket], from];
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
    bind_and_activate?: boolean,
  ): DatagramServer<A>;
  /** Makes a server. */
  <A extends Address = InetAddress>(
    server_address: AddressLike,
    RequestHandlerClass: RequestHandlerClass<Datagram>,
    bind_and_activate?: boolean,
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
 * @param bind_and_activate `false` to call `server_bind()` oneself.
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
