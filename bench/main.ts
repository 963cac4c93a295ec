/**
 * What this package claims about speed, measured: `deno task bench`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { Book, type Kept } from "./book.ts";
import { calls, wake } from "./calls.ts";
import { connections } from "./connections.ts";
import { echo } from "./echo.ts";
import { type Effort, FULL, share, SHORT } from "./effort.ts";
import { tidy, write } from "./page.ts";
import { Failure, kill_all } from "./process.ts";
import { progress } from "./progress.ts";
import { read_runs, run_of, runs_table } from "./runs.ts";
import { CROWDED, servers, WITH_ASYNC } from "./servers.ts";
import * as tables from "./tables.ts";
import { missed, type Outcome, outcomes } from "./targets.ts";
import { machine } from "./tools.ts";

const HELP =
  `Measures this package against C, CPython, Node and Deno's own sockets.

usage: deno task bench [flags]

  --only calls|echo|scale|async  measure one part; the others stay as they are
  --share FRACTION               do so much of the work, for rough figures (default 1)
  --draw                         draw what was measured last, measure nothing
  --check                        the short form: write nothing, and fail where a target is
                                 missed by more than a tenth twice in a row
  --help                         print this`;

const OUT = "docs/bench";
const RESULTS = `${OUT}/results.json`, RUNS = `${OUT}/runs.json`;

const flags = parseArgs(Deno.args, {
  string: ["only", "share"],
  boolean: ["check", "draw", "help"],
  unknown: (arg) => fail(`unknown argument ${arg}; try --help`),
});
const PARTS = ["calls", "echo", "scale", "async"];
const only = flags.only;
if (only !== undefined && !PARTS.includes(only)) {
  fail(`--only wants ${PARTS.join(", ")}, not "${only}"`);
}
const fraction = Number(flags.share ?? 1);
if (!(fraction > 0 && fraction <= 1)) {
  fail(`--share wants a fraction from 0 to 1, not "${flags.share}"`);
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
for (const [name, number] of Object.entries(SIGNALS)) {
  Deno.addSignalListener(name as keyof typeof SIGNALS, () => {
    kill_all();
    Deno.exit(128 + number);
  });
}

try {
  if (flags.help) console.log(HELP);
  else if (flags.check) await check(share(SHORT, fraction));
  else await full(share(FULL, fraction));
} catch (error) {
  kill_all();
  if (error instanceof Failure) fail(error.message);
  throw error;
}

/** Measures the parts that are asked for, and those of them that `wanted` names. */
async function measure(
  effort: Effort,
  wanted: (part: string) => boolean,
): Promise<Book> {
  const book = new Book();
  const found = servers(effort.all);
  const asked = (part: string) => only === undefined || only === part;
  if (asked("calls") && wanted("calls")) await calls(book, effort);
  if ((asked("echo") || only === "async") && wanted("echo")) {
    const compared = only === "async"
      ? found.filter(({ name }) => WITH_ASYNC.includes(name))
      : found;
    await echo(book, effort, compared);
  }
  if (asked("scale") && wanted("wake") && effort.all) await wake(book, effort);
  if (asked("scale") && wanted("connections")) {
    const crowded = found.filter(({ name }) => CROWDED.includes(name));
    await connections(book, effort, crowded);
  }
  return book;
}

async function full(effort: Effort): Promise<void> {
  const kept = read();
  const book = new Book(kept.figures);
  const runs = read_runs(RUNS);
  const on = flags.draw ? kept.machine : machine();
  if (!flags.draw) {
    const measured = await measure(effort, () => true);
    book.update(measured);
    if (only === undefined) runs.push(run_of(outcomes(measured), on, fraction));
  }
  const shown = {
    machine: `Measured on ${on}.`,
    targets: tables.target_table(outcomes(book)),
    runs: runs_table(runs),
    calls: tables.calls_table(book),
    echo: tables.echo_table(book),
    wake: tables.wake_table(book),
    connections: tables.connections_table(book),
    async: tables.async_table(book),
  };
  Deno.mkdirSync(OUT, { recursive: true });
  const results: Kept = { machine: on, figures: book.all() };
  Deno.writeTextFileSync(RESULTS, JSON.stringify(results));
  Deno.writeTextFileSync(RUNS, JSON.stringify(runs));
  write(shown);
  await draw(book);
  tidy(OUT);
  for (const table of Object.values(shown)) console.log(`${table}\n`);
}

async function draw(book: Book): Promise<void> {
  // Only here: the figures do not need the npm registry.
  const { draw } = await import("./draw.ts");
  const { pictures } = await import("./pictures.ts");
  for (const [name, spec] of pictures(book)) {
    progress(`${OUT}/${name}.svg`);
    const svg = await draw(spec, `Benchmark: ${name}`);
    Deno.writeTextFileSync(`${OUT}/${name}.svg`, svg);
  }
}

async function check(effort: Effort): Promise<void> {
  const first = outcomes(await measure(effort, () => true));
  console.log(`${machine()}\n\n${tables.target_table(first)}\n`);
  if (first.length === 0) fail("no target could be measured");
  const suspects = first.filter(missed);
  if (suspects.length === 0) return;
  progress(`once more: ${suspects.map(({ what }) => what).join("; ")}`);
  const parts = new Set(suspects.map(({ part }) => part));
  const second = outcomes(await measure(effort, (part) => parts.has(part)));
  const is_suspect = ({ what }: Outcome) =>
    suspects.some((suspect) => suspect.what === what);
  const failures = second.filter((one) => is_suspect(one) && missed(one));
  console.log(`${tables.target_table(second.filter(is_suspect))}\n`);
  if (failures.length === 0) return;
  fail(`missed twice: ${failures.map(({ what }) => what).join("; ")}`);
}

function read(): Kept {
  try {
    return JSON.parse(Deno.readTextFileSync(RESULTS));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { machine: machine(), figures: [] };
  }
}

function fail(message: string): never {
  console.error(`bench: ${message}`);
  Deno.exit(1);
}
