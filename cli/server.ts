/**
 * What servers share: listening, and an orderly stop.
 *
 * A blocking wait stops Deno's event loop, and with it the signal handlers. So a server
 * bounds each wait by {@linkcode PATIENCE}, and then turns the event loop.
 *
 * @module
 */

import { type OSError, socket } from "../mod.ts";
import { address, die, type Flag, reason, whole } from "./flags.ts";

/** The most seconds that a wait may last, and so the delay of a signal. */
export const PATIENCE = 0.25;

/** The most seconds that a server takes for an orderly stop. */
export const GRACE = 5;

/** A socket for IPv4 or IPv6. */
export type InetSocket = socket.Socket<
  socket.InetAddress | socket.Inet6Address
>;

// Milliseconds until a server without descriptors tries to accept again.
const RETRY = 1000;

/**
 * Makes the flags of a server that listens: `--host`, `--port` and `--backlog`.
 *
 * @param host The default host.
 * @param port The default port.
 *
 * @example
 * ```ts
 * import { listening, parse } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const { host, port } = parse(
 *   "shout.ts",
 *   "Answers in capitals.",
 *   listening("localhost", 10001),
 * );
 * assertEquals([host, port], ["localhost", 10001]); // no flag was given
 * ```
 */
export function listening(
  host: string,
  port: number,
): { host: Flag<string>; port: Flag<number>; backlog: Flag<number> } {
  const any = "0 for any free port";
  return {
    ...address(host, port, any),
    backlog: whole(
      socket.SOMAXCONN,
      0,
      2 ** 31 - 1,
      "NUMBER",
      "how many clients may wait to be accepted",
    ),
  };
}

/**
 * Binds. If that fails, for a port in use or an unknown host, ends the script with one line
 * and exit status 1.
 *
 * @param server A socket that is not bound.
 * @param host A name or an address.
 * @param port The port; 0 for any free port.
 * @param reuse_port Whether other programs of this user may listen on the same port.
 * @returns The real port.
 */
export function bind(
  server: InetSocket,
  host: string,
  port: number,
  reuse_port = false,
): number {
  // Or a restart fails while old connections are in TIME_WAIT.
  server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1);
  // Urgent bytes stay in their place in the stream. Accepted sockets inherit this.
  server.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1);
  if (reuse_port) {
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1);
  }
  or_die(host, port, () => server.bind([host, port]));
  const [, real] = server.getsockname();
  return real;
}

/**
 * Binds and listens. If that fails, ends the script like {@linkcode bind}.
 *
 * @param backlog How many clients may wait to be accepted.
 * @returns The real port.
 */
export function open(
  server: InetSocket,
  host: string,
  port: number,
  backlog: number,
  reuse_port = false,
): number {
  const real = bind(server, host, port, reuse_port);
  or_die(host, port, () => server.listen(backlog));
  return real;
}

/**
 * Binds and listens, and prints `starting up on HOST port PORT`. If that fails, for a port in
 * use or an unknown host, ends the script with one line and exit status 1.
 *
 * A server must outlive its terminal: from the first `listen()` or `Stop` on, `console.log` and
 * `console.error` drop lines that cannot be printed.
 *
 * @param server A socket that is not bound.
 * @param host A name or an address.
 * @param port The port; 0 for any free port.
 * @param backlog How many clients may wait to be accepted.
 * @param client A client to try, like `clients/prompt.ts`; a second line shows its command.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { listen } from "@iomux/py/cli";
 *
 * using server = socket.socket();
 * listen(server, "localhost", 0, 5, "clients/prompt.ts");
 * // starting up on localhost port 39101
 * // try: nc localhost 39101, or deno run --allow-ffi ...
 * ```
 */
export function listen(
  server: InetSocket,
  host: string,
  port: number,
  backlog: number,
  client?: string,
): void {
  say_where(host, open(server, host, port, backlog), client);
}

/** Prints a server's first line, and the commands to try it. */
export function say_where(host: string, port: number, client?: string): void {
  outlive_output();
  console.log(`starting up on ${host} port ${port}`);
  if (client === undefined) return;
  const to = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  // From the registry, a client has no path on this machine.
  const path = import.meta.url.startsWith("file:")
    ? client
    : `jsr:@iomux/py/${client.replace(/\.ts$/, "")}`;
  // The clients connect to this machine by default.
  const flags = to === "localhost" || to === "127.0.0.1" ? "" : `--host ${to} `;
  console.log(
    `try: nc ${to} ${port}, or deno run --allow-ffi ${path} ${flags}--port ${port}`,
  );
}

function or_die(host: string, port: number, attempt: () => void): void {
  try {
    attempt();
  } catch (error) {
    die(`cannot listen on ${host} port ${port}: ${reason(error)}`);
  }
}

let outlives_output = false;

/**
 * Drops lines that cannot be printed: the disk of the log is full (ENOSPC), or the terminal is
 * gone (EIO). The runtime itself drops them for EPIPE.
 */
function outlive_output(): void {
  if (outlives_output) return;
  outlives_output = true;
  for (const name of ["log", "error"] as const) {
    const print = console[name];
    console[name] = (...values: unknown[]) => {
      try {
        print(...values);
      } catch (error) {
        if (!(error instanceof Error && "code" in error)) throw error;
      }
    };
  }
}

/**
 * Stops a server in order after SIGINT or SIGTERM, and lets the event loop turn. Lines that
 * cannot be printed are dropped, as after {@linkcode listen}.
 *
 * @example
 * ```ts
 * import { select, socket } from "@iomux/py";
 * import { Stop } from "@iomux/py/cli";
 *
 * const stop = new Stop();
 * using server = socket.create_server(["127.0.0.1", 0]);
 * setTimeout(() => stop.request(), 10); // as SIGTERM does
 *
 * while (stop.goes_on(0)) {
 *   const [readable] = select.select([server], [], [], stop.within(5));
 *   await stop.turn(readable.length);
 * }
 * ```
 */
export class Stop {
  #requested = false;
  #idle = false;
  #turned_at = performance.now();
  // When stopping: when to drop what is still queued.
  #leave_at = Infinity;
  #wake = () => {};
  #paused_at = -Infinity;
  #pause: ReturnType<typeof setTimeout> | undefined;
  readonly #asked = Promise.withResolvers<void>();

  /**
   * Listens for signals. A second signal exits at once.
   *
   * @param signals Empty in a thread: signals go to the main thread.
   */
  constructor(signals: readonly Deno.Signal[] = ["SIGINT", "SIGTERM"]) {
    outlive_output();
    for (const signal of signals) {
      Deno.addSignalListener(signal, () => {
        // The exit status that a shell gives a program that the signal has killed.
        if (this.#requested) Deno.exit(signal === "SIGTERM" ? 143 : 130);
        this.request();
      });
    }
  }

  /** Whether a stop was requested. */
  get requested(): boolean {
    return this.#requested;
  }

  /** Resolves when a stop is requested. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** Requests a stop. */
  request(): void {
    this.#requested = true;
    this.#leave_at = performance.now() + GRACE * 1000;
    this.#asked.resolve();
    this.#wake();
  }

  /** Whether the last wait found nothing ready. */
  get idle(): boolean {
    return this.#idle;
  }

  /**
   * Whether the loop goes on. After a stop request it does until nothing is queued and a wait
   * found nothing ready, for {@linkcode GRACE} seconds at most.
   *
   * @param queued The number of clients with unsent data.
   */
  goes_on(queued: number): boolean {
    if (!this.#requested) return true;
    return (!this.#idle || queued > 0) && performance.now() < this.#leave_at;
  }

  /**
   * Bounds a wait, because signals are handled between two waits.
   *
   * @param timeout Seconds; `Infinity` to wait until something is ready.
   * @returns Seconds, {@linkcode PATIENCE} at most.
   */
  within(timeout: number): number {
    return Math.min(timeout, PATIENCE);
  }

  /**
   * Turns the event loop when that is due, so that signals, timers and promises run. Call it
   * after each wait.
   *
   * @param ready How many sockets the wait found ready.
   */
  async turn(ready = 0): Promise<void> {
    this.#idle = ready === 0;
    const since = performance.now() - this.#turned_at;
    if (!this.#idle && since < PATIENCE * 1000) return;
    // The shortest timer, 2 ms: the runtime checks for signals only when it waits, and for
    // setImmediate it does not wait.
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#turned_at = performance.now();
  }

  /**
   * Sleeps until the time is over or a stop is requested. The event loop turns meanwhile.
   *
   * @param seconds The time.
   */
  async sleep(seconds: number): Promise<void> {
    if (this.#requested) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, seconds * 1000);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#turned_at = performance.now();
  }

  /**
   * Pauses accepting for a second, and prints that once for a series of pauses. The next pause
   * replaces one that the caller has ended early.
   *
   * @param error The reason: no descriptor or no memory is free.
   * @param resume Accepts again after the pause; not called after a stop request.
   */
  pause(error: OSError, resume: () => void): void {
    const now = performance.now();
    if (now - this.#paused_at > 3 * RETRY) {
      console.error(`not accepting for now: ${error.strerror}`);
    }
    this.#paused_at = now;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      if (!this.#requested) resume();
    }, RETRY);
    Deno.unrefTimer(this.#pause); // The timer must not keep a finished server alive
  }
}

/**
 * Makes a server's last line: `served 2 clients, echoed 10 bytes`.
 *
 * @param served The number of clients.
 * @param verb What the server did with the bytes.
 * @param bytes The number of bytes.
 *
 * @example
 * ```ts
 * import { summary } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(summary(1, "sent", 9), "served 1 client, sent 9 bytes");
 * ```
 */
export function summary(served: number, verb: string, bytes: number): string {
  return `served ${plural(served, "client")}, ${verb} ${plural(bytes, "byte")}`;
}

/** Puts a noun behind a number: `1 client`, `2 clients`. */
export function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
