/**
 * A server, a bystander, a fault: no bytes are lost, and no other client is affected.
 *
 * @module
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { type Server, type StartOptions, WATCHDOG } from "../scripts.ts";
import {
  answered,
  type Entry,
  greeted,
  servers,
  start,
} from "../servers/catalogue.ts";
import { Peer } from "../servers/peer.ts";

/** The flagship with each of its backends, without a line for each message. */
export const echoes: readonly Entry[] = servers
  .filter(({ script }) => script === "servers/echo.ts")
  .map((entry) => ({ ...entry, args: [...entry.args, "--quiet"] }));

/** The flagship as it is recommended. */
export const epoll: Entry = echoes.at(-1)!;

/** Every server. */
export const all: readonly Entry[] = [
  ...echoes,
  ...servers.filter(({ script }) => script !== "servers/echo.ts"),
];

/** What a fault may differ in. */
export interface FaultOptions extends StartOptions {
  /** What the server may say on standard error. */
  complains?: RegExp;
}

/**
 * A test in which something goes wrong at a server: before it and after it the server
 * serves a newcomer and has the same descriptors open, and during it a bystander loses
 * nothing.
 */
export function fault(
  entry: Entry,
  what: string,
  fn: (server: Server) => Promise<void>,
  { complains = /^$/, ...options }: FaultOptions = {},
): void {
  Deno.test(`${entry.name} ${what}`, async () => {
    await using server = await start(entry, options);
    await undisturbed(entry, server, () => fn(server));
    const { code, output, errors } = await server.stop();
    assertEquals(code, 0, errors);
    assert(complains.test(errors), errors);
    assert(/\nserved \d+ clients, /.test(output), output.slice(-1000));
  });
}

/** Injects a fault into a server, and fails if another client is affected. */
export async function undisturbed(
  entry: Entry,
  server: Server,
  fn: () => Promise<void>,
): Promise<void> {
  await newcomer(entry, server);
  // A server notices a closed client at its second send.
  const quiet = entry.kind === "time" ? 1500 : 300;
  const before = await settled_descriptors(server, quiet);
  // It stays, and is asked before and after; a server that does not echo has no other.
  using silent = new Peer(server);
  await greeted(entry, silent);
  await answered(entry, silent);
  await using bystander = entry.kind === "echo"
    ? await Bystander.start(server)
    : null;

  await fn();

  if (bystander !== null) note(entry, await bystander.leave());
  if (entry.kind === "time") await greeted(entry, silent);
  await answered(entry, silent);
  silent.sock.close();
  await descriptors_back(server, before);
  await newcomer(entry, server);
}

/** A client that comes, is served, and goes. */
export async function newcomer(entry: Entry, server: Server): Promise<void> {
  using peer = new Peer(server);
  await greeted(entry, peer);
  await answered(entry, peer);
}

/** How many descriptors a process has open. */
function descriptors(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** The number of a server's descriptors once it stays the same for `quiet` milliseconds. */
export async function settled_descriptors(
  { pid }: Server,
  quiet = 300,
): Promise<number> {
  let last = NaN, since = 0;
  await until(() => {
    const now = descriptors(pid);
    if (now !== last) since = performance.now();
    last = now;
    return performance.now() - since > quiet;
  }, () => "Descriptors come and go");
  return last;
}

/** Waits until a server has no more descriptors open than before. */
export async function descriptors_back(
  { pid }: Server,
  before: number,
): Promise<void> {
  await until(
    () => descriptors(pid) <= before,
    () => `${descriptors(pid)} descriptors are open, not ${before}`,
  );
}

/** The memory that a process has resident, in MiB. */
export function resident(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

/** Waits until something holds; fails if it never does. */
export async function until(
  holds: () => boolean,
  failure: () => string,
): Promise<void> {
  for (const deadline = performance.now() + WATCHDOG; !holds();) {
    assert(performance.now() < deadline, failure());
    await pause(10);
  }
}

/** Waits, while the event loop turns, for a time in milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Prints a figure that docs/reliability.md reports. */
export function note({ name }: { name: string }, figures: unknown): void {
  console.log(`${name}: ${JSON.stringify(figures)}`);
}

/** `tests/faults/bystander.ts` as a process of its own. */
class Bystander implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #errors: Promise<string>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#errors = new Response(child.stderr).text();
  }

  /** Starts it; returns once it was answered for the first time. */
  static async start({ host, port }: Server): Promise<Bystander> {
    const path = new URL("bystander.ts", import.meta.url).pathname;
    const bystander = new Bystander(
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--allow-ffi", path, host, String(port)],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
    const { value } = await bystander.#lines.read();
    if (value === "ready\n") return bystander;
    throw new Error(`The bystander is not served: ${await bystander.#errors}`);
  }

  /** Has it leave; fails if it lost a byte, or was not served at all meanwhile. */
  async leave(): Promise<{ trips: number; slowest: number }> {
    await this.#child.stdin.close();
    const { value = "" } = await this.#lines.read();
    const { success } = await this.#child.status;
    assert(success, `The bystander was disturbed: ${await this.#errors}`);
    const figures = JSON.parse(value);
    assertGreater(figures.trips, 1);
    return figures;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has left.
    }
    await this.#child.status;
    await this.#lines.cancel();
    await this.#errors;
  }
}
