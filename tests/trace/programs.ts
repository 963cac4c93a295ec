/** Programs that are traced, each in a process of its own. */

import { type Server, started, WATCHDOG } from "../scripts.ts";

const root = new URL("../../", import.meta.url).pathname;

/** Starts a program of tests/trace/programs with its calls printed. */
export function traced(name: string, ...args: string[]): Promise<Server> {
  return started(name, Deno.execPath(), [
    "run",
    "--allow-ffi",
    "--preload",
    `${root}trace/mod.ts`,
    `${root}tests/trace/programs/${name}.ts`,
    ...args,
  ]);
}

/** Connects to a program. */
export function connect({ port }: Server): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port });
}

/** Sends bytes, and reads as many as are to come back. */
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
