/**
 * Injects faults into a server: no bytes are lost, and no other client is affected.
 *
 * @module
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { type Server, type StartOptions, WATCHDOG } from "../scripts.ts";
import {
  answered,
  type Entry,
  greeted,
  newcomer,
  servers,
  start,
} from "../servers/catalogue.ts";
import { Peer } from "../servers/peer.ts";

/** The flagship with each backend, without a line for each message. */
export const echoes: readonly Entry[] = servers
  .filter(({ script }) => script === "servers/echo.ts")
  .map((entry) => ({ ...entry, args: [...entry.args, "--quiet"] }));

/** The flagship with its recommended backend. */
export const epoll: Entry = echoes.at(-1)!;

/** Every server. */
export const all: readonly Entry[] = [
  ...echoes,
  ...servers.filter(({ script }) => script !== "servers/echo.ts"),
];

/** The edge-triggered server: an event that it ignores does not come again. */
export const edges: Entry = all.find(({ script }) =>
  script === "servers/epoll.ts"
)!;

/** The options of a fault. */
export interface FaultOptions extends StartOptions {
  /** The errors that the server may print. */
  complains?: RegExp;
}

/**
 * Registers tests of faults. Before and after its fault, a server serves a newcomer and has the same
 * descriptors open; during it, a bystander loses nothing.
 */
export function under(entry: Entry): {
  test(
    what: string,
    fn: (server: Server) => Promise<void>,
    options?: FaultOptions,
  ): void;
} {
  return {
    test(what, fn, { complains = /^$/, ...options } = {}) {
      Deno.test(`${entry.name} ${what}`, async () => {
        await using server = await start(entry, options);
        await undisturbed(entry, server, () => fn(server));
        const { code, output, errors } = await server.stop();
        assertEquals(code, 0, errors);
        assert(complains.test(errors), errors);
        assert(/\nserved \d+ clients, /.test(output), output.slice(-1000));
      });
    },
  };
}

/** Injects a fault; fails if another client is affected. */
export async function undisturbed(
  entry: Entry,
  server: Server,
  fn: () => Promise<void>,
): Promise<void> {
  await newcomer(entry, server);
  // servers/delay.ts notices a closed client at its second send.
  const quiet = entry.kind === "time" ? 1500 : 300;
  const before = await settled_descriptors(server, quiet);
  // It stays during the fault. For servers that do not echo it replaces the bystander.
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

/** The number of open descriptors of a process. */
function descriptors(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** Waits until the number of a server's descriptors is stable for `quiet` ms; returns it. */
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

/** Waits until a server has at most `before` descriptors open. */
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

/** Waits until a condition holds; fails after the watchdog. */
export async function until(
  holds: () => boolean,
  failure: () => string,
): Promise<void> {
  for (const deadline = performance.now() + WATCHDOG; !holds();) {
    assert(performance.now() < deadline, failure());
    await pause(10);
  }
}

/** Waits for some milliseconds, while the event loop turns. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Prints a figure for docs/reliability.md. */
export function note({ name }: { name: string }, figures: unknown): void {
  console.log(`${name}: ${JSON.stringify(figures)}`);
}

/** The arguments of `deno` for a program of clients.ts. */
export function clients(name: string, ...args: (string | number)[]): string[] {
  const path = new URL("clients.ts", import.meta.url).pathname;
  return ["run", "--allow-ffi", path, name, ...args.map(String)];
}

/** The bystander of clients.ts. */
class Bystander implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #errors: Promise<string>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#errors = new Response(child.stderr).text();
  }

  /** Starts it; returns after its first echo. */
  static async start({ host, port }: Server): Promise<Bystander> {
    const bystander = new Bystander(
      new Deno.Command(Deno.execPath(), {
        args: clients("bystander", host, port),
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
    const { value } = await bystander.#lines.read();
    if (value === "ready\n") return bystander;
    throw new Error(`The bystander is not served: ${await bystander.#errors}`);
  }

  /** Ends it; fails if it lost a byte, or had no echo during the fault. */
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
