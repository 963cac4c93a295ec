/**
 * Draws every system call of a program into one HTML file, when the program ends.
 *
 * ```sh
 * deno run --allow-ffi --allow-write=trace.html --preload trace/picture.ts servers/split.ts
 * ```
 *
 * The file is `trace.html`, or the one in the variable `IOMUX_PICTURE`, if the program may read
 * that (`--allow-env=IOMUX_PICTURE`). If its name ends with `.svg`, it is a drawing of a short
 * run. It has a lane for the loop and one for each descriptor, a table of all calls, and marks
 * for faults. It keeps the last {@linkcode MOST_CALLS} calls, without those of workers.
 *
 * A signal ends the program, unless the program listens for it. If the event loop never turns,
 * a second signal within two seconds ends the program.
 *
 * @module
 */

import { Collector } from "./collect.ts";
import { page } from "./page.ts";
import { to_stderr } from "./print.ts";
import { leave, record, type Recorder } from "./record.ts";
import { svg } from "./svg.ts";

export { MOST_CALLS } from "./collect.ts";

const VARIABLE = "IOMUX_PICTURE";
const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;
type Signal = keyof typeof SIGNALS;
// Milliseconds within which a second signal ends a program whose event loop never turns.
const AGAIN = 2000;

function chosen_file(): string {
  const { state } = Deno.permissions.querySync({
    name: "env",
    variable: VARIABLE,
  });
  return (state === "granted" ? Deno.env.get(VARIABLE) : undefined) ||
    "trace.html";
}

const file = chosen_file();
const { state } = Deno.permissions.querySync({ name: "write", path: file });
if (state !== "granted") {
  to_stderr(`trace: cannot write ${file}: add --allow-write=${file}\n`);
  Deno.exit(1);
}

const collector = new Collector();
const began = new Date().toISOString().replace("T", " ").slice(0, 19) + " UTC";
let written = -1;
let interrupted = -Infinity;

/** Writes the picture, if there are new calls. */
function write(): void {
  if (written === collector.count) return;
  written = collector.count;
  const { pathname, href } = new URL(Deno.mainModule);
  const name = pathname.split("/").slice(-2).join("/") || href;
  const picture = collector.layout(decodeURI(name), began);
  const draw = file.endsWith(".svg") ? svg : page;
  try {
    Deno.writeTextFileSync(file, draw(picture));
    to_stderr(`trace: ${written} calls in ${file}\n`);
  } catch (error) {
    to_stderr(`trace: cannot write ${file}: ${(error as Error).message}\n`);
  }
}

// If the program listens for a signal, it ends by itself: the picture is written on "unload".
const own = new Map<Signal, number>();
const add = Deno.addSignalListener, remove = Deno.removeSignalListener;
const count = (signal: Deno.Signal, by: number) => {
  if (!Object.hasOwn(SIGNALS, signal)) return;
  const name = signal as Signal;
  own.set(name, (own.get(name) ?? 0) + by);
};
Deno.addSignalListener = (signal, handler) => {
  count(signal, 1);
  add(signal, handler);
};
Deno.removeSignalListener = (signal, handler) => {
  count(signal, -1);
  remove(signal, handler);
};
for (const [signal, number] of Object.entries(SIGNALS)) {
  add(signal as Signal, () => {
    const listeners = own.get(signal as Signal) ?? 0;
    const { process } = globalThis as {
      process?: { listenerCount(name: string): number };
    };
    if (listeners > 0 || (process?.listenerCount(signal) ?? 0) > 0) return;
    write();
    Deno.exit(128 + number);
  });
}

const recorder: Recorder = {
  event: (event) => collector.event(event),
  // A program that only blocks never runs its listeners. EINTR does not say which signal it
  // was, perhaps SIGCONT after a stop: so only the second one ends the program.
  interrupted: () => {
    if ([...own.values()].some((listeners) => listeners > 0)) return;
    if (performance.now() - interrupted < AGAIN) {
      write();
      Deno.exit(130);
    }
    interrupted = performance.now();
    write();
    to_stderr("trace: a second signal within 2 s ends the program\n");
  },
};
record(recorder);

for (const end of ["unload", "error", "unhandledrejection"]) {
  globalThis.addEventListener(end, write);
}

/**
 * Stops tracing, and writes the picture.
 *
 * @example
 * ```ts ignore
 * import * as picture from "@iomux/py/trace/picture";
 *
 * picture.stop();
 * ```
 */
export function stop(): void {
  leave(recorder);
  write();
}
