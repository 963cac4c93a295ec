/**
 * What clients share: connecting, writing to a terminal, restoring it, and errors in one line.
 *
 * @module
 */

import { OSError, select, type socket } from "../mod.ts";
import { die, reason } from "./flags.ts";

/** The line of document 002 for a server that closes the connection. */
export const CLOSED = "Remote end closed connection; exiting.";

/**
 * Connects. If that fails, ends the script with one line and exit status 1.
 *
 * @param client A socket that is not connected.
 * @param host The server's name or address.
 * @param port The server's port.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { connect } from "@iomux/py/cli";
 *
 * using server = socket.create_server(["127.0.0.1", 0]);
 * using client = socket.socket();
 * connect(client, "127.0.0.1", server.getsockname()[1]);
 * ```
 */
export function connect(
  client: socket.Socket,
  host: string,
  port: number,
): void {
  try {
    client.connect([host, port]);
  } catch (error) {
    die(`cannot connect to ${host} port ${port}: ${reason(error)}`);
  }
}

/**
 * Ends the script after a connection failed, with one line and exit status 1.
 *
 * @param host The server's name or address.
 * @param port The server's port.
 * @param error The error that a call on the connection threw.
 * @throws `error` itself, unless it is an `OSError`.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { lost } from "@iomux/py/cli";
 *
 * const [client, server] = socket.socketpair();
 * server.close();
 * try {
 *   client.recv(1024);
 * } catch (error) {
 *   lost("localhost", 9999, error);
 * } finally {
 *   client.close();
 * }
 * ```
 */
export function lost(host: string, port: number, error: unknown): never {
  if (!(error instanceof OSError)) throw error;
  die(`${host} port ${port}: ${error.strerror}`);
}

/** Moves the cursor to the start of the line, and erases the line. */
export const ERASE_LINE = "\r\x1b[K";

const STDOUT = 1;
// Added to a signal's number, the exit status that a shell gives a killed program.
const KILLED = 128;
const SIGPIPE = 13;
const signals = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;

const encoder = new TextEncoder();

/**
 * Writes all of a text to standard output. If the reader has left, as after `| head`, ends
 * the script without a message. A client ends with its output; a server outlives it: `listen()`.
 *
 * @param text The text, with its newlines.
 *
 * @example
 * ```ts
 * import { write } from "@iomux/py/cli";
 *
 * write("hello\n");
 * ```
 */
export function write(text: string): void {
  let rest = encoder.encode(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(Deno.stdout.writeSync(rest));
    } catch (error) {
      if (error instanceof Deno.errors.WouldBlock) {
        select.select([], [STDOUT], []);
      } else if (error instanceof Deno.errors.BrokenPipe) {
        Deno.exit(KILLED + SIGPIPE);
      } else {
        die(`cannot write: ${(error as Error).message}`);
      }
    }
  }
}

/**
 * Cleans up before a signal ends the script. Signals arrive when the event loop turns, so the
 * script must bound its waits and call {@linkcode turn}.
 *
 * @param tidy Called once, on SIGHUP, SIGINT, SIGQUIT or SIGTERM, before the script exits.
 *
 * @example
 * ```ts
 * import { ERASE_LINE, on_kill, write } from "@iomux/py/cli";
 *
 * on_kill(() => write(ERASE_LINE));
 * ```
 */
export function on_kill(tidy: () => void): void {
  for (const [name, number] of Object.entries(signals)) {
    Deno.addSignalListener(name as keyof typeof signals, () => {
      tidy();
      Deno.exit(KILLED + number);
    });
  }
}

/**
 * Turns the event loop, so that signals are handled.
 *
 * @example
 * ```ts
 * import { select } from "@iomux/py";
 * import { turn } from "@iomux/py/cli";
 *
 * for (let i = 0; i < 3; i++) {
 *   select.select([], [], [], 0.01); // stops the event loop, and with it the signals
 *   await turn();
 * }
 * ```
 */
export async function turn(): Promise<void> {
  // The runtime checks for signals only when it waits, here for a timer.
  await new Promise((resolve) => setTimeout(resolve, 0));
}
