/**
 * Measures the package's claims about speed: `deno task bench`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { beside } from "./beside.ts";
import { Book } from "./book.ts";
import { bulk } from "./bulk.ts";
import { calls, wake } from "./calls.ts";
import { crowd } from "./crowd.ts";
import { echo } from "./echo.ts";
import { machine } from "./machine.ts";
import {
  draw,
  headlines,
  outcomes,
  record,
  targets_table,
  write,
} from "./page.ts";
import type { Part } from "./part.ts";
import { Failure, kill_all } from "./process.ts";
import { sparse } from "./sparse.ts";
import { start } from "./start.ts";

const PARTS: readonly Part[] = [
  echo,
  sparse,
  beside,
  bulk,
  crowd,
  start,
  calls,
  wake,
];
const NAMES = PARTS.map(({ name }) => name);

const HELP =
  `Measures this package against C, CPython, Node and Deno's own sockets, and writes
docs/performance.md.

usage: deno task bench [flags]

  --only PART[,PART]   measure only these parts: ${NAMES.join(", ")}
  --share FRACTION     make this part of the rounds, for rough figures (default 1)
  --check              write nothing, and fail where a claim is missed by over a tenth
  --help               print this`;

// With fewer rounds, one disturbed round shows in the median.
const FEWEST = 3;

const flags = parseArgs(Deno.args, {
  string: ["only", "share"],
  boolean: ["check", "help"],
  unknown: (arg) => fail(`unknown argument ${arg}; try --help`),
});
const only = flags.only?.split(",") ?? NAMES;
for (const name of only) {
  if (!NAMES.includes(name)) {
    fail(`--only wants ${NAMES.join(", ")}, not "${name}"`);
  }
}
const share = Number(flags.share ?? 1);
if (!(share > 0 && share <= 1)) {
  fail(`--share wants a fraction from 0 to 1, not "${flags.share}"`);
}

for (const [name, number] of [["SIGINT", 2], ["SIGTERM", 15]] as const) {
  Deno.addSignalListener(name, () => {
    kill_all();
    Deno.exit(128 + number);
  });
}

if (flags.help) console.log(HELP);
else await run().catch(stop);

async function run(): Promise<void> {
  const book = new Book();
  const parts = PARTS.filter(({ name }) => only.includes(name));
  const rounds = (full: number) => Math.max(FEWEST, Math.round(full * share));
  for (const part of parts) await part.measure(book, rounds);
  const found = outcomes(parts, book), targets = targets_table(found);
  const tables = Object.fromEntries(
    parts.map((part) => [part.name, part.table(book)]),
  );
  for (const table of [...Object.values(tables), targets]) {
    console.log(`${table}\n`);
  }
  const missed = found.filter(({ missed }) => missed);
  if (flags.check) {
    if (missed.length === 0) return;
    fail(`missed: ${missed.map(({ what }) => what).join("; ")}`);
  }
  const figures = parts.flatMap(({ name }) => book.part(name));
  Deno.mkdirSync("bench/.build", { recursive: true });
  Deno.writeTextFileSync("bench/.build/figures.json", JSON.stringify(figures));
  draw(parts, book);
  const whole = only === NAMES;
  if (whole) record(machine(), found);
  const on = `Measured on ${machine()}.`;
  const top = { machine: on, headlines: headlines(found), targets };
  write(whole ? { ...top, ...tables } : tables);
}

function stop(error: unknown): never {
  kill_all();
  if (error instanceof Failure) fail(error.message);
  throw error;
}

function fail(message: string): never {
  console.error(`bench: ${message}`);
  Deno.exit(1);
}
