/**
 * Python's `socketserver` module: servers that hand each request to an object of a class.
 *
 * - {@linkcode TCPServer}, {@linkcode UnixStreamServer}: each client that connects is a
 *   request.
 * - {@linkcode UDPServer}, {@linkcode UnixDatagramServer}: each datagram is.
 * - {@linkcode StreamRequestHandler}, {@linkcode DatagramRequestHandler}: read a request and
 *   write the answer like files; {@linkcode BaseRequestHandler} has the socket alone.
 *
 * There are no threads and no processes: `ThreadingMixIn`, `ForkingMixIn` and the servers
 * made with them are not here. `serve_forever()` handles one client after the other, and
 * whoever connects meanwhile waits. In the place of threads, `serve_foreverAsync()` serves
 * clients side by side if `handle()` is `async` and awaits the `Async` twins.
 *
 * @example Clients side by side
 * ```ts
 * import * as socket from "@iomux/py/socket";
 * import * as socketserver from "@iomux/py/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class Echo extends socketserver.StreamRequestHandler {
 *   override async handle() {
 *     for await (const line of this.rfile) await this.wfile.writeAsync(line);
 *   }
 * }
 *
 * using server = socketserver.TCPServer(["localhost", 0], Echo);
 * const served = server.serve_foreverAsync();
 *
 * const first = socket.create_connection(server.server_address);
 * const second = socket.create_connection(server.server_address);
 * second.sendall(new TextEncoder().encode("me first\n"));
 * assertEquals(new TextDecoder().decode(await second.recvAsync(64)), "me first\n");
 * first.close();
 * second.close();
 *
 * server.shutdown();
 * await served;
 * ```
 *
 * @module
 */

export {
  BaseServer,
  type Handling,
  type RequestHandlerClass,
  type ServeOptions,
  type ServerVariables,
} from "./base.ts";
export {
  BaseRequestHandler,
  DatagramRequestHandler,
  StreamRequestHandler,
} from "./handler.ts";
export {
  type Datagram,
  type DatagramServer,
  type DatagramServerVariables,
  type ServerOptions,
  type SocketServer,
  type SocketServerVariables,
  TCPServer,
  type TCPServerConstructor,
  UDPServer,
  type UDPServerConstructor,
  type UnixAddress,
  UnixDatagramServer,
  type UnixDatagramServerConstructor,
  type UnixDatagramSocketServer,
  type UnixSocketServer,
  UnixStreamServer,
  type UnixStreamServerConstructor,
} from "./server.ts";
export type { Reader, Source, Target, Writer } from "../socket/makefile.ts";
