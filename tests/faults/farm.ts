/**
 * examples/deploy/ for real: three servers that examples/deploy/server.sh starts, and HAProxy before them
 * with examples/deploy/haproxy.cfg, on free ports.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { socket } from "@iomux/py";
import { ask, type Row, rows } from "../../examples/deploy/haproxy_admin.ts";
import { reserved_port } from "../ports.ts";
import { type Ended, ran } from "../scripts.ts";
import { until } from "./setup.ts";

const root = new URL("../..", import.meta.url).pathname;
/** What is deployed. */
export const config: string = `${root}examples/deploy/haproxy.cfg`;

/** The servers' names in it. */
export const names: readonly string[] = ["echo1", "echo2", "echo3"];

/** Whether HAProxy is installed; and the reason in a test's name if it is not. */
export const haproxy: boolean = await ran("haproxy", ["-v"])
  .then(({ code }) => code === 0, () => false);
export const without_haproxy: string = haproxy
  ? ""
  : " (ignored: no haproxy here)";

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

  /** Starts it; returns once HAProxy considers every server healthy. */
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

  /** Where HAProxy listens. */
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

  /** `examples/deploy/rolling.ts`. */
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

  /** Each server as HAProxy sees it. */
  rows(): Row[] {
    return rows(this.#admin, "echo");
  }

  /** One server as HAProxy sees it. */
  row(name: string): Row {
    return this.rows().find((row) => row.name === name)!;
  }

  /** Waits until HAProxy says that a server is `UP`, `DOWN`, … */
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

  /** What is deployed, but for where. */
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

  /** Describes why it is not ready; empty if it is. */
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
