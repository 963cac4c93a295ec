/**
 * Prints every system call of a program as a line on standard error.
 *
 * Load it before a program:
 *
 * ```sh
 * deno run --allow-ffi --preload trace/mod.ts servers/split.ts
 * ```
 *
 * Each line has the seconds since the start and since the last line, the call with its
 * arguments and its result, and the seconds that it took. The wait of an `Async` twin is one
 * line, printed at its end, without its polls. Lines with `!!` mark faults of a loop. A worker
 * is a program of its own: it prints its calls if it imports this module.
 *
 * In a program, {@linkcode start} passes the same events as objects. Importing this module
 * starts printing, {@linkcode stop} ends it.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import * as trace from "@iomux/py/trace";
 * import { assertEquals } from "@std/assert";
 *
 * const seen: string[] = [];
 * trace.start((event) => {
 *   if (event.kind === "call") seen.push(`${event.name} = ${event.outcome}`);
 * });
 * const [a, b] = socket.socketpair();
 * a.send(new TextEncoder().encode("hi"));
 * b.recv(100);
 * trace.stop();
 * assertEquals(seen.slice(-2), ['send = 2 "hi"', 'recv = 2 "hi"']);
 * a.close();
 * b.close();
 * ```
 *
 * @module
 */

import { plain } from "./draft.ts";
import type { TraceEvent } from "./event.ts";
import { Printer, to_stderr } from "./print.ts";
import { leave, record, type Recorder } from "./record.ts";

export type { Call, Mark, Readiness, TraceEvent, Trouble } from "./event.ts";

let recorder: Recorder | null = null;

/**
 * Starts a trace, and stops a trace that runs.
 *
 * @param listener Receives each event, once the call has returned. Calls that it makes itself
 * are not traced. By default events are printed.
 *
 * @example
 * ```ts
 * import * as trace from "@iomux/py/trace";
 *
 * trace.start((event) => console.log(event.time, event.kind));
 * trace.stop();
 * ```
 */
export function start(listener?: (event: TraceEvent) => void): void {
  stop();
  recorder = listener === undefined ? printer() : {
    event: (event) => listener(event.kind === "mark" ? event : plain(event)),
  };
  record(recorder);
}

/**
 * Stops the trace: calls go straight to libc again.
 *
 * @example
 * ```ts
 * import * as trace from "@iomux/py/trace";
 *
 * trace.stop();
 * ```
 */
export function stop(): void {
  if (recorder === null) return;
  leave(recorder);
  if (recorder instanceof Printer) recorder.flush();
  recorder = null;
}

function printer(): Printer {
  const colours = Deno.stderr.isTerminal() && !Deno.noColor;
  return new Printer(to_stderr, colours);
}

start();
for (const end of ["unload", "error", "unhandledrejection"]) {
  globalThis.addEventListener(end, () => {
    if (recorder instanceof Printer) recorder.flush();
  });
}
