/**
 * The command line of a script: its flags, its help, and errors in one line.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { errno, OSError, select, socket, ValueError } from "../mod.ts";

/** A flag: its help, its default, and how its text becomes a value. */
export interface Flag<T> {
  /** The name of the value in the help; none for a switch. */
  readonly metavar?: string;
  /** Its purpose, in one line. */
  readonly help: string;
  /** The default. */
  readonly fallback: T;
  /**
   * Reads a value.
   *
   * @param text The text from the command line.
   * @returns The value; `undefined` if the text is invalid.
   */
  read(text: string): T | undefined;
  /** Describes valid values in an error: `a number from 0 to 65535`. */
  readonly wants: string;
}

/** The flags of a script by name. */
export type Flags = Readonly<Record<string, Flag<string | number | boolean>>>;

/** The values of some flags, by name. */
export type Values<F extends Flags> = {
  readonly [K in keyof F]: F[K]["fallback"];
};

/**
 * Makes a flag that takes any text but an empty one.
 *
 * @param fallback The default.
 * @param metavar The name of the value in the help.
 * @param help The purpose of the flag, in one line.
 *
 * @example
 * ```ts
 * import { text } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const greeting = text("hello", "TEXT", "the greeting for each client");
 * assertEquals(greeting.read("welcome"), "welcome");
 * ```
 */
export function text(
  fallback: string,
  metavar: string,
  help: string,
): Flag<string> {
  return {
    metavar,
    help,
    fallback,
    wants: "a value",
    read: (value) => value === "" ? undefined : value,
  };
}

/**
 * Makes a flag that takes one of a few words.
 *
 * @param words The words; the first is the default.
 * @param help The purpose of the flag, in one line.
 *
 * @example
 * ```ts
 * import { choice } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const backend = choice(["select", "epoll"], "the call that waits");
 * assertEquals(backend.fallback, "select");
 * assertEquals(backend.read("kqueue"), undefined);
 * ```
 */
export function choice(words: readonly string[], help: string): Flag<string> {
  return {
    metavar: words.join("|"),
    help,
    fallback: words[0]!,
    wants: words.join(", "),
    read: (value) => words.includes(value) ? value : undefined,
  };
}

/**
 * Makes a flag that takes a whole number.
 *
 * @param fallback The default.
 * @param min The smallest valid number.
 * @param max The largest valid number.
 * @param metavar The name of the value in the help.
 * @param help The purpose of the flag, in one line.
 *
 * @example
 * ```ts
 * import { whole } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const times = whole(1, 1, 9, "TIMES", "how often to answer");
 * assertEquals([times.read("3"), times.read("10")], [3, undefined]);
 * ```
 */
export function whole(
  fallback: number,
  min: number,
  max: number,
  metavar: string,
  help: string,
): Flag<number> {
  return {
    metavar,
    help,
    fallback,
    wants: `a whole number from ${min} to ${max}`,
    read: (value) => {
      const number = /^\d+$/.test(value) ? Number(value) : NaN;
      return number >= min && number <= max ? number : undefined;
    },
  };
}

// setTimeout() takes less than 2 ** 31 milliseconds.
const MOST_SECONDS = 1_000_000;

/**
 * Makes a flag that takes seconds, with or without a fraction.
 *
 * @param fallback The default.
 * @param help The purpose of the flag, in one line.
 *
 * @example
 * ```ts
 * import { seconds } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const interval = seconds(5, "the time between two lines");
 * assertEquals([interval.read("0.5"), interval.read("0")], [0.5, undefined]);
 * ```
 */
export function seconds(fallback: number, help: string): Flag<number> {
  return {
    metavar: "SECONDS",
    help,
    fallback,
    wants: `a number of seconds above 0, at most ${MOST_SECONDS}`,
    read: (value) => read_seconds(value) || undefined,
  };
}

/** Makes a flag that takes seconds, with or without a fraction; the default is 0. */
export function seconds_or_none(help: string): Flag<number> {
  return {
    ...seconds(0, help),
    wants: `a number of seconds, at most ${MOST_SECONDS}, 0 for none`,
    read: read_seconds,
  };
}

function read_seconds(value: string): number | undefined {
  const number = /^\d*\.?\d+$/.test(value) ? Number(value) : NaN;
  return number <= MOST_SECONDS ? number : undefined;
}

/**
 * Makes a switch: a flag without a value, `true` when it is given.
 *
 * @param help The purpose of the flag, in one line.
 *
 * @example
 * ```ts
 * import { on, parse } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const { quiet } = parse("shout.ts", "Answers in capitals.", {
 *   quiet: on("print nothing"),
 * });
 * assertEquals(quiet, false); // true with --quiet
 * ```
 */
export function on(help: string): Flag<boolean> {
  return {
    help,
    fallback: false,
    wants: "true, false or no value",
    read: (value) =>
      value === "" || value === "true" ||
      (value === "false" ? false : undefined),
  };
}

/** Copies an object without a prototype: names from Object.prototype are not flags. */
function bare<T extends object>(own: T): T {
  return { __proto__: null, ...own };
}

/**
 * Makes the flags for an address, `--host` and `--port`.
 *
 * @param host The default host.
 * @param port The default port.
 * @param about The help for the port.
 *
 * @example
 * ```ts
 * import { address, parse } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const { host, port } = parse(
 *   "clients/shout.ts",
 *   "Sends each line that you type.",
 *   address("localhost", 10001),
 * );
 * assertEquals([host, port], ["localhost", 10001]); // no flag was given
 * ```
 */
export function address(
  host: string,
  port: number,
  about = "a port number",
): { host: Flag<string>; port: Flag<number> } {
  return {
    host: text(host, "HOST", "a name or an address"),
    port: whole(port, 0, 65535, "PORT", about),
  };
}

/**
 * Returns the address family of a host: AF_INET6 for an IPv6 address, else AF_INET.
 *
 * @param host A name or an address.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { family_of } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(family_of("::1"), socket.AF_INET6);
 * assertEquals(family_of("localhost"), socket.AF_INET);
 * ```
 */
export function family_of(
  host: string,
): typeof socket.AF_INET | typeof socket.AF_INET6 {
  return host.includes(":") ? socket.AF_INET6 : socket.AF_INET;
}

/** Returns the message of an `OSError`, of --deny-net or of an invalid host; throws others. */
export function reason(error: unknown): string {
  if (error instanceof OSError) return error.strerror ?? error.message;
  const named = error instanceof Deno.errors.NotCapable ||
    error instanceof ValueError;
  if (!named) throw error;
  return error.message;
}

/**
 * Reads the command line. `--help` prints the help and exits with status 0. An invalid flag or
 * value ends the script with one line on standard error and exit status 1. So does, from then on,
 * an error that the script does not catch, if the system cannot run it: no IPv6, no descriptor.
 *
 * @param script The script's path, like `servers/echo.ts`.
 * @param about What the script does, in a line or two.
 * @param flags The flags besides `--help`.
 * @param grants The permissions besides `--allow-ffi`, for the help: `--allow-run=sh`.
 * @returns The value of each flag, by name.
 *
 * @example
 * ```ts
 * import { listening, parse, seconds } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const { port, pause } = parse("shout.ts", "Answers in capitals.", {
 *   ...listening("localhost", 10001),
 *   pause: seconds(1, "the time between two rounds"),
 * });
 * assertEquals([port, pause], [10001, 1]); // no flag was given
 * ```
 */
export function parse<F extends Flags>(
  script: string,
  about: string,
  flags: F,
  ...grants: string[]
): Values<F> {
  const all: Flags = { ...flags, help: on("print this") };
  const unknown = (arg: unknown) =>
    die(`${script}: unknown argument "${arg}"; try --help`);
  const parsed = bare(parseArgs(
    Deno.args,
    bare({
      // Switches, too: as a boolean, --quiet=no would be true.
      string: Object.keys(all),
      alias: bare({ h: "help" }),
      unknown,
    }),
  )) as Record<string, unknown>;
  // `unknown` is not called for arguments behind "--".
  const [stray] = parsed["_"] as unknown[];
  if (stray !== undefined) unknown(stray);
  const value_of = (name: string) => {
    const flag = all[name]!, given = parsed[name];
    if (given === undefined) return flag.fallback;
    return flag.read(String(given)) ??
      die(`${script}: --${name} wants ${flag.wants}, not "${given}"`);
  };
  if (value_of("help")) {
    console.log(help(["--allow-ffi", ...grants, script].join(" "), about, all));
    Deno.exit(0);
  }
  const values = Object.keys(flags).map((name) => [name, value_of(name)]);
  end_in_one_line(script);
  // Opens libc: on another system, the script's signals would fail first, and less clearly.
  select.select([], [], [], 0);
  return Object.fromEntries(values) as Values<F>;
}

const { EAFNOSUPPORT, EMFILE, ENFILE, ENOBUFS, ENOMEM } = errno;
const LACKS: unknown[] = [EAFNOSUPPORT, EMFILE, ENFILE, ENOBUFS, ENOMEM];

/**
 * Ends the script in one line for what the system lacks: libc, a permission, IPv6, a descriptor.
 * Any other error keeps its stack, which shows the line of the script.
 */
function end_in_one_line(script: string): void {
  // A thread's error goes to its leader.
  if ("WorkerGlobalScope" in globalThis) return;
  const { NotCapable, NotSupported } = Deno.errors;
  addEventListener("unhandledrejection", ({ reason: error }) => {
    const lacks = error instanceof NotCapable ||
      error instanceof NotSupported ||
      error instanceof OSError && LACKS.includes(error.errno);
    if (lacks) die(`${script}: ${error.message}`);
  });
}

function help(command: string, about: string, flags: Flags): string {
  const rows = Object.entries(flags).map(([name, flag]) => {
    return flag.metavar === undefined ? [`--${name}`, flag.help] : [
      `--${name} ${flag.metavar}`,
      `${flag.help} (default ${flag.fallback})`,
    ];
  });
  const width = Math.max(...rows.map(([left]) => left!.length)) + 2;
  return [
    about,
    "",
    `usage: deno run ${command} [flags]`,
    "",
    ...rows.map(([left, right]) => `  ${left!.padEnd(width)}${right}`),
  ].join("\n");
}

/**
 * Ends the script with one line on standard error and exit status 1.
 *
 * @param message The line.
 *
 * @example
 * ```ts
 * import { die } from "@iomux/py/cli";
 *
 * if (Deno.build.os !== "linux") die("this needs Linux");
 * ```
 */
export function die(message: string): never {
  console.error(message);
  Deno.exit(1);
}
