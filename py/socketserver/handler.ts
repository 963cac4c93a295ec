import type { Address, InetAddress } from "../socket/address_types.ts";
import type { Socket } from "../socket/socket.ts";
import type { BaseServer } from "./base.ts";

/**
 * What makes a handler for a request: a class that extends {@linkcode BaseRequestHandler}, as
 * a rule.
 */
export type RequestHandlerClass<Request> = new (
  request: Request,
  client_address: never,
  server: never,
) => Handling;

/** What a server does with a handler. */
export interface Handling {
  /** Called first. */
  setup(): void;
  /** Called then. */
  handle(): void | Promise<void>;
  /** Called last, whatever `handle()` throws. */
  finish(): void | Promise<void>;
}

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
 * import { socket, socketserver } from "@iomux/py";
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

/** Has a request handled. */
export function run(handler: Handling): void | Promise<void> {
  handler.setup();
  let done: void | Promise<void>;
  try {
    done = handler.handle();
  } catch (error) {
    handler.finish();
    throw error;
  }
  return done instanceof Promise
    ? done.finally(() => handler.finish())
    : handler.finish();
}
