/** Runs a peer: starts it, waits for it, and reads the CPU that it uses. */

/** The folder of compiled peers, and of the scripts that `start.ts` writes. */
export const BUILD = "bench/.build";

/** Returns the first line that a program prints, `undefined` without the program. */
export function ask(program: string, ...args: string[]): string | undefined {
  try {
    const { stdout } = new Deno.Command(program, { args }).outputSync();
    return new TextDecoder().decode(stdout).split("\n")[0];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** A program to measure. */
export interface Peer {
  readonly name: string;
  readonly command: readonly string[];
}

const PEERS = "bench/peers";
const built = new Set<string>();

/** CPython itself: a version manager's shim would be measured, too. */
export const PYTHON =
  ask("python3", "-c", "import sys; print(sys.executable)") ?? "python3";

/** A program of `bench/peers`, which its suffix says how to run, with its arguments. */
export function peer(name: string, file: string, ...args: string[]): Peer {
  const source = `${PEERS}/${file}`, binary = `${BUILD}/${file}.out`;
  if (file.endsWith(".c") && !built.has(file)) {
    const flags = ["-O2", "-o", binary, source, "-lpthread"];
    new Deno.Command("cc", { args: flags, stderr: "inherit" }).outputSync();
    built.add(file);
  }
  const allowed = ["--allow-ffi", "--allow-net=127.0.0.1"];
  const runtime = {
    c: [binary],
    py: [PYTHON, source],
    mjs: ["node", source],
    ts: [Deno.execPath(), "run", "--quiet", ...allowed, source],
  }[file.split(".").at(-1)!]!;
  return { name, command: [...runtime, ...args] };
}

const children = new Set<Deno.ChildProcess>();

/** Ends the bench and all its peers. */
export function fail(message: string): never {
  console.error(`bench: ${message}`);
  for (const child of children) child.kill("SIGKILL");
  Deno.exit(1);
}

/** Starts a program with all the descriptors that the hard limit allows. */
function spawn(command: readonly string[]): Deno.ChildProcess {
  const script = 'ulimit -n "$(ulimit -Hn)"; exec "$@"';
  const args = ["-c", script, "sh", ...command];
  const options = { args, stdin: "null", stdout: "piped" } as const;
  const child = new Deno.Command("sh", options).spawn();
  children.add(child);
  child.status.finally(() => children.delete(child));
  return child;
}

/** Runs a program to its end; returns its lines, split at tabs. */
export async function lines(
  command: readonly string[],
  meanwhile?: (child: Deno.ChildProcess) => Promise<void>,
): Promise<string[][]> {
  const child = spawn(command), output = child.output();
  await meanwhile?.(child);
  const { success, stdout } = await output;
  if (!success) throw new Error(`this failed: ${command.join(" ")}`);
  const text = new TextDecoder().decode(stdout).trim();
  return text.split("\n").map((line) => line.split("\t"));
}

/** A program that runs until it is disposed of. If it ends before, so does the bench. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** Waits for the next line that it prints. */
  line(): Promise<string>;
}

/** Starts a program that prints one line at a time. */
export function start({ name, command }: Peer): Running {
  const child = spawn(command);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let stopped = false;
  child.status.then(() => stopped || fail(`${name} ended by itself`));
  return {
    pid: child.pid,
    line: async () => (await reader.read()).value!.trim(),
    async [Symbol.asyncDispose]() {
      stopped = true;
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

/** A server that runs. */
export interface Server extends Peer, Running {
  readonly port: string;
}

/** Starts a server; its first line ends with its port. */
export async function start_server(peer: Peer): Promise<Server> {
  const running = start(peer), line = await running.line();
  return { ...peer, ...running, port: line.split(" ").at(-1)! };
}

/**
 * How many times a server is driven before it is measured, each time by new connections.
 *
 * V8 compiles during the first 100,000 messages, and each new connection deoptimises a few
 * functions: a message each 10 ms costs a third less after 8 connections of 20,000 messages than
 * after one of 30,000.
 */
export const WARM_UPS = 8;

/** Drives a server; returns the microseconds of CPU that it used meanwhile, and the result. */
export async function spent<T>(
  { pid }: Running,
  drive: () => Promise<T>,
): Promise<[cpu: number, result: T]> {
  const before = clock(pid), result = await drive();
  // By thread: the time of an ended one is lost, so a difference of sums could be negative.
  const each = [...clock(pid)].map(([thread, nanoseconds]) =>
    nanoseconds - (before.get(thread) ?? 0)
  );
  return [each.reduce((sum, one) => sum + one, 0) / 1000, result];
}

/** Nanoseconds that each thread of a process was on the CPU; empty once the process has ended. */
export function clock(pid: number): Map<string, number> {
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
