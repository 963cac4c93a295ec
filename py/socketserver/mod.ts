/**
 * Python's `socketserver` module: servers that make a handler for each request.
 *
 * - {@linkcode TCPServer}, {@linkcode UnixStreamServer}: each connection is a request.
 * - {@linkcode UDPServer}, {@linkcode UnixDatagramServer}: each datagram is a request.
 * - {@linkcode StreamRequestHandler}, {@linkcode DatagramRequestHandler}: read a request and
 *   write the answer like files. {@linkcode BaseRequestHandler} has only the socket.
 *
 * `serve_forever()` handles one client after another; further clients wait in the queue of the
 * socket. There is no `ThreadingMixIn` and no `ForkingMixIn`: instead, `serve_foreverAsync()`
 * serves clients concurrently if `handle()` is `async` and awaits the `Async` twins.
 *
 * @example Concurrent clients
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
  type DatagramServerConstructor,
  type DatagramServerVariables,
  type ServerOptions,
  type SocketServer,
  type SocketServerVariables,
  type StreamServerConstructor,
  TCPServer,
  UDPServer,
  type UnixAddress,
  UnixDatagramServer,
  UnixStreamServer,
} from "./server.ts";
export type {
  BaseReader,
  BaseWriter,
  Reader,
  Source,
  Target,
  Writer,
} from "../socket/makefile.ts";
