/**
 * Runs every test but those of `tests/faults/`, and every example in docstrings: a process for
 * each folder of `tests/`, a few of them side by side, since most tests wait for something.
 * Given a folder, it runs each of its test files in a process of its own. What a process
 * printed is shown once it has ended.
 *
 * ```sh
 * deno run --allow-all tests/run.ts
 * deno run --allow-all tests/run.ts tests/faults/
 * ```
 *
 * @module
 */

const root = new URL("../", import.meta.url);

/** What `deno` is given, by the name under which its output is shown. */
type Runs = Map<string, string[]>;

/** The test files below a folder. */
function* files(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* files(`${folder}${name}/`);
    else if (name.endsWith("_test.ts")) yield folder + name;
  }
}

/** A run for each folder of `tests/`, and one for the files beside them. */
function by_folder(): Runs {
  return Map.groupBy(
    files("tests/"),
    // Of the large folders, each of their own is one.
    (path) => /^tests\/((py|servers)\/\w+\/|\w+\/)?/.exec(path)![0],
  );
}

/** The tests of Async twins once more, with a parked thread as the waker. */
function parked(): string[] {
  // They choose their wakers themselves; a parked thread comes back a moment after the last
  // wait is over.
  const others = /async_(program|sanitizers)_test\.ts$/;
  const twins = /Async\(|\.(readable|writable)\b/;
  const paths = [...files("tests/py/")].filter((path) =>
    !others.test(path) &&
    twins.test(Deno.readTextFileSync(new URL(path, root)))
  );
  return ["--preload=tests/parking.ts", ...paths];
}

// The types are checked once, and not in each process.
const TEST = ["test", "--allow-all", "--no-check"];
const SLOWEST = ["examples in docstrings", "tests/servers/", "tests/fuzz/"];

/** All runs, those that take longest first. */
function runs(): Runs {
  const all: Runs = new Map();
  const folders = by_folder();
  folders.delete("tests/faults/");
  for (const [name, paths] of folders) {
    all.set(name, [...TEST, ...paths]);
  }
  all.set("parked threads", [...TEST, ...parked()]);
  // The programs of the README and of docs/ run in an empty folder: tests/release/pages.ts.
  all.set("examples in docstrings", [
    ...["test", "--doc", "--allow-ffi", "ffi", "py", "trace", "cli", "mod.ts"],
  ]);
  all.set("types", ["check", "--quiet", "."]);
  const rank = (name: string) => {
    const at = SLOWEST.indexOf(name);
    return at < 0 ? SLOWEST.length : at;
  };
  return new Map([...all].sort(([a], [b]) => rank(a) - rank(b)));
}

/** Runs one; returns whether all went well. */
async function run([name, args]: [string, string[]]): Promise<boolean> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    stdin: "null",
  }).output();
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
// Most tests wait; the faults are heavy, and servers have seconds to answer.
const WORKERS = navigator.hardwareConcurrency + (folder === undefined ? 1 : 0);
await Promise.all(Array.from({ length: WORKERS }, worker));
if (failed.length > 0) console.log(`\nfailed: ${failed.join(", ")}`);
Deno.exitCode = failed.length > 0 ? 1 : 0;
