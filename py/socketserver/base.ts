import { type HasFileno, type Keywords, keywords } from "../arguments.ts";
import { OSError, RuntimeError } from "../exceptions.ts";
import { check_signal, type WaitOptions } from "../pending.ts";
import { repr } from "../repr.ts";
import { EVENT_READ, PollSelector, type Selector } from "../selectors.ts";
import type { Address, InetAddress } from "../socket/address.ts";
import type { Socket } from "../socket/socket.ts";

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

/** The class variables of every server. */
export interface ServerVariables {
  /** See `timeout` of {@linkcode BaseServer}. */
  timeout: number | null;
}

/** What {@linkcode BaseServer.serve_forever} takes by keyword. */
export interface ServeOptions {
  /** Seconds from one `service_actions()` to the next while no client comes: 0.5 if left out. */
  readonly poll_interval?: number | undefined;
}

const SERVE = ["poll_interval"];

const RULE = "-".repeat(40);

// What nobody could be accepted for (EMFILE) goes on for a while: do not spin on it.
const BACK_OFF = 10;

/** Why the wait of a loop ends when it is to end in order. */
const ASKED = Symbol("shutdown");

/** A loop that does not stop the event loop. */
interface Loop {
  /** Ends its wait. */
  readonly stop: AbortController;
  /** Rejects with what ends it out of order. */
  readonly failed: PromiseWithResolvers<never>;
  /** The handlers at work. */
  readonly at_work: Set<Promise<void>>;
}

/**
 * What all servers have in common: Python's `socketserver.BaseServer`.
 *
 * There are no threads. {@linkcode serve_forever} handles one request at a time and blocks,
 * event loop and all, so that {@linkcode shutdown} is for a handler or `service_actions()`
 * to call. With {@linkcode serve_foreverAsync} the event loop runs on, anybody may call it,
 * and handlers whose `handle()` is `async` serve their clients side by side.
 *
 * A server's class variables are static, since the constructor reads them before the fields
 * of a subclass exist: `static override allow_reuse_address = true`. On a server they can be
 * set, too.
 *
 * What it does with one request, step by step, are the methods from
 * {@linkcode BaseServer.get_request} on: a subclass overrides the step that it does otherwise.
 *
 * `A` is the type of its address, `Request` of what a handler is given.
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
  /** Seconds that `handle_request()` waits; `null` for ever. */
  static timeout: number | null = null;

  #asked = false;
  #serving = false;
  #loop: Loop | null = null;

  /** Where it serves: as given to the constructor, and once bound, as it is. */
  server_address: A;
  /** What makes a handler for each request. */
  RequestHandlerClass: RequestHandlerClass<Request>;
  /** The socket that requests come from. */
  abstract readonly socket: Socket;
  /** The class variables, and before them those set on this server. */
  protected readonly variables: ServerVariables;

  /**
   * For classes that extend this one.
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

  /** The descriptor that is readable once a request comes; -1 once the server is closed. */
  abstract fileno(): number;

  /** Closes the server at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.server_close();
  }

  /**
   * Handles one request at a time until `shutdown()` is called or the server is closed.
   * Timers, promises and signal listeners wait meanwhile.
   *
   * @param poll_interval Seconds, fractional, from one `service_actions()` to the next while
   * no client comes: 0.5 if left out. Or {@linkcode ServeOptions}.
   * @throws {RuntimeError} If it serves already.
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
      // Once the server is closed, its descriptor may be another's.
      while (!this.#asked && this.fileno() === fd) {
        const ready = selector.select(interval as number);
        if (ready.length > 0) this.#handle();
        this.service_actions();
      }
    } finally {
      this.#asked = this.#serving = false;
    }
  }

  /**
   * Serves as {@linkcode serve_forever} does, without stopping the event loop.
   *
   * Handlers whose `handle()` is `async` are not waited for: the next request is handled
   * beside them, as `ThreadingMixIn` does it in Python.
   *
   * @param interval `poll_interval` as `serve_forever` takes it; and `signal`, to end it at
   * once.
   * @returns When `shutdown()` was called or the server closed, and all handlers are done.
   * @throws {RuntimeError} If it serves already.
   * @throws The signal's reason once it aborts; what `handle_error()` throws.
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
      at_work: new Set<Promise<void>>(),
    };
    loop.failed.promise.catch(() => {});
    const abort = () => fail(loop, signal!.reason);
    signal?.addEventListener("abort", abort);
    try {
      await this.#serve(loop, poll_interval);
      await Promise.race([loop.failed.promise, Promise.all(loop.at_work)]);
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#asked = this.#serving = false;
      this.#loop = null;
    }
  }

  async #serve(loop: Loop, poll_interval: number): Promise<void> {
    using selector = PollSelector();
    const fd = this.#register(selector);
    const { signal } = loop.stop;
    while (!this.#asked && this.fileno() === fd) {
      const ready = await selector.selectAsync(poll_interval, { signal })
        .catch((error) => {
          if (error === ASKED || this.fileno() !== fd) return null;
          throw error;
        });
      if (ready === null || this.#asked) return;
      if (ready.length > 0 && !this.#start(loop)) {
        await new Promise((resolve) => setTimeout(resolve, BACK_OFF));
      }
      this.service_actions();
    }
  }

  /** Starts to handle a request; `false` if there was none after all. */
  #start(loop: Loop): boolean {
    const got = this.#get();
    if (got === null) return false;
    const done = this.#process(...got);
    if (done === undefined) return true;
    loop.at_work.add(done);
    done.catch((error) => fail(loop, error))
      .finally(() => loop.at_work.delete(done));
    return true;
  }

  /**
   * Ends {@linkcode serve_forever} or {@linkcode serve_foreverAsync}: nobody is accepted from
   * now on. It does not wait for them to return. Before they are called, it ends the next.
   */
  shutdown(): void {
    this.#asked = true;
    this.#loop?.stop.abort(ASKED);
  }

  /**
   * Handles one request, or calls `handle_timeout()` once nobody came for `timeout` seconds,
   * or for the socket's own time-out if that is shorter.
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
    const ready = selector.select(this.#patience());
    if (ready.length > 0) this.#handle();
    else this.handle_timeout();
  }

  /**
   * Handles one request as {@linkcode handle_request} does, without stopping the event loop.
   *
   * @param options `signal`, to end the wait for it.
   * @returns When the handler is done, `async` or not.
   * @throws The signal's reason once it aborts; `OSError` EBADF if the server is closed
   * meanwhile.
   */
  async handle_requestAsync(options: WaitOptions = {}): Promise<void> {
    using selector = PollSelector();
    this.#register(selector);
    const ready = await selector.selectAsync(this.#patience(), options);
    if (ready.length === 0) return this.handle_timeout();
    const got = this.#get();
    if (got !== null) await this.#process(...got);
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

  #patience(): number | null {
    const own = this.socket.gettimeout();
    if (own === null || this.timeout === null) return own ?? this.timeout;
    return Math.min(own, this.timeout);
  }

  #get(): [request: Request, client_address: Address] | null {
    try {
      return this.get_request();
    } catch (error) {
      if (error instanceof OSError) return null;
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
    const got = this.#get();
    if (got !== null && this.#process(...got) instanceof Promise) {
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

/** Has a request handled. */
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
