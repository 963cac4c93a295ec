/** Measures what docs/performance.md shows: `deno task bench`. README.md says what and how. */

import { parseArgs } from "@std/cli/parse-args";
import { beside } from "./beside.ts";
import { bulk } from "./bulk.ts";
import { calls, wake } from "./calls.ts";
import { crowd } from "./crowd.ts";
import { echo, sparse } from "./echo.ts";
import { Book, type Part } from "./figures.ts";
import { missed, outcomes, record, summary, tables, write } from "./page.ts";
import {
  ask,
  BUILD,
  fail,
  type Server,
  start_server,
  WARM_UPS,
} from "./run.ts";
import { start } from "./start.ts";

/** The parts, in the order in which they run. */
export const PARTS: readonly Part[] = [
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
  --share FRACTION     make only this share of the rounds, for rough figures (default 1)
  --check              write nothing, and fail where a target is missed by over a tenth
  --help               print this`;

const NEEDED = ["cc", "node", "python3", "redis-benchmark", "taskset"];
// With fewer rounds, one disturbed round shows in the median.
const FEWEST_ROUNDS = 3;
// A short run may miss a target by this factor by chance.
const TOLERANCE = 1.1;

async function main(): Promise<void> {
  const flags = parseArgs(Deno.args, {
    string: ["only", "share"],
    boolean: ["check", "help"],
    unknown: (arg) => fail(`unknown argument ${arg}; try --help`),
  });
  if (flags.help) return console.log(HELP);
  const only = flags.only?.split(",") ?? NAMES;
  const wrong = only.find((name) => !NAMES.includes(name));
  if (wrong !== undefined) fail(`--only wants ${NAMES}, not ${wrong}`);
  const share = Number(flags.share ?? 1);
  if (!(share > 0 && share <= 1)) fail("--share wants a fraction from 0 to 1");
  const missing = NEEDED.filter((program) => !ask(program, "--version"));
  if (missing.length > 0) fail(`needs ${missing.join(", ")}`);
  Deno.mkdirSync(BUILD, { recursive: true });

  const books = new Map<Part, Book>();
  for (const part of PARTS.filter(({ name }) => only.includes(name))) {
    const rounds = Math.max(FEWEST_ROUNDS, Math.round(part.rounds * share));
    books.set(part, await measured(part, rounds));
  }

  const found = outcomes(books), whole = books.size === PARTS.length;
  const texts = { ...summary(found, machine()), ...tables(books) };
  console.log(Object.values(texts).join("\n\n"));
  if (flags.check) {
    const far = found.filter((one) => missed(one, TOLERANCE));
    if (far.length === 0) return;
    fail(`missed: ${far.map(({ what }) => what).join("; ")}`);
  }
  write(whole ? texts : tables(books), books);
  if (whole) record(found, machine());
}

/** Lets the peers take turns in many rounds, so that a disturbance meets all of them. */
async function measured(part: Part, rounds: number): Promise<Book> {
  const book = new Book();
  for (let round = 1; round <= rounds;) {
    await using stack = new AsyncDisposableStack();
    const running: Server[] = [];
    for (const peer of part.servers?.() ?? []) {
      const server = stack.use(await start_server(peer));
      for (let i = 0; i < WARM_UPS; i++) await part.warm_up?.(server);
      running.push(server);
    }
    do {
      const seconds = `${Math.round(performance.now() / 1000)}`.padStart(5);
      console.error(`${seconds} s  ${part.name}: round ${round} of ${rounds}`);
      await part.round(book, running);
      round++;
    } while (!part.anew && round <= rounds);
  }
  return book;
}

/** Describes the machine: its cores, its kernel and the versions of the runtimes. */
function machine(): string {
  const version = (program: string) =>
    ask(program, "--version")!.replace(/^\D+/, "");
  return [
    `${navigator.hardwareConcurrency} cores (${Deno.build.arch})`,
    `Linux ${Deno.osRelease().split(".").slice(0, 2).join(".")}`,
    `Deno ${Deno.version.deno}`,
    `CPython ${version("python3")}`,
    `Node ${version("node")}`,
  ].join(", ");
}

if (import.meta.main) {
  Deno.addSignalListener("SIGINT", () => fail("interrupted"));
  Deno.addSignalListener("SIGTERM", () => fail("terminated"));
  await main().catch(({ stack }) => fail(stack));
  Deno.exit();
}
