/** Measures what docs/performance.md shows: `deno task bench`. README.md says what and how. */

import { parseArgs } from "node:util";
import { beside } from "./beside.ts";
import { bulk } from "./bulk.ts";
import { calls, wake } from "./calls.ts";
import { crowd } from "./crowd.ts";
import { echo, sparse } from "./echo.ts";
import { Book, type Part } from "./figures.ts";
import { record, summary, tables, write } from "./page.ts";
import { BUILD, launch, lines, type Running, warm_up } from "./run.ts";
import { start } from "./start.ts";

/** The parts, in the order in which they run. */
export const PARTS = [echo, sparse, beside, bulk, crowd, start, calls, wake];

// With fewer rounds, one disturbed round shows in the median.
const FEWEST_ROUNDS = 3;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { only: { type: "string" }, share: { type: "string" } },
  });
  const share = Number(values.share ?? 1);
  if (!(share > 0 && share <= 1)) throw new Error("--share is from 0 to 1");
  const parts = values.only?.split(",").map((name) => {
    const part = PARTS.find((part) => part.name === name);
    if (part === undefined) throw new Error(`no part is named ${name}`);
    return part;
  }) ?? PARTS;

  Deno.mkdirSync(BUILD, { recursive: true });
  const books: Book[] = [];
  for (const part of parts) books.push(await measured(part, share));

  const found = books.flatMap((book) => book.part.targets(book));
  const machine = await described();
  const texts = { ...summary(found, machine), ...tables(books) };
  console.log(Object.values(texts).join("\n\n"));
  if (share < 1) return; // A rough figure is not for the page.
  const whole = books.length === PARTS.length;
  write(whole ? texts : tables(books), books);
  if (whole) record(found, machine);
}

/** Lets the peers take turns in many rounds, so that a disturbance meets all of them. */
async function measured(part: Part, share: number): Promise<Book> {
  const rounds = Math.max(FEWEST_ROUNDS, Math.round(part.rounds * share));
  const book = new Book(part);
  for (let round = 1; round <= rounds; round++) {
    console.error(`${part.name}: round ${round} of ${rounds}`);
    // Anew in each round: two processes of one server are never alike.
    await using stack = new AsyncDisposableStack();
    const servers: Running[] = [];
    for (const peer of part.servers?.() ?? []) {
      const server = stack.use(await launch(peer));
      await warm_up(async () => await part.warm_up?.(server));
      servers.push(server);
    }
    await part.round(book, servers);
  }
  return book;
}

/** Describes the machine: its cores, its kernel and the versions of the runtimes. */
async function described(): Promise<string> {
  const ask = async (...command: string[]) => (await lines(command))[0]![0];
  return [
    `${navigator.hardwareConcurrency} cores (${Deno.build.arch})`,
    `Linux ${Deno.osRelease().split(".").slice(0, 2).join(".")}`,
    `Deno ${Deno.version.deno}`,
    `C${await ask("python3", "--version")}`,
    `Node ${await ask("node", "-p", "process.versions.node")}`,
  ].join(", ");
}

if (import.meta.main) await main();
