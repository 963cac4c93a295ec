/**
 * Runs peers as processes, and reads what they used from /proc.
 *
 * @module
 */

/** A program to measure. */
export interface Peer {
  readonly name: string;
  readonly command: readonly string[];
}

/** The reason why a run cannot continue. */
export class Failure extends Error {}

/** Nanoseconds on the CPU, by thread. */
export type Clock = ReadonlyMap<string, number>;

/** A server that runs until it is disposed of. */
export interface Running extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** Aborts, with a {@linkcode Failure}, when the server ends by itself. */
  readonly ended: AbortSignal;
  /** Waits for the next line that it prints. */
  line(): Promise<string>;
  /** The CPU that each of its threads used so far. */
  clock(): Clock;
  /** Bytes of resident memory. */
  rss(): number;
  /** The number of its open descriptors. */
  files(): number;
}

const children = new Set<Deno.ChildProcess>();

/** Starts a program with all the descriptors that the hard limit allows. */
export function spawn(
  command: readonly string[],
  options: Deno.CommandOptions = {},
): Deno.ChildProcess {
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

/** Kills all processes of the bench. */
export function kill_all(): void {
  for (const child of children) kill(child);
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
}

/** Starts a server and waits for its first line, which ends with its port. */
export async function start({ name, command }: Peer): Promise<Running> {
  const child = spawn(command), { pid } = child;
  const ended = new AbortController();
  let stopped = false;
  child.status.then(({ code, signal }) => {
    if (stopped) return;
    const how = signal ?? `exit status ${code}`;
    ended.abort(new Failure(`${name} ended while it was needed (${how})`));
  });
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  const reader = lines.getReader();
  let text = "";
  const line = async () => {
    for (;;) {
      const end = text.indexOf("\n");
      if (end >= 0) {
        const found = text.slice(0, end);
        text = text.slice(end + 1);
        return found;
      }
      const { value, done } = await reader.read();
      if (done) throw new Failure(`${name} ended before it said a line`);
      text += value;
    }
  };
  const stop = async () => {
    stopped = true;
    kill(child);
    await reader.cancel();
    await child.status;
  };
  const port = Number((await line()).split(" ").at(-1));
  if (!(port > 0)) {
    await stop();
    throw new Failure(`${name} did not say its port`);
  }
  return {
    name,
    port,
    line,
    ended: ended.signal,
    clock: () => clock(pid),
    rss: () => {
      const status = Deno.readTextFileSync(`/proc/${pid}/status`);
      return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024;
    },
    files: () => [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
    [Symbol.asyncDispose]: stop,
  };
}

/** Runs a program to its end; returns its lines, split at tabs. */
export async function lines(
  { name, command }: Peer,
  options: { signal?: AbortSignal; core?: string | null } = {},
): Promise<string[][]> {
  const { signal, core } = options;
  const child = spawn(command, signal === undefined ? {} : { signal });
  const output = child.output();
  // After its other threads exist, or V8 would compile on the measured core.
  if (core) await threaded(child);
  if (core && children.has(child)) taskset(core, child.pid);
  const { success, stdout } = await output;
  signal?.throwIfAborted();
  if (!success) throw new Failure(`${name} failed`);
  return new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => line.split("\t"));
}

async function threaded(child: Deno.ChildProcess): Promise<void> {
  const pause = (ms: number) => new Promise((go) => setTimeout(go, ms));
  while (children.has(child) && clock(child.pid).size < 2) await pause(1);
  // Shorter than the warm-up of the first figure.
  await pause(10);
}

function taskset(core: string, pid: number): void {
  new Deno.Command("taskset", {
    args: ["--cpu-list", "--pid", core, `${pid}`],
    stdout: "null",
  }).outputSync();
}

/** The CPU that each thread of a process used so far; empty once the process has ended. */
export function clock(pid: number): Clock {
  const found = new Map<string, number>();
  try {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      const file = `/proc/${pid}/task/${name}/schedstat`;
      found.set(name, Number(Deno.readTextFileSync(file).split(" ")[0]));
    }
  } catch (error) {
    // A thread may end between the list and this: ESRCH, for which Deno has no class.
    const gone = error instanceof Deno.errors.NotFound ||
      (error as { code?: string }).code === "ESRCH";
    if (!gone) throw error;
  }
  return found;
}

/**
 * Nanoseconds of CPU between two clocks, thread by thread: the time of an ended thread is lost,
 * so a difference of sums could be negative.
 */
export function between(before: Clock, after: Clock): number {
  let spent = 0;
  for (const [thread, nanoseconds] of after) {
    spent += nanoseconds - (before.get(thread) ?? 0);
  }
  return spent;
}

const started = performance.now();

/** Prints progress on standard error. */
export function progress(what: string): void {
  const seconds = Math.round((performance.now() - started) / 1000);
  const minutes = `${Math.floor(seconds / 60)}`.padStart(2);
  console.error(`${minutes}:${`${seconds % 60}`.padStart(2, "0")}  ${what}`);
}
