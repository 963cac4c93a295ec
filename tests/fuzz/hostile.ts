/**
 * Makes hostile calls; each must return or throw an Error. The arguments are a seed and the number
 * of calls, and:
 *
 * - `--trace` prints the name of each call before it, in case that the call kills the process;
 * - `--guard=PATH` puts buffers beside guard pages: see guard.ts;
 * - `--polluted=NAMES` gives Object.prototype fields with these names.
 *
 * @module
 */

// Import this before the package, to guard its own memory, too.
import { guard } from "./guard.ts";
import { socket } from "@iomux/py";
import { open_descriptors } from "../descriptors.ts";
import { file_calls, os_calls, stream_calls } from "./calls/files.ts";
import {
  close_selectors,
  queue_calls,
  registries,
  select_calls,
  select_twins,
  selectors_calls,
} from "./calls/select.ts";
import {
  error_calls,
  name_calls,
  NULL_OPTION,
  socket_calls,
  socket_twins,
  transfer_calls,
} from "./calls/socket.ts";
import { socketserver_calls } from "./calls/socketserver.ts";
import { tagged, tagged_calls } from "./calls/tagged.ts";
import {
  type Calls,
  check_error,
  close_all,
  dice,
  epolls,
  fds,
  keep,
  servers,
  settle,
  sock,
  socks,
  tend,
  wait,
} from "./pools.ts";
import { pollute } from "./polluted.ts";
import { check_fresh } from "./tags.ts";

// Half of the calls are among these, which have the most state.
const frequent: Calls = {
  ...socket_calls,
  ...transfer_calls,
  ...tagged_calls,
  ...select_calls,
  ...socket_twins,
  ...select_twins,
  ...stream_calls,
};
const often = Object.keys(frequent);

// No call waits for ever, asks a name server, or closes a descriptor of another owner.
const all: Calls = {
  ...frequent,
  ...name_calls,
  ...selectors_calls,
  ...socketserver_calls,
  ...file_calls,
  ...os_calls,
  ...queue_calls,
  ...error_calls,
};

// Calls between turns of the event loop, each of which ends all waits.
const TURN = 100;
// Milliseconds after which an aborted wait counts as hanging.
const PATIENCE = 60_000;

const [seed, count] = Deno.args;
const trace = Deno.args.includes("--trace");
// The results of these come from the kernel; other calls return their arguments.
const BYTES = /^(socket|os)\./;
const names = Object.keys(all);
const POLLUTED = "--polluted=";
const polluted = Deno.args.find((one) => one.startsWith(POLLUTED));
const inherited = pollute(polluted?.slice(POLLUTED.length).split(",") ?? []);
const encoder = new TextEncoder();
const returned = new Set<string>(), threw = new Set<string>();
let made = 0, grown = 0;

const never_returned = () => names.filter((name) => !returned.has(name));

/** Returns the names to pick the next call from. */
function candidates(): readonly string[] {
  if (dice.chance(0.5)) return often;
  if (dice.chance(0.9)) return names;
  // Some calls succeed rarely: others need no further success.
  const rare = never_returned();
  return rare.length > 0 ? rare : names;
}

function fail(why: string): never {
  console.error(`${why}: seed ${seed}, call ${made}`);
  Deno.exit(1);
}

/** The descriptors of the objects in the pools. */
function ours(): Set<number> {
  const found = new Set(fds);
  for (const one of socks) found.add(one.fileno());
  for (const one of servers) found.add(one.fileno());
  for (const one of [...epolls, ...registries]) {
    try {
      found.add(one.fileno());
    } catch {
      // Closed, or a selector that has none.
    }
  }
  found.delete(-1);
  return found;
}

/**
 * Names a descriptor, an eventfd without its number: the reserve of ffi/os_error.ts changes it.
 * format_stack() closes the reserve for a moment; a look-up's thread may take the number then.
 */
function named(open: string): string {
  return open.endsWith("[eventfd]") ? "an eventfd" : open;
}

/** Compares the open descriptors with those of the pools; `null` if they are the same. */
function difference(): string | null {
  const expected = ours(), missing = [...before].map(named);
  for (const one of open_descriptors()) {
    if (expected.delete(parseInt(one))) continue;
    const at = missing.indexOf(named(one));
    if (at === -1) return `left ${one} open`;
    missing.splice(at, 1);
  }
  const lost = [...missing, ...expected];
  return lost.length > 0 ? `lost ${lost}` : null;
}

/** Fails if a descriptor was left open or lost, or if memory has grown. */
async function look(): Promise<void> {
  // A thread that resolves a name may have a file open for a moment.
  for (let tries = 0;; tries++) {
    const found = difference();
    if (found === null) break;
    if (tries === 100) fail(found);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  guard?.look();
  grown = Deno.memoryUsage().rss - rss;
  if (grown > 0x20000000) fail(`grew by ${grown} bytes`);
}

function excused(name: string, error: unknown): void {
  try {
    check_error(error);
  } catch (why) {
    fail(`${name}: ${String(why)}`);
  }
}

async function turn(): Promise<void> {
  const late = setTimeout(() => fail("a wait does not end"), PATIENCE);
  try {
    await settle();
  } catch (why) {
    fail(String(why));
  }
  clearTimeout(late);
}

globalThis.addEventListener("unhandledrejection", ({ reason }) => {
  fail(`unhandled rejection of ${String(reason)}`);
});
socket.setdefaulttimeout(0);
// Open the descriptors that stay open: those that all waits share, and those of the runtime for
// signals.
Deno.addSignalListener("SIGUSR2", () => {});
socket.socketpair().forEach(keep);
wait(sock().recvAsync(1));
await new Promise((resolve) => setTimeout(resolve, 100));
for (const one of socks.splice(0)) one.close();
await settle();

const before = open_descriptors();
const rss = Deno.memoryUsage().rss;
for (; made < Number(count); made++) {
  tend();
  const name = dice.pick(candidates());
  if (trace) Deno.stderr.writeSync(encoder.encode(`${name}\n`));
  try {
    const result = all[name]!();
    if (result instanceof Promise) result.catch(() => {});
    if (BYTES.test(name)) check_fresh(result);
    returned.add(name);
  } catch (error) {
    if (!(error instanceof Error)) fail(`${name} threw ${String(error)}`);
    if (name !== NULL_OPTION) excused(name, error);
    threw.add(`${name}: ${error.constructor.name}: ${error.message}`);
  }
  if (made % TURN === TURN - 1) await turn();
  if (made % 1000 === 999) await look();
}
await turn();
await look();
close_all();
close_selectors();
console.log(JSON.stringify({
  made,
  names,
  never_returned: never_returned(),
  errors: threw.size,
  tagged: tagged.received,
  inherited: [...inherited],
  grown,
  guarded: guard?.counts() ?? null,
}));
Deno.exit(0);
