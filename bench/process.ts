/**
 * Peers as processes, and what the kernel says they used.
 *
 * @module
 */

import { type Clock, clock, ticks } from "./cpu.ts";
import { type Peer, pin } from "./tools.ts";

/** What keeps the bench from going on, in a sentence for whoever ran it. */
export class Failure extends Error {}

/** A server that runs, until it is disposed of. */
export interface Running extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** Aborts, with a {@linkcode Failure}, when the server ends by itself. */
  readonly ended: AbortSignal;
  /** What each of its threads used so far. */
  clock(): Clock;
  /** Seconds in user mode so far, all of its threads together. */
  user(): number;
  /** Bytes of memory that it has resident. */
  rss(): number;
  /** How many descriptors it has open. */
  files(): number;
}

const children = new Set<Deno.ChildProcess>();

/** Starts a program with all the descriptors that the hard limit allows. */
export function spawn(
  command: readonly string[],
  options: Deno.CommandOptions = {},
): Deno.ChildProcess {
  // A child inherits the soft limit, which may be far below the hard one.
  const script = 'ulimit -n "$(ulimit -Hn)"; exec "$@"';
  const child = new Deno.Command("sh", {
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    ...options,
    args: ["-c", script, "sh", ...command],
  }).spawn();
  children.add(child);
  child.status.finally(() => children.delete(child));
  return child;
}

/** Ends all that was started: nothing outlives the bench. */
export function kill_all(): void {
  for (const child of children) kill(child);
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended, and `status` is about to say so.
  }
}

/** Starts a server and waits for its first line, which ends with its port. */
export async function start({ name, command }: Peer): Promise<Running> {
  const child = spawn(command);
  const ended = new AbortController();
  let stopped = false;
  child.status.then(({ code, signal }) => {
    if (stopped) return;
    const how = signal ?? `exit status ${code}`;
    ended.abort(new Failure(`${name} ended while it was needed (${how})`));
  });
  const reader = child.stdout.getReader();
  const stop = async () => {
    stopped = true;
    kill(child);
    await reader.cancel();
    await child.status;
  };
  const { value } = await reader.read();
  const line = new TextDecoder().decode(value).split("\n")[0]!;
  const port = Number(line.split(" ").at(-1));
  if (!(port > 0)) {
    await stop();
    throw new Failure(`${name} did not start: "${line}"`);
  }
  return {
    name,
    port,
    ended: ended.signal,
    clock: () => clock(child.pid),
    user: () => ticks(child.pid).user,
    rss: () => {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024;
    },
    files: () => [...Deno.readDirSync(`/proc/${child.pid}/fd`)].length,
    [Symbol.asyncDispose]: stop,
  };
}

/**
 * Runs a program to its end, its first thread on one core; returns the lines that it
 * prints, split at tabs.
 */
export async function lines(
  { name, command }: Peer,
  ...more: number[]
): Promise<string[][]> {
  const child = spawn([...command, ...more.map(String)]);
  const output = child.output();
  await threaded(child);
  if (children.has(child)) pin(child.pid);
  const { success, stdout } = await output;
  if (!success) throw new Failure(`${name} failed`);
  const text = new TextDecoder().decode(stdout).trim();
  return text === "" ? [] : text.split("\n").map((line) => line.split("\t"));
}

// Milliseconds: less than it takes until a peer measures for the first time.
const STARTING = 10;

/**
 * Waits until a program has its other threads. They inherit the core if they are made
 * later, and V8 would compile on the core that is measured.
 */
async function threaded(child: Deno.ChildProcess): Promise<void> {
  const pause = (milliseconds: number) =>
    new Promise((go) => setTimeout(go, milliseconds));
  while (children.has(child) && clock(child.pid).size < 2) await pause(1);
  await pause(STARTING);
}
