/** Runs a peer: starts it, waits for it, and reads the CPU that it uses. */

/** The folder of compiled peers, and of the scripts that `start.ts` writes. */
export const BUILD = "bench/.build";

/** A program to measure. */
export interface Peer {
  readonly name: string;
  readonly command: string[];
}

const built = new Set<string>();

/** A program of `bench/peers`, which its suffix says how to run, with its arguments. */
export function peer(name: string, file: string, ...args: string[]): Peer {
  const source = `bench/peers/${file}`, binary = `${BUILD}/${file}.out`;
  if (file.endsWith(".c") && !built.has(file)) {
    const flags = ["-O2", "-o", binary, source, "-lpthread"];
    new Deno.Command("cc", { args: flags, stderr: "inherit" }).outputSync();
    built.add(file);
  }
  const allowed = ["--allow-ffi", "--allow-net=127.0.0.1"];
  const runtime = {
    c: [binary],
    py: ["python3", source],
    mjs: ["node", source],
    ts: [Deno.execPath(), "run", "--quiet", ...allowed, source],
  }[file.split(".").at(-1)!]!;
  return { name, command: [...runtime, ...args] };
}

/** Starts a program, which the kernel kills when the bench ends, in whatever way. */
function spawn(command: string[]): Deno.ChildProcess {
  const args = ["--pdeathsig", "KILL", ...command];
  const options = { args, stdin: "null", stdout: "piped" } as const;
  return new Deno.Command("setpriv", options).spawn();
}

/** Runs a program to its end; returns its lines, split at tabs. */
export async function lines(argv: string[], then?: (pid: number) => unknown) {
  const child = spawn(argv), output = child.output();
  await then?.(child.pid);
  const { success, stdout } = await output;
  if (!success) throw new Error(`this failed: ${argv.join(" ")}`);
  const text = new TextDecoder().decode(stdout).trim();
  return text.split("\n").map((line) => line.split("\t"));
}

/** A program that runs until it is disposed of. */
export interface Running extends Peer, AsyncDisposable {
  readonly pid: number;
  /** The last word of the first line that it printed: a server's port. */
  readonly said: string;
  /** Waits for the next line that it prints. */
  line(): Promise<string>;
}

/** Starts a program that prints one line at a time, and waits for the first one. */
export async function launch(peer: Peer): Promise<Running> {
  const child = spawn(peer.command);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const line = async () => {
    const { value } = await reader.read();
    if (value === undefined) throw new Error(`${peer.name} ended by itself`);
    return value.trim();
  };
  return {
    ...peer,
    pid: child.pid,
    said: (await line()).split(" ").at(-1)!,
    line,
    async [Symbol.asyncDispose]() {
      await child[Symbol.asyncDispose]();
      await reader.cancel();
    },
  };
}

/** Drives a server before it is measured: V8 still compiles, and new connections deoptimise. */
export async function warm_up(drive: () => Promise<unknown>): Promise<void> {
  for (let times = 0; times < 8; times++) await drive();
}

/** Drives a server; returns the microseconds of CPU that it used meanwhile, and the result. */
export async function spent<T>({ pid }: Running, drive: () => Promise<T>) {
  const before = clock(pid), result = await drive();
  return [(clock(pid) - before) / 1000, result] as const;
}

const { symbols: { clock_gettime } } = Deno.dlopen("libc.so.6", {
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
});

/** Nanoseconds that all threads of a process were on the CPU, those that have ended, too. */
function clock(pid: number): number {
  const timespec = new BigInt64Array(2);
  // The number that clock_getcpuclockid(3) gives.
  clock_gettime(~pid << 3 | 2, timespec);
  return Number(timespec[0]! * 1_000_000_000n + timespec[1]!);
}
