import { type HasFileno, type Keywords, keywords } from "../arguments.ts";
import { BlockingIOError, OSError, RuntimeError } from "../exceptions.ts";
import { check_signal, type WaitOptions } from "../pending.ts";
import { repr } from "../repr.ts";
import { EVENT_READ, PollSelector, type Selector } from "../selectors.ts";
import type { Address, InetAddress } from "../socket/address.ts";
import { without_waiting } from "../socket/connection.ts";
import { handle_of, type Socket } from "../socket/socket.ts";

/**
 * The class of a server's handlers, usually a subclass of {@linkcode BaseRequestHandler}.
 */
export type RequestHandlerClass<Request> = new (
  request: Request,
  client_address: never,
  server: never,
) => Handling;

/** The methods that a server calls on a handler, in this order. */
export interface Handling {
  /** Prepares the handler. */
  setup(): void;
  /** Handles the request. */
  handle(): void | Promise<void>;
  /** Cleans up, even if `handle()` throws. */
  finish(): void | Promise<void>;
}

/** The class variables of every server. */
export type ServerVariables = Omit<typeof BaseServer, "prototype">;

/** Keywords of {@linkcode BaseServer.serve_forever}. */
export interface ServeOptions {
  /** Seconds between calls of `service_actions()` on an idle server: 0.5 by default. */
  readonly poll_interval?: number | undefined;
}

const SERVE = ["poll_interval"];

const RULE = "-".repeat(40);

// Milliseconds. When accept(2) fails (EMFILE), the socket stays readable: do not spin.
const BACK_OFF = 10;

/** The reason that ends a wait on `shutdown()`. */
const SHUTDOWN = Symbol("shutdown");

/** The state of `serve_foreverAsync()`. */
interface Loop {
  /** Ends its wait. */
  readonly stop: AbortController;
  /** Rejects with the error that ends the loop. */
  readonly failed: PromiseWithResolvers<never>;
  /** The handlers that have not finished. */
  readonly running: Set<Promise<void>>;
}

/**
 * The base class of all servers: Python's `socketserver.BaseServer`.
 *
 * There are no threads. {@linkcode serve_forever} handles one request at a time and blocks the
 * event loop, so only a handler or `service_actions()` can call {@linkcode shutdown}.
 * {@linkcode serve_foreverAsync} does not block the event loop: any code can call `shutdown()`,
 * and handlers with an `async handle()` run concurrently.
 *
 * Override a class variable as a static one, `static override allow_reuse_address = true`: the
 * constructor runs before the fields of a subclass exist. It can also be set on a server.
 *
 * The methods from {@linkcode BaseServer.get_request} on are the steps of one request, for a
 * subclass to override.
 *
 * `A` is the type of the server's address, `Request` the type of a handler's request.
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
export abstract class BaseServer<A = InetAddress, Request = Socket>
  implements HasFileno, Disposable {
  /** How long `handle_request()` waits, in seconds; `null` for ever. */
  static timeout: number | null = null;

  #shutting_down = false;
  #serving = false;
  #loop: Loop | null = null;

  /** The address: as given to the constructor, then as bound. */
  server_address: A;
  /** The class of the handlers. */
  RequestHandlerClass: RequestHandlerClass<Request>;
  /** The server's socket. */
  abstract readonly socket: Socket;
  /** The class variables, and those set on this server, which take precedence. */
  protected readonly variables: ServerVariables;

  /**
   * Called by subclasses.
   *
   * @param server_address The address to serve.
   * @param RequestHandlerClass The class of the handlers.
   */
  constructor(
    server_address: A,
    RequestHandlerClass: RequestHandlerClass<Request>,
  ) {
    this.server_address = server_address;
    this.RequestHandlerClass = RequestHandlerClass;
    this.variables = Object.create(new.target);
  }

  /** How long `handle_request()` waits, in seconds; `null` for ever. */
  get timeout(): number | null {
    return this.variables.timeout;
  }
  set timeout(timeout: number | null) {
    this.variables.timeout = timeout;
  }

  /** Returns the descriptor that a request makes readable; -1 once the server is closed. */
  abstract fileno(): number;

  /** Closes the server at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.server_close();
  }

  /**
   * Handles one request at a time until `shutdown()` is called or the server is closed. It
   * blocks the event loop: no timer, promise or signal listener runs meanwhile.
   *
   * @param poll_interval Fractional seconds between calls of `service_actions()` on an idle
   * server: 0.5 by default. Or {@linkcode ServeOptions}.
   * @throws {RuntimeError} If the server is already serving.
   * @throws {TypeError} If `handle()` of a handler is `async`.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import * as socketserver from "@iomux/py/socketserver";
   * import { assertEquals } from "@std/assert";
   *
   * class Last extends socketserver.BaseRequestHandler {
   *   override handle() {
   *     this.request.sendall(new TextEncoder().encode("closing time"));
   *     this.server.shutdown();
   *   }
   * }
   * using server = socketserver.TCPServer(["localhost", 0], Last);
   * using client = socket.create_connection(server.server_address);
   * server.serve_forever();
   * assertEquals(new TextDecoder().decode(client.recv(64)), "closing time");
   * ```
   */
  serve_forever(poll_interval?: number | ServeOptions): void {
    const [interval = 0.5] = keywords("serve_forever", [poll_interval], SERVE);
    this.#begin();
    try {
      using selector = PollSelector();
      const fd = this.#register(selector);
      // A closed server's descriptor may belong to another file.
      while (!this.#shutting_down && this.fileno() === fd) {
        const ready = selector.select(interval as number);
        if (ready.length > 0) this.#handle();
        this.service_actions();
      }
    } finally {
      this.#shutting_down = this.#serving = false;
    }
  }

  /**
   * Serves as {@linkcode serve_forever} does, without blocking the event loop.
   *
   * Handlers with an `async handle()` run concurrently, as with Python's `ThreadingMixIn`.
   *
   * @param interval `poll_interval` as for `serve_forever`; `signal` ends it at once.
   * @returns A promise that resolves after `shutdown()` or `server_close()`, once all handlers
   * have finished.
   * @throws {RuntimeError} If the server is already serving.
   * @throws The signal's reason once it aborts; errors of `handle_error()`.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import * as socketserver from "@iomux/py/socketserver";
   * import { assertEquals } from "@std/assert";
   *
   * class Echo extends socketserver.StreamRequestHandler {
   *   override async handle() {
   *     for await (const line of this.rfile) await this.wfile.writeAsync(line);
   *   }
   * }
   * using server = socketserver.TCPServer(["localhost", 0], Echo);
   * const served = server.serve_foreverAsync();
   * const client = socket.create_connection(server.server_address);
   * client.sendall(new TextEncoder().encode("hello\n"));
   * assertEquals(new TextDecoder().decode(await client.recvAsync(64)), "hello\n");
   * client.close();
   * server.shutdown();
   * await served;
   * ```
   */
  async serve_foreverAsync(
    ...interval: Keywords<[poll_interval: number], ServeOptions & WaitOptions>
  ): Promise<void> {
    const [poll_interval = 0.5, given] = keywords(
      "serve_foreverAsync",
      interval,
      SERVE,
      ["signal"],
    ) as [number?, unknown?];
    const signal = check_signal({ signal: given });
    signal?.throwIfAborted();
    this.#begin();
    const loop = this.#loop = {
      stop: new AbortController(),
      failed: Promise.withResolvers<never>(),
      running: new Set<Promise<void>>(),
    };
    loop.failed.promise.catch(() => {});
    const abort = () => fail(loop, signal!.reason);
    signal?.addEventListener("abort", abort);
    try {
      await this.#serve(loop, poll_interval);
      await Promise.race([loop.failed.promise, Promise.all(loop.running)]);
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#shutting_down = this.#serving = false;
      this.#loop = null;
    }
  }

  async #serve(loop: Loop, poll_interval: number): Promise<void> {
    using selector = PollSelector();
    const fd = this.#register(selector);
    const { signal } = loop.stop;
    while (!this.#shutting_down && this.fileno() === fd) {
      const ready = await selector.selectAsync(poll_interval, { signal })
        .catch((error) => {
          if (error === SHUTDOWN || this.fileno() !== fd) return null;
          throw error;
        });
      if (ready === null || this.#shutting_down) return;
      if (ready.length > 0 && !this.#start(loop)) {
        await new Promise((resolve) => setTimeout(resolve, BACK_OFF));
      }
      this.service_actions();
    }
  }

  /** Starts to handle a request; returns `false` if none can be taken for now. */
  #start(loop: Loop): boolean {
    const got = this.#get(false);
    // BlockingIOError: another process has taken it, and the socket is not readable any more.
    if (got instanceof OSError) return got instanceof BlockingIOError;
    const done = this.#process(...got);
    if (done === undefined) return true;
    loop.running.add(done);
    done.catch((error) => fail(loop, error))
      .finally(() => loop.running.delete(done));
    return true;
  }

  /**
   * Ends {@linkcode serve_forever} or {@linkcode serve_foreverAsync} before the next request,
   * without waiting for them to return. If neither is running, it ends the next call at once.
   */
  shutdown(): void {
    this.#shutting_down = true;
    this.#loop?.stop.abort(SHUTDOWN);
  }

  /**
   * Handles one request, or calls `handle_timeout()` if there is none within `timeout` seconds
   * or the socket's own time-out, whichever is shorter.
   *
   * @throws {TypeError} If `handle()` of the handler is `async`.
   *
   * @example
   * ```ts
   * import * as socketserver from "@iomux/py/socketserver";
   *
   * using server = socketserver.TCPServer(
   *   ["localhost", 0],
   *   socketserver.StreamRequestHandler,
   * );
   * server.timeout = 0.01;
   * server.handle_request();
   * ```
   */
  handle_request(): void {
    using selector = PollSelector();
    this.#register(selector);
    const ready = selector.select(this.#wait_limit());
    if (ready.length > 0) this.#handle();
    else this.handle_timeout();
  }

  /**
   * Handles one request as {@linkcode handle_request} does, without blocking the event loop.
   *
   * @param options `signal` ends the wait for a request.
   * @returns A promise that resolves once the handler has finished, `async` or not.
   * @throws The signal's reason once it aborts; `OSError` EBADF if the server is closed
   * meanwhile.
   */
  async handle_requestAsync(options: WaitOptions = {}): Promise<void> {
    using selector = PollSelector();
    this.#register(selector);
    const ready = await selector.selectAsync(this.#wait_limit(), options);
    if (ready.length === 0) return this.handle_timeout();
    const got = this.#get(false);
    if (!(got instanceof OSError)) await this.#process(...got);
  }

  /** Called before the server waits: throws if the server is not usable. */
  protected check(): void {}

  /** Called by the constructor once the server is bound. */
  server_activate(): void {}

  /** Closes the server, which ends a running loop. */
  server_close(): void {}

  /** Called by a running loop after each request, and regularly while idle. */
  service_actions(): void {}

  /** Called by `handle_request()` when its time-out expires. */
  handle_timeout(): void {}

  /**
   * Takes the next request.
   *
   * The `Async` methods of the server have its socket not wait here, whatever its time-out:
   * another process may have taken the request.
   *
   * @returns The request and the client's address.
   * @throws {OSError} If it is gone; the server then waits for the next.
   */
  abstract get_request(): [request: Request, client_address: Address];

  /**
   * Decides whether to handle a request.
   *
   * @param _request The request.
   * @param _client_address The client's address.
   * @returns `false` to shut the request down unhandled.
   */
  verify_request(_request: Request, _client_address: Address): boolean {
    return true;
  }

  /**
   * Handles a request and shuts it down: `finish_request()`, then `shutdown_request()`.
   *
   * @param request The request.
   * @param client_address The client's address.
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
   * Makes a handler and calls its `setup()`, `handle()` and `finish()`.
   *
   * @param request The request.
   * @param client_address The client's address.
   * @returns A promise if `handle()` is `async`.
   */
  finish_request(
    request: Request,
    client_address: Address,
  ): void | Promise<void> {
    const { RequestHandlerClass } = this;
    // Handlers may declare a narrower type of server and address.
    return run(
      new RequestHandlerClass(
        request,
        client_address as never,
        this as never,
      ),
    );
  }

  /**
   * Shuts a request down, and closes it.
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
   * Prints an error of a handler on standard error. An error that an override throws ends the
   * server.
   *
   * @param _request The request.
   * @param client_address The client's address.
   * @param error The error.
   */
  handle_error(
    _request: Request,
    client_address: Address,
    error: unknown,
  ): void {
    const from = repr(client_address);
    console.error(RULE);
    console.error(
      `Exception occurred during processing of request from ${from}`,
    );
    console.error(error);
    console.error(RULE);
  }

  #register(selector: Selector): number {
    this.check();
    return selector.register(this, EVENT_READ).fd;
  }

  #begin(): void {
    if (this.#serving) throw new RuntimeError("The server serves already");
    this.#serving = true;
  }

  /** The shorter of the two time-outs, in seconds; `null` for ever. */
  #wait_limit(): number | null {
    const own = this.socket.gettimeout();
    if (own === null || this.timeout === null) return own ?? this.timeout;
    return Math.min(own, this.timeout);
  }

  /** Takes a request, or returns the error: another process may have taken it first. */
  #get(
    may_wait: boolean,
  ): [request: Request, client_address: Address] | OSError {
    const get = () => this.get_request();
    try {
      return may_wait ? get() : without_waiting(handle_of(this.socket), get);
    } catch (error) {
      if (error instanceof OSError) return error;
      throw error;
    }
  }

  #process(request: Request, client_address: Address): Promise<void> | void {
    if (!this.verify_request(request, client_address)) {
      return this.shutdown_request(request);
    }
    const failed = (error: unknown) => {
      try {
        this.handle_error(request, client_address, error);
      } finally {
        this.shutdown_request(request);
      }
    };
    try {
      const done = this.process_request(request, client_address);
      return done instanceof Promise ? done.catch(failed) : undefined;
    } catch (error) {
      failed(error);
    }
  }

  #handle(): void {
    const got = this.#get(true);
    if (got instanceof OSError) return;
    if (this.#process(...got) instanceof Promise) {
      throw new TypeError(
        "handle() is async: serve with serve_foreverAsync() or handle_requestAsync()",
      );
    }
  }
}

function fail(loop: Loop, error: unknown): void {
  loop.failed.reject(error);
  loop.stop.abort(error);
}

/** Calls a handler's methods. */
function run(handler: Handling): void | Promise<void> {
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
