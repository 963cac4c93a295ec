/**
 * Runs servers and clients as a user does: `deno run --allow-ffi PATH`, a process each.
 *
 * @module
 */

import { assertEquals, AssertionError } from "@std/assert";

const root = new URL("..", import.meta.url).pathname;

/** Milliseconds until a process counts as hung: a type check on a busy machine takes 40 s. */
export const WATCHDOG = 120_000;

/**
 * A module to load before a script, which slows its clock to a tenth: on a busy machine it takes
 * longer than the time that the script allows.
 */
export const SLOW_CLOCK =
  "data:text/javascript,const now = performance.now.bind(performance);" +
  "performance.now = () => now() / 10;";

/** The exit status and the output of a script. */
export interface Ended {
  readonly code: number;
  /** Its standard output. */
  readonly output: string;
  /** Its standard error. */
  readonly errors: string;
}

/** A running server; disposing of it kills it. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  /** From its first line. */
  readonly host: string;
  readonly port: number;
  /** Its standard output so far. */
  output(): string;
  /** Its standard error so far. */
  errors(): string;
  /** Waits until its output or its errors contain a text or match a pattern. */
  printed(what: string | RegExp): Promise<void>;
  /** Sends a signal, by default SIGTERM, and waits for its end. */
  stop(signal?: Deno.Signal): Promise<Ended>;
}

/** Options of a start. */
export interface StartOptions {
  /** The limit of open descriptors. */
  descriptors?: number;
  /** A module to load before the script. */
  preload?: string;
}

/**
 * The program of a shell that executes its arguments with few descriptors. The runtime opens the
 * file that the variable names some time after the start, and would complain.
 */
export function limited(descriptors: number): string {
  return `ulimit -n ${descriptors}; unset NODE_EXTRA_CA_CERTS; exec "$0" "$@"`;
}

/** Starts a server of this repository on a free port; returns once it listens. */
export function startServer(
  script: string,
  args: string[] = [],
  { descriptors, preload }: StartOptions = {},
): Promise<Server> {
  const run = run_args(script, ["--port", "0", ...args], preload);
  const deno = Deno.execPath();
  return descriptors === undefined
    ? started(script, deno, run)
    : started(script, "sh", [
      "-c",
      limited(descriptors),
      deno,
      ...run,
    ]);
}

/** Starts any program whose first line says `starting up on HOST port PORT`. */
export async function started(
  name: string,
  command: string,
  args: string[],
): Promise<Server> {
  const child = new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = new Transcript(child.stdout);
  const errors = new Transcript(child.stderr);
  // Without this, an end before the first await would be an unhandled rejection.
  const ended = Promise.all([child.status, output.closed, errors.closed])
    .then(([{ code }]): Ended => ({
      code,
      output: output.text,
      errors: errors.text,
    }));
  let over = false;
  ended.finally(() => over = true);

  async function kill(): Promise<void> {
    if (!over) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
    }
    await ended;
  }

  function printed(what: string | RegExp): Promise<void> {
    return watched(
      Promise.any([output.has(what), errors.has(what)]).catch(() => {
        throw failed(`${name} ended without printing ${what}`);
      }),
      () => failed(`${name} does not print ${what}`),
    );
  }

  function failed(why: string): AssertionError {
    return new AssertionError(
      `${why}\n\nOutput:\n${output.text}\nErrors:\n${errors.text}`,
    );
  }

  const first = /^starting up on (.+) port (\d+)\n/;
  try {
    await printed(first);
  } catch (error) {
    await kill();
    throw error;
  }
  const [, host, port] = first.exec(output.text)!;
  return {
    pid: child.pid,
    host: host!,
    port: Number(port),
    output: () => output.text,
    errors: () => errors.text,
    printed,
    stop: (signal = "SIGTERM") => {
      child.kill(signal);
      return watched(ended, () => failed(`${name} does not stop on ${signal}`));
    },
    [Symbol.asyncDispose]: kill,
  };
}

/** The arguments of `deno` for a script of this repository. */
export function run_args(
  script: string,
  args: string[],
  preload?: string,
): string[] {
  const flags = preload === undefined ? [] : [`--preload=${preload}`];
  return ["run", "--allow-ffi", ...flags, root + script, ...args];
}

/** Runs a script of this repository until it exits. */
export function runScript(
  script: string,
  args: string[] = [],
  input = "",
): Promise<Ended> {
  return ran(Deno.execPath(), run_args(script, args), input);
}

/** Checks that a script whose host has no socket says so in one line, and exits with 1. */
export async function check_without_sockets(script: string): Promise<void> {
  const preload = new URL("no_sockets.ts", import.meta.url).pathname;
  const lines = {
    "::1": "[Errno 97] Address family not supported by protocol",
    "localhost": "[Errno 24] Too many open files",
  };
  for (const [host, line] of Object.entries(lines)) {
    const args = run_args(script, ["--host", host], preload);
    const ended = await ran(Deno.execPath(), args);
    const errors = `${script}: ${line}\n`;
    assertEquals(ended, { code: 1, output: "", errors });
  }
}

/** Runs any program until it ends by itself. */
export async function ran(
  command: string,
  args: string[],
  input = "",
): Promise<Ended> {
  return await running(command, args, [input]).ended;
}

/** A program that ends by itself. */
export interface Running {
  readonly ended: Promise<Ended>;
  /** Waits until its output contains a text or matches a pattern. */
  printed(what: string | RegExp): Promise<void>;
}

/**
 * Starts any program that ends by itself.
 *
 * @param input The pieces of its standard input, which ends when they do.
 */
export function running(
  command: string,
  args: string[],
  input: Iterable<string> | AsyncIterable<string> = [],
): Running {
  const child = new Deno.Command(command, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = new Transcript(child.stdout);
  const errors = new Transcript(child.stderr);

  function failed(why: string): AssertionError {
    return new AssertionError(
      `${[command, ...args].join(" ")} ${why}\n\n` +
        `Output:\n${output.text}\nErrors:\n${errors.text}`,
    );
  }

  function hung(): AssertionError {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended, but another process holds its output open.
    }
    return failed("does not end");
  }

  async function write(): Promise<void> {
    const writer = child.stdin.getWriter();
    const encoder = new TextEncoder();
    try {
      for await (const piece of input) {
        await writer.write(encoder.encode(piece));
      }
    } finally {
      await writer.close();
    }
  }

  async function end(): Promise<Ended> {
    const whole = Promise.all([
      child.status,
      output.closed,
      errors.closed,
      // A program may exit without reading its input.
      write().catch(() => {}),
    ]);
    const [{ code }] = await watched(whole, hung);
    return { code, output: output.text, errors: errors.text };
  }

  async function printed(what: string | RegExp): Promise<void> {
    try {
      await output.has(what);
    } catch {
      throw failed(`ended without printing ${what}`);
    }
  }

  const ended = end();
  // Without this, an end before the first await would be an unhandled rejection.
  ended.catch(() => {});
  return { ended, printed };
}

// A match may begin this many characters before the latest piece. Searching the whole output each
// time would take ever longer for a program that prints all the time.
const OVERLAP = 65_536;

/** The text of a stream so far, and a way to wait for more. */
class Transcript {
  readonly #pieces: string[] = [];
  readonly closed: Promise<void>;
  #grown = Promise.withResolvers<void>();
  #over = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.closed = this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.#pieces.push(decoder.decode(chunk, { stream: true }));
      const grown = this.#grown;
      this.#grown = Promise.withResolvers();
      grown.resolve();
    }
    this.#over = true;
    this.#grown.resolve();
  }

  get text(): string {
    return this.#pieces.join("");
  }

  async has(what: string | RegExp): Promise<void> {
    for (let first = 0;; await this.#grown.promise) {
      const text = this.#pieces.slice(first).join("");
      const found = typeof what === "string"
        ? text.includes(what)
        : what.test(text);
      if (found) return;
      if (this.#over) throw new Error("the stream has ended");
      first = this.#back();
    }
  }

  /** The index of the first piece for the next search. */
  #back(): number {
    let at = this.#pieces.length;
    for (let size = 0; at > 0 && size < OVERLAP; at--) {
      size += this.#pieces[at - 1]!.length;
    }
    return at;
  }
}

async function watched<T>(
  promise: Promise<T>,
  failure: () => Error,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failure()), WATCHDOG);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer!);
  }
}

/** Whether `python3` is installed, and the suffix of test names if it is not. */
export const python3: boolean = await ran("python3", ["-V"])
  .then(({ code }) => code === 0, () => false);
export const without_python3: string = python3
  ? ""
  : " (ignored: no python3 here)";
