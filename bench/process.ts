/**
 * Peers as processes, and what the kernel says they used.
 *
 * @module
 */

/** A program to measure. */
export interface Peer {
  readonly name: string;
  readonly command: readonly string[];
}

/** Seconds of CPU. */
export interface Cpu {
  readonly user: number;
  readonly system: number;
}

/** A server that runs, until it is disposed of. */
export interface Running extends AsyncDisposable {
  readonly port: number;
  /** What it used so far, all of its threads together. */
  cpu(): Cpu;
  /** Bytes of memory that it has resident. */
  rss(): number;
}

// USER_HZ of proc(5): 100 on every Linux that Deno runs on.
const TICKS_PER_SECOND = 100;

// A child inherits the soft limit, which may be far below the hard one.
function unlimited(command: readonly string[]): [string, string[]] {
  return ["sh", [
    "-c",
    'ulimit -n "$(ulimit -Hn)"; exec "$@"',
    "sh",
    ...command,
  ]];
}

/** Starts a server and waits for its first line, which ends with its port. */
export async function start({ name, command }: Peer): Promise<Running> {
  const [program, args] = unlimited(command);
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const line = new TextDecoder().decode(value).split("\n")[0]!;
  const port = Number(line.split(" ").at(-1));
  if (!(port > 0)) throw new Error(`${name} did not start: ${line}`);
  const file = (leaf: string) =>
    Deno.readTextFileSync(`/proc/${child.pid}/${leaf}`);
  return {
    port,
    cpu: () => {
      // The name, in parentheses, may hold spaces: count from its end.
      const fields = file("stat").split(") ").at(-1)!.split(" ");
      return {
        user: Number(fields[11]) / TICKS_PER_SECOND,
        system: Number(fields[12]) / TICKS_PER_SECOND,
      };
    },
    rss: () => Number(/VmRSS:\s+(\d+)/.exec(file("status"))![1]) * 1024,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

/** Runs a program to its end; returns the lines that it prints, split at tabs. */
export function lines({ name, command }: Peer, ...more: number[]): string[][] {
  const [program, args] = unlimited([...command, ...more.map(String)]);
  const { success, stdout } = new Deno.Command(program, {
    args,
    stderr: "inherit",
  }).outputSync();
  if (!success) throw new Error(`${name} failed`);
  const text = new TextDecoder().decode(stdout).trim();
  return text === "" ? [] : text.split("\n").map((line) => line.split("\t"));
}
