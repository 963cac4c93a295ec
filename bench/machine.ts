/**
 * Looks for the bench's tools on the machine: a C compiler, CPython, Node, redis-benchmark.
 *
 * @module
 */

import type { Peer } from "./process.ts";

/** Returns the first line that a program prints; `null` if the program is missing. */
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

/** Looks for something once, and says so if it is missing. */
function once<T>(missing: string, find: () => T | null): () => T | null {
  let found: T | null | undefined;
  return () => {
    if (found === undefined) {
      found = find();
      if (found === null) console.error(`left out: ${missing}`);
    }
    return found;
  };
}

const compiler = once("the peers in C (no cc)", () => ask("cc", "--version"));

const python = once("the peers in CPython (no python3)", () => {
  // The interpreter itself: a version manager's shim would be measured too.
  const script = "import platform, sys; " +
    "print(sys.executable, platform.python_version())";
  const [path, version] = ask("python3", "-c", script)?.split(" ") ?? [];
  return path && version ? { path, version } : null;
});

const node = once("node:net on Node (no node)", () => {
  const version = ask("node", "--version");
  // Deno may answer to the name `node`.
  return version?.startsWith("v") ? version : null;
});

/** The version of `redis-benchmark`, `null` without it. */
export const redis_benchmark: () => string | null = once(
  "the busy echo (no redis-benchmark; Debian: redis-tools)",
  () => ask("redis-benchmark", "--version"),
);

/** The core to keep a thread on, as one core may be slower than another. */
export const last_core: () => string | null = once(
  "keeping calls on one core (no taskset; Debian: util-linux)",
  () => {
    if (ask("taskset", "--version") === null) return null;
    const status = Deno.readTextFileSync("/proc/self/status");
    return /^Cpus_allowed_list:.*?(\d+)$/m.exec(status)![1]!;
  },
);

const built = new Set<string>();

/** Compiles a program of `bench/peers`; returns its path, `null` without a compiler. */
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
  built.add(source);
  return binary;
}

/** A peer in C, with its arguments; none without a compiler. */
export function in_c(name: string, source: string, ...args: string[]): Peer[] {
  const binary = compile(source);
  return binary === null ? [] : [{ name, command: [binary, ...args] }];
}

/** A peer in CPython; none without it. */
export function in_python(
  name: string,
  source: string,
  ...args: string[]
): Peer[] {
  const found = python();
  if (found === null) return [];
  return [{ name, command: [found.path, `bench/peers/${source}`, ...args] }];
}

/** A peer in Node; none without it. */
export function in_node(name: string, source: string): Peer[] {
  if (node() === null) return [];
  return [{ name, command: ["node", `bench/peers/${source}`] }];
}

/** A peer in Deno: a script with its flags before and its arguments behind. */
export function in_deno(name: string, ...script: string[]): Peer[] {
  return [{ name, command: [Deno.execPath(), "run", "--quiet", ...script] }];
}

/** Describes the machine: its cores, its kernel and the versions of the runtimes. */
export function machine(): string {
  const cpython = python()?.version;
  return [
    `${navigator.hardwareConcurrency} cores (${Deno.build.arch})`,
    `Linux ${Deno.osRelease().split(".").slice(0, 2).join(".")}`,
    `Deno ${Deno.version.deno}`,
    ...(cpython ? [`CPython ${cpython}`] : []),
    ...(node() ? [`Node ${node()!.slice(1)}`] : []),
  ].join(", ");
}

/** Returns how many descriptors a process may have open. */
export function most_files(): number {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  return Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? 1024);
}
