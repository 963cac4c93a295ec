/**
 * Runs programs in CPython and with this package, and compares every outcome. As a script it compares
 * a million operations of ten seeds:
 *
 * ```sh
 * deno task compare
 * ```
 *
 * @module
 */

import { allow, type Allowed, allowed } from "./allowed.ts";
import { type Op, type Outcome, programs } from "./program.ts";

/** A difference without an entry in the list. */
export interface Difference {
  readonly seed: number;
  readonly ops: readonly Op[];
  readonly at: number;
  readonly twins: boolean;
  readonly theirs: Outcome;
  readonly ours: Outcome;
}

/** The result of a comparison. */
export interface Comparison {
  /** The number of compared operations, with synchronous calls. */
  operations: number;
  /** The number with Async twins instead, if a call has one. */
  twins: number;
  /** The number of uses of each entry in the list. */
  readonly needed: Map<string, number>;
  /** Programs whose outcomes differed only in the first runs. */
  unsteady: number;
  /** Programs that hung CPython: program.ts must not write these. */
  hung: number;
  readonly differences: Difference[];
}

/** The newest CPython of this machine, from 3.11 on; `null` if there is none. */
export function cpython(): { command: string; minor: number } | null {
  const newest = ["python3.14", "python3.13", "python3.12", "python3.11"];
  for (const command of [...newest, "python3"]) {
    try {
      const { stdout } = new Deno.Command(command, {
        args: ["-c", "import sys; print(sys.version_info.minor)"],
        stderr: "null",
      }).outputSync();
      const minor = Number(new TextDecoder().decode(stdout) || 0);
      if (minor >= 11) return { command, minor };
    } catch {
      // Not here.
    }
  }
  return null;
}

/** The number of runs until a difference counts. */
const TRIES = 4;

/** The most milliseconds of a program: its waits take a few. */
const LONGEST = 10_000;

/** A process that reads programs and prints outcomes, a line each. */
class Runner {
  readonly #command: Deno.Command;
  #child!: Deno.ChildProcess;
  #writer!: WritableStreamDefaultWriter<Uint8Array>;
  #lines!: AsyncGenerator<string>;

  constructor(command: string, args: readonly string[]) {
    this.#command = new Deno.Command(command, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    });
    this.#start();
  }

  #start(): void {
    this.#child = this.#command.spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = lines(this.#child.stdout);
  }

  /** The outcomes of a program; `null` if it ended or hung the runner. */
  async run(ops: readonly Op[]): Promise<unknown> {
    await this.#writer.write(
      new TextEncoder().encode(`${JSON.stringify(ops)}\n`),
    );
    const late = setTimeout(() => this.#child.kill("SIGKILL"), LONGEST);
    const { value, done } = await this.#lines.next();
    clearTimeout(late);
    if (!done) return JSON.parse(value);
    await this.#writer.close().catch(() => {});
    await this.#child.status;
    this.#start();
    return null;
  }

  /** Kills the runner, which may hang. */
  async close(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#lines.return(undefined);
    await this.#writer.close().catch(() => {});
    await this.#child.status;
  }
}

async function* lines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

/**
 * Compares the outcomes of programs.
 *
 * @param seed The seed of the dice.
 * @param operations The approximate number of operations.
 * @param most Stops after this many differences.
 */
export async function compare(
  seed: number,
  operations: number,
  most = 10,
): Promise<Comparison> {
  const python = cpython();
  if (python === null) throw new Error("no CPython of 3.11 or newer here");
  const list = allowed.filter(({ before }) =>
    before === undefined || python.minor < before
  );
  const folder = await Deno.makeTempDir({ prefix: "iomux" });
  // Names of the same length: the longest path is compared, too.
  for (const name of ["p", "d"]) await Deno.mkdir(`${folder}/${name}`);
  const beside = (name: string) => new URL(name, import.meta.url).pathname;
  const theirs = new Runner(python.command, [
    beside("runner.py"),
    `${folder}/p`,
  ]);
  const ours = new Runner(Deno.execPath(), [
    "run",
    "--allow-all",
    "--no-check",
    beside("runner.ts"),
    `${folder}/d`,
  ]);
  const found: Comparison = {
    operations: 0,
    twins: 0,
    needed: new Map(),
    unsteady: 0,
    hung: 0,
    differences: [],
  };
  try {
    for (const ops of programs(seed)) {
      await compare_program(seed, ops, list, theirs, ours, found);
      const { operations: compared, differences } = found;
      if (compared >= operations || differences.length >= most) break;
    }
  } finally {
    await theirs.close();
    await ours.close();
    await Deno.remove(folder, { recursive: true });
  }
  return found;
}

async function compare_program(
  seed: number,
  ops: readonly Op[],
  list: readonly Allowed[],
  theirs: Runner,
  ours: Runner,
  found: Comparison,
): Promise<void> {
  for (let tries = 1;; tries++) {
    const [expected, both] = await Promise.all([
      theirs.run(ops),
      ours.run(ops),
    ]) as [Outcome[] | null, [Outcome[], Outcome[]] | null];
    if (expected === null) {
      found.hung++;
      return;
    }
    const hung: Outcome[] = ops.map(() => ["hung"]);
    const results = [false, true].map((twins) => {
      const outcomes = both === null ? hung : both[twins ? 1 : 0];
      return {
        twins,
        outcomes,
        ...first_difference(
          list.filter((entry) => twins || !entry.twins),
          ops,
          expected,
          outcomes,
        ),
      };
    });
    const differ = results.some(({ different }) => different);
    // A difference that does not repeat is due to the kernel's timing.
    if (differ && tries < TRIES && both !== null) continue;
    if (!differ && tries > 1) found.unsteady++;
    for (const { twins, outcomes, index, different, needed } of results) {
      found[twins ? "twins" : "operations"] += index;
      for (const name of needed) {
        found.needed.set(name, (found.needed.get(name) ?? 0) + 1);
      }
      if (!different) continue;
      found.differences.push({
        seed,
        ops,
        at: index,
        twins,
        theirs: expected[index]!,
        ours: outcomes[index]!,
      });
    }
    return;
  }
}

/** The index at which two runs differ, and the entries that were needed before. */
function first_difference(
  list: readonly Allowed[],
  ops: readonly Op[],
  theirs: readonly Outcome[],
  ours: readonly Outcome[],
): { index: number; different: boolean; needed: string[] } {
  const needed: string[] = [];
  const before: Array<readonly [Op, Outcome]> = [];
  for (const [index, op] of ops.entries()) {
    const [a, b] = [theirs[index]!, ours[index]!];
    // Newer than this CPython, such as queue.shutdown and 3.12.
    if (a[0] === "unknown") return { index, different: false, needed };
    const alike = JSON.stringify(a) === JSON.stringify(b);
    const entries = alike
      ? list.filter((it) => it.always && it.when?.(op, a, b, before))
      : allow(list, op, a, b, before);
    before.push([op, a]);
    if (entries === null) return { index, different: true, needed };
    needed.push(...entries.map(({ name }) => name));
    // Only one of them failed: the rest differs, too.
    const parted = a[0] !== b[0] || entries.some(({ ends }) => ends);
    if (parted) return { index: index + 1, different: false, needed };
  }
  return { index: ops.length, different: false, needed };
}

/** Formats a difference with the calls before it. */
export function shown(difference: Difference): string {
  const { seed, ops, at, twins, theirs, ours } = difference;
  const calls = listed(ops.slice(0, at + 1));
  return `seed ${seed}${twins ? ", with twins" : ""}:\n${calls}\n` +
    `CPython: ${JSON.stringify(theirs)}\nhere:    ${JSON.stringify(ours)}`;
}

function listed(ops: readonly Op[]): string {
  return ops.map((op) => `  ${written(op)}`).join("\n");
}

function written({ call, args, kw, out }: Op): string {
  const given = args.map((arg) => JSON.stringify(arg));
  if (kw !== undefined) given.push(JSON.stringify(kw));
  const name = out === undefined ? "" : `${JSON.stringify(out)} = `;
  return `${name}${call}(${given.join(", ")})`;
}

if (import.meta.main) {
  const [first = 1, count = 10, operations = 100_000] = Deno.args.map(Number);
  const seeds = Array.from({ length: count }, (_, i) => first + i);
  const needed = new Map<string, number>();
  const total = { operations: 0, twins: 0, unsteady: 0, hung: 0, wrong: 0 };
  const run = async () => {
    for (let seed; (seed = seeds.shift()) !== undefined;) {
      const found = await compare(seed, operations, Infinity);
      total.operations += found.operations;
      total.twins += found.twins;
      total.unsteady += found.unsteady;
      total.hung += found.hung;
      total.wrong += found.differences.length;
      for (const one of found.differences) console.log(shown(one), "\n");
      for (const [name, times] of found.needed) {
        needed.set(name, (needed.get(name) ?? 0) + times);
      }
    }
  };
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, run));
  const { unsteady, hung, wrong } = total;
  console.log(
    `${total.operations} operations compared, ${total.twins} more with twins: ` +
      `${wrong} differ; ${unsteady} programs did not repeat, ${hung} hung CPython`,
  );
  for (const { name } of allowed) {
    console.log(`${String(needed.get(name) ?? 0).padStart(7)}  ${name}`);
  }
  if (wrong > 0) Deno.exit(1);
}
