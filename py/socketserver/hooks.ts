import type { Address } from "../socket/address_types.ts";
import { shown_address } from "../socket/repr.ts";
import type { Socket } from "../socket/socket.ts";
import { type RequestHandlerClass, run } from "./handler.ts";

/** The class variables of every server. */
export interface ServerVariables {
  /** See `timeout` of {@linkcode Hooks}. */
  timeout: number | null;
}

const RULE = "-".repeat(40);

/**
 * What a server does with one request, step by step; the base of `BaseServer`. A subclass
 * overrides the step that it does otherwise.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import * as socketserver from "@iomux/py/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class Local extends socketserver.TCPServer {
 *   override verify_request(_request: socket.Socket, [host]: [string, number]) {
 *     return host.startsWith("127.");
 *   }
 * }
 * class Greet extends socketserver.StreamRequestHandler {
 *   override handle() {
 *     this.wfile.write(new TextEncoder().encode("hello"));
 *   }
 * }
 * using server = new Local(["127.0.0.1", 0], Greet);
 * using client = socket.create_connection(server.server_address);
 * server.handle_request();
 * assertEquals(new TextDecoder().decode(client.recv(64)), "hello");
 * ```
 */
export abstract class Hooks<A, Request> {
  /** Seconds that `handle_request()` waits; `null` for ever. */
  static timeout: number | null = null;

  /** Where it serves: as given to the constructor, and once bound, as it is. */
  server_address: A;
  /** What makes a handler for each request. */
  RequestHandlerClass: RequestHandlerClass<Request>;
  /** The socket that requests come from. */
  abstract readonly socket: Socket;
  /** The class variables, and before them those set on this server. */
  protected readonly variables: ServerVariables;

  /**
   * For classes that extend `BaseServer`.
   *
   * @param server_address Where to serve.
   * @param RequestHandlerClass What makes a handler for each request.
   */
  constructor(
    server_address: A,
    RequestHandlerClass: RequestHandlerClass<Request>,
  ) {
    this.server_address = server_address;
    this.RequestHandlerClass = RequestHandlerClass;
    this.variables = Object.create(new.target);
  }

  /** Seconds that `handle_request()` waits; `null` for ever. */
  get timeout(): number | null {
    return this.variables.timeout;
  }
  set timeout(timeout: number | null) {
    this.variables.timeout = timeout;
  }

  /** Called before the server waits: throws if it is not to. */
  protected check(): void {}

  /** Called by the constructor once the server is bound. */
  server_activate(): void {}

  /** Closes the server; a loop that serves ends. */
  server_close(): void {}

  /** Called in a loop that serves after each request, and while nobody comes. */
  service_actions(): void {}

  /** Called by `handle_request()` when nobody came in time. */
  handle_timeout(): void {}

  /**
   * Gets the request that is there.
   *
   * @returns The request and where it came from.
   * @throws {OSError} If it is gone: the server then goes on with the next.
   */
  abstract get_request(): [request: Request, client_address: Address];

  /**
   * Says whether to handle a request.
   *
   * @param _request The request.
   * @param _client_address Where it came from.
   * @returns `false` to shut it down unhandled.
   */
  verify_request(_request: Request, _client_address: Address): boolean {
    return true;
  }

  /**
   * Handles a request and shuts it down: `finish_request()`, then `shutdown_request()`.
   *
   * @param request The request.
   * @param client_address Where it came from.
   * @returns A promise if `handle()` is `async`.
   */
  process_request(
    request: Request,
    client_address: Address,
  ): void | Promise<void> {
    const done = this.finish_request(request, client_address);
    if (!(done instanceof Promise)) return this.shutdown_request(request);
    return done.then(() => this.shutdown_request(request));
  }

  /**
   * Makes a handler of the request and has it `setup()`, `handle()` and `finish()`.
   *
   * @param request The request.
   * @param client_address Where it came from.
   * @returns A promise if `handle()` is `async`.
   */
  finish_request(
    request: Request,
    client_address: Address,
  ): void | Promise<void> {
    const { RequestHandlerClass } = this;
    // A handler may be written for one kind of server and of address.
    return run(
      new RequestHandlerClass(
        request,
        client_address as never,
        this as never,
      ),
    );
  }

  /**
   * Ends a request in order, and closes it.
   *
   * @param request The request.
   */
  shutdown_request(request: Request): void {
    this.close_request(request);
  }

  /**
   * Closes a request.
   *
   * @param _request The request.
   */
  close_request(_request: Request): void {}

  /**
   * Called with what a handler throws: prints it on standard error. What it throws itself
   * ends the server.
   *
   * @param _request The request.
   * @param client_address Where it came from.
   * @param error What was thrown.
   */
  handle_error(
    _request: Request,
    client_address: Address,
    error: unknown,
  ): void {
    const from = shown_address(client_address);
    console.error(RULE);
    console.error(
      `Exception occurred during processing of request from ${from}`,
    );
    console.error(error);
    console.error(RULE);
  }
}
