/**
 * Checks the types and runs every test except `tests/faults/`: one process for each folder of
 * `tests/`, several at a time, since most tests wait for something. With a folder as the
 * argument, it runs one process for each test file in it. It shows the output of a process at
 * its end.
 *
 * ```sh
 * deno run --allow-all tests/run.ts
 * deno run --allow-all tests/run.ts tests/faults/
 * ```
 *
 * @module
 */

const root = new URL("../", import.meta.url);

/** The arguments of `deno`, by the name of the run. */
type Runs = Map<string, string[]>;

/** The test files below a folder. */
function* files(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* files(`${folder}${name}/`);
    else if (name.endsWith("_test.ts")) yield folder + name;
  }
}

/** One run for each folder of `tests/`, and one for the files at its top. */
function by_folder(): Runs {
  return Map.groupBy(
    files("tests/"),
    // Each folder in the two large ones has its own run.
    (path) => /^tests\/((py|servers)\/\w+\/|\w+\/)?/.exec(path)![0],
  );
}

/** Runs the tests of Async twins again, with a parked thread as the waker. */
function parked(): string[] {
  // It chooses its wakers itself, and its sanitizers would see a parked thread end late.
  const others = /async_program_test\.ts$/;
  const twins = /Async\(|\.(readable|writable)\b/;
  const paths = [...files("tests/py/")].filter((path) =>
    !others.test(path) &&
    twins.test(Deno.readTextFileSync(new URL(path, root)))
  );
  return ["--preload=tests/parking.ts", ...paths];
}

// One run checks the types for all processes.
const TEST = ["test", "--allow-all", "--no-check"];
const SLOWEST = [
  "tests/servers/",
  "types",
  "tests/clients/",
  "tests/py/",
  "parked threads",
  "tests/servers/echo/",
  "tests/fuzz/",
  "tests/examples/",
  "tests/release/",
];

/** All runs, the longest first. */
function runs(): Runs {
  const all: Runs = new Map();
  const folders = by_folder();
  folders.delete("tests/faults/");
  for (const [name, paths] of folders) {
    all.set(name, [...TEST, ...paths]);
  }
  all.set("parked threads", [...TEST, ...parked()]);
  // This checks the examples in docstrings, too; tests/docs/examples_test.ts runs them.
  all.set("types", ["check", "--quiet", "--doc", "."]);
  const rank = (name: string) => {
    const at = SLOWEST.indexOf(name);
    return at < 0 ? SLOWEST.length : at;
  };
  return new Map([...all].sort(([a], [b]) => rank(a) - rank(b)));
}

// Milliseconds until a process counts as hung; the last line of its output names the test.
const LONGEST = 30 * 60_000;

/** Runs one; returns whether it succeeded. */
async function run([name, args]: [string, string[]]): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const watchdog = setTimeout(() => child.kill("SIGKILL"), LONGEST);
  const { success, stdout, stderr } = await child.output();
  clearTimeout(watchdog);
  console.log(`\n$ deno ${args[0]}: ${name}`);
  Deno.stdout.writeSync(stdout);
  Deno.stdout.writeSync(stderr);
  return success;
}

const [folder] = Deno.args;
const waiting = folder === undefined ? [...runs()] : [...files(folder)].map((
  path,
): [string, string[]] => [path, [...TEST, path]]);
const failed: string[] = [];
async function worker(): Promise<void> {
  for (let next; (next = waiting.shift()) !== undefined;) {
    if (!await run(next)) failed.push(next[0]);
  }
}
// Most tests wait, so one process more than cores; the faults keep every core busy.
const WORKERS = navigator.hardwareConcurrency + (folder === undefined ? 1 : 0);
await Promise.all(Array.from({ length: WORKERS }, worker));
if (failed.length > 0) console.log(`\nfailed: ${failed.join(", ")}`);
Deno.exitCode = failed.length > 0 ? 1 : 0;
