/**
 * Runs programs under a trace, each in its own process.
 *
 * @module
 */

import { type Ended, ran, type Server, started, WATCHDOG } from "../scripts.ts";

const root = new URL("../../", import.meta.url).pathname;

/** The path of faulty.ts. */
export const FAULTY: string = `${root}tests/trace/faulty.ts`;
/** Prints the calls of a program. */
export const PRELOAD: string = `--preload=${root}trace/mod.ts`;
/** The package, as a program in a temporary file imports it. */
export const MOD: string = JSON.stringify(`file://${root}mod.ts`);

/** Starts a program of faulty.ts, and prints its calls. */
export function traced(name: string, ...args: string[]): Promise<Server> {
  const run = ["run", "--allow-ffi", PRELOAD, FAULTY, name, ...args];
  return started(name, Deno.execPath(), run);
}

/** Runs a program from a temporary file until it ends. */
export async function run_program(
  program: string,
  flags: readonly string[] = [PRELOAD],
  { input = "", variables = [] }: { input?: string; variables?: string[] } = {},
): Promise<Ended> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, program);
    const run = [Deno.execPath(), "run", "--allow-ffi", ...flags, file];
    return await ran("env", [...variables, ...run], input);
  } finally {
    await Deno.remove(file);
  }
}

/** Connects to a program. */
export function connect({ port }: Server): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port });
}

/** Sends bytes, and reads an answer of `expected` bytes. */
export async function exchange(
  conn: Deno.Conn,
  data: Uint8Array,
  expected: number,
): Promise<Uint8Array> {
  const watchdog = setTimeout(() => conn.close(), WATCHDOG);
  try {
    await conn.write(data);
    const answer = new Uint8Array(expected);
    for (let at = 0; at < expected;) {
      const size = await conn.read(answer.subarray(at));
      if (size === null) throw new Error("the program has closed");
      at += size;
    }
    return answer;
  } finally {
    clearTimeout(watchdog);
  }
}
