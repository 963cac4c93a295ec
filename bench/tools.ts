/**
 * What a bench needs of the machine: a C compiler, CPython, Node, redis-benchmark.
 *
 * @module
 */

/** A program to measure. */
export interface Peer {
  readonly name: string;
  readonly command: readonly string[];
}

/** The first line that a program prints, `null` if it is not there. */
function ask(program: string, ...args: string[]): string | null {
  try {
    const { success, stdout } = new Deno.Command(program, { args })
      .outputSync();
    return success ? new TextDecoder().decode(stdout).split("\n")[0]! : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** A program that was asked for once, and the sentence when it is missing. */
function once<T>(what: string, find: () => T | null): () => T | null {
  let found: T | null | undefined;
  return () => {
    if (found === undefined) {
      found = find();
      if (found === null) console.error(`left out: ${what}`);
    }
    return found;
  };
}

const compiler = once(
  "the C peers, as there is no cc",
  () => ask("cc", "--version"),
);

const python = once("the CPython peers, as there is no python3", () => {
  // Past a version manager's shim, which would be measured too.
  const script = "import platform, sys; " +
    "print(sys.executable, platform.python_version())";
  const [path, version] = ask("python3", "-c", script)?.split(" ") ?? [];
  return path && version ? { path, version } : null;
});

const node = once("node:net on Node, as there is no node", () => {
  const version = ask("node", "--version");
  // Where there is none, Deno answers to its name.
  return version?.startsWith("v") ? version : null;
});

/** `redis-benchmark --version`, `null` if it is not there. */
export const redis_benchmark: () => string | null = once(
  "echo and async, as there is no redis-benchmark (Debian: redis-tools)",
  () => ask("redis-benchmark", "--version"),
);

const taskset = once(
  "keeping *calls* and *wake* on one core, as there is no taskset (Debian: util-linux)",
  () => ask("taskset", "--version"),
);

/** Keeps the first thread of a process on the last core; one may be slower than another. */
export function pin(pid: number): void {
  if (taskset() === null) return;
  const status = Deno.readTextFileSync("/proc/self/status");
  const core = /^Cpus_allowed_list:.*?(\d+)$/m.exec(status)![1]!;
  ask("taskset", "--cpu-list", "--pid", core, `${pid}`);
}

const built = new Map<string, string>();

/** A program in `bench/peers/*.c`, compiled; `null` without a compiler. */
export function compile(source: string): string | null {
  if (compiler() === null) return null;
  const binary = `bench/.build/${source.replace(/\.c$/, "")}`;
  if (built.has(source)) return binary;
  Deno.mkdirSync("bench/.build", { recursive: true });
  const { success } = new Deno.Command("cc", {
    args: ["-O2", "-o", binary, `bench/peers/${source}`, "-lpthread"],
    stderr: "inherit",
  }).outputSync();
  if (!success) throw new Error(`cannot compile bench/peers/${source}`);
  built.set(source, binary);
  return binary;
}

/** A peer in C; none without a compiler. */
export function in_c(name: string, source: string): Peer[] {
  const binary = compile(source);
  return binary === null ? [] : [{ name, command: [binary] }];
}

/** A peer in CPython; none without it. */
export function in_python(name: string, source: string): Peer[] {
  const found = python();
  if (found === null) return [];
  return [{ name, command: [found.path, `bench/peers/${source}`] }];
}

/** A peer in Node; none without it. */
export function in_node(name: string, source: string): Peer[] {
  if (node() === null) return [];
  return [{ name, command: ["node", `bench/peers/${source}`] }];
}

/** A peer in Deno, with one permission. */
export function in_deno(
  name: string,
  permission: string,
  ...script: string[]
): Peer[] {
  const run = [Deno.execPath(), "run", "--quiet", permission];
  return [{ name, command: [...run, ...script] }];
}

/** The machine by its cores, and what ran on it. */
export function machine(): string {
  const found = python();
  return [
    `${navigator.hardwareConcurrency} cores (${Deno.build.arch})`,
    `Linux ${Deno.osRelease().split(".").slice(0, 2).join(".")}`,
    `Deno ${Deno.version.deno}`,
    ...(found ? [`CPython ${found.version}`] : []),
    ...(node() ? [`Node ${node()!.slice(1)}`] : []),
  ].join(", ");
}

/** How many descriptors a process here may have open. */
export function most_files(): number {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  return Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? 1024);
}
