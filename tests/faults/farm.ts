/**
 * examples/deploy/ on free ports: three servers, started by server.sh, behind HAProxy with
 * haproxy.cfg, and clients of them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { OSError, socket } from "@iomux/py";
import { ask, type Row, rows } from "../../examples/deploy/haproxy_admin.ts";
import { reserved_port } from "../ports.ts";
import { type Ended, ran, WATCHDOG } from "../scripts.ts";
import { pause, until } from "./setup.ts";

const root = new URL("../..", import.meta.url).pathname;
/** The deployed configuration of HAProxy. */
export const config: string = `${root}examples/deploy/haproxy.cfg`;

/** The servers' names in it. */
export const names: readonly string[] = ["echo1", "echo2", "echo3"];

const here: boolean = await ran("haproxy", ["-v"])
  .then(({ code }) => code === 0, () => false);

/** Registers tests that need HAProxy; without it they are ignored, and say so. */
export const haproxy = {
  test(name: string, fn: () => Promise<void>): void {
    if (here) Deno.test(name, fn);
    else Deno.test.ignore(`${name} (ignored: no haproxy here)`, fn);
  },
};

/** Three servers and HAProxy; disposing of it kills them all. */
export class Farm implements AsyncDisposable {
  readonly host = "127.0.0.1";
  readonly #folder = Deno.makeTempDirSync({ prefix: "farm" });
  readonly #admin = `${this.#folder}/admin.sock`;
  readonly #ports = Array.from(
    { length: 1 + names.length },
    () => reserved_port(),
  );
  #haproxy: Deno.ChildProcess | null = null;
  #said: Promise<string> | null = null;

  /** Starts all; returns once HAProxy considers every server healthy. */
  static async start(): Promise<Farm> {
    const farm = new Farm();
    try {
      await Promise.all(names.map((name) => farm.server("start", name)));
      await farm.#balance();
      return farm;
    } catch (error) {
      await farm[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Whether a server's own port takes connections. */
  listens(name: string): boolean {
    using probe = socket.socket();
    return probe.connect_ex([this.host, this.#port(name)]) === 0;
  }

  /** The port of HAProxy. */
  get port(): number {
    return this.#ports[0]!.port;
  }

  /** Starts or stops a server by `server.sh`. */
  async server(action: string, name: string): Promise<void> {
    const address = `${this.host}:${this.#port(name)}`;
    const command = `${this.#command} ${action} ${name} ${address}`;
    const { code, errors } = await ran("sh", ["-c", command]);
    assertEquals(code, 0, errors);
  }

  /** The process id of a server. */
  pid(name: string): number {
    return Number(Deno.readTextFileSync(`${this.#folder}/${name}.pid`));
  }

  /** Runs `examples/deploy/rolling.ts`. */
  rolling(flags: Record<string, string | number> = {}): Promise<Ended> {
    const all = {
      socket: this.#admin,
      restart: `${this.#command} restart`,
      ...flags,
    };
    const args = Object.entries(all).map(([name, value]) =>
      `--${name}=${value}`
    );
    return ran(Deno.execPath(), [
      "run",
      "--allow-ffi",
      "--allow-run=sh",
      `${root}examples/deploy/rolling.ts`,
      ...args,
    ]);
  }

  /** Puts a server into maintenance. */
  maintain(name: string): void {
    assertEquals(ask(this.#admin, `set server echo/${name} state maint`), "");
  }

  /** HAProxy's state of each server. */
  rows(): Row[] {
    return rows(this.#admin, "echo");
  }

  /** HAProxy's state of one server. */
  row(name: string): Row {
    return this.rows().find((row) => row.name === name)!;
  }

  /** Waits until HAProxy reports a server as `UP`, `DOWN`, … */
  async says(name: string, status: string): Promise<void> {
    await until(
      () => this.row(name).status === status,
      () => `${name} is ${this.row(name).status}, not ${status}`,
    );
  }

  /** Stops HAProxy in order: returns once its clients have left. */
  async stop(): Promise<void> {
    this.#haproxy!.kill("SIGUSR1");
    const { code } = await this.#haproxy!.status;
    assertEquals(code, 0, await this.#said!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const port of this.#ports) port[Symbol.dispose]();
    const children = [this.#haproxy?.pid];
    for (const name of names) {
      try {
        children.push(this.pid(name));
      } catch {
        // It was never started.
      }
    }
    for (const pid of children) {
      try {
        if (pid !== undefined) Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
    await this.#haproxy?.status;
    await this.#said;
    Deno.removeSync(this.#folder, { recursive: true });
  }

  #port(name: string): number {
    return this.#ports[1 + names.indexOf(name)]!.port;
  }

  get #command(): string {
    return `env RUNTIME_DIRECTORY=${this.#folder} DENO=${Deno.execPath()} ` +
      `${root}examples/deploy/server.sh`;
  }

  async #balance(): Promise<void> {
    const path = `${this.#folder}/haproxy.cfg`;
    Deno.writeTextFileSync(path, this.#config());
    this.#haproxy = new Deno.Command("haproxy", {
      args: ["-db", "-f", path],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#said = new Response(this.#haproxy.stderr).text();
    let ended = false;
    this.#haproxy.status.then(() => ended = true);
    let why = "";
    await until(
      () => ended || (why = this.#trouble()) === "",
      () => `HAProxy is not there: ${why}`,
    );
    if (ended) throw new Error(await this.#said);
  }

  /** The deployed configuration with other paths and ports. */
  #config(): string {
    const text = Deno.readTextFileSync(config)
      // Only root can change its user.
      .replace(/^ +(chroot|user|group) .*\n/gm, Deno.uid() === 0 ? "$&" : "")
      .replace("/run/haproxy/admin.sock", this.#admin)
      .replace(
        /\b1000\d\b/g,
        (port) => `${this.#ports[Number(port) - 10000]!.port}`,
      );
    for (const { port } of this.#ports) {
      assert(text.includes(`:${port}\n`), text);
    }
    return text;
  }

  /** Describes why HAProxy is not ready; empty if it is. */
  #trouble(): string {
    try {
      const rows = this.rows();
      return rows.every(({ status }) => status === "UP")
        ? ""
        : JSON.stringify(rows);
    } catch (error) {
      return String(error);
    }
  }
}

/** The options of callers. */
export interface CallersOptions {
  /** The number of clients. */
  clients: number;
  /** The number of messages before a client leaves and connects again. */
  messages?: (client: number) => number;
  /** Milliseconds between an answer and the next message. */
  every?: number;
  /** Awaited after a lost connection, before the next. */
  again?: () => Promise<void>;
}

/** Clients that connect, exchange messages and connect again until `leave()`; counts failures. */
export class Callers {
  /** Connections with at least one answer. */
  connections = 0;
  messages = 0;
  /** The errors of connections that had an answer. */
  readonly lost: string[] = [];
  /** The errors of connections that never had one. */
  readonly failed: string[] = [];
  readonly #address: [string, number];
  readonly #options: Required<CallersOptions>;
  readonly #rounds: number[];
  readonly #lives: Promise<unknown>;
  #leave = false;

  constructor(
    { host, port }: { host: string; port: number },
    options: CallersOptions,
  ) {
    this.#address = [host, port];
    const every = options.every ?? 5;
    this.#options = {
      messages: () => Infinity,
      every,
      again: () => pause(every),
      ...options,
    };
    this.#rounds = Array(options.clients).fill(0);
    this.#lives = Promise.all(this.#rounds.map((_, i) => this.#live(i)));
    // `answered()` reports it.
    this.#lives.catch(() => this.#leave = true);
  }

  /** Waits until each client has received `times` more answers. */
  async answered(times: number): Promise<void> {
    const goals = this.#rounds.map((rounds) => rounds + times);
    await until(
      () => this.#leave || this.#rounds.every((had, i) => had >= goals[i]!),
      () => `Not every client is answered: ${this.#rounds}`,
    );
    if (this.#leave) await this.#lives;
  }

  /** Ends each client after its next answer. */
  async leave(): Promise<void> {
    this.#leave = true;
    await this.#lives;
  }

  async #live(client: number): Promise<void> {
    while (!this.#leave) {
      let answers = 0;
      using sock = socket.socket();
      // A call that hangs fails.
      sock.settimeout(WATCHDOG / 1000);
      try {
        await sock.connectAsync(this.#address);
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1);
        const most = this.#options.messages(client);
        while (answers < most && !this.#leave) {
          await exchange(sock);
          if (answers++ === 0) this.connections++;
          this.messages++;
          this.#rounds[client]!++;
          await pause(this.#options.every);
        }
      } catch (error) {
        if (!(error instanceof OSError || error instanceof End)) throw error;
        (answers === 0 ? this.failed : this.lost).push(error.message);
        await this.#options.again();
      }
    }
  }
}

/** The server has closed the connection. */
class End extends Error {}

/** Sends a message, and fails unless the same message comes back. */
async function exchange(sock: socket.Socket): Promise<void> {
  const size = 1 + Math.floor(Math.random() * 4096);
  const message = crypto.getRandomValues(new Uint8Array(size));
  await sock.sendallAsync(message);
  for (let had = 0; had < size;) {
    const data = await sock.recvAsync(65536);
    if (data.length === 0) throw new End("closed while an answer was due");
    assertEquals(data, message.subarray(had, had + data.length));
    had += data.length;
  }
}
