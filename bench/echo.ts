/**
 * CPU per request of an echo server: ours, C's, CPython's and Deno's own, in rounds that
 * take turns, with `redis-benchmark` as the client.
 *
 * @module
 */

import { build, has } from "./tools.ts";
import { median } from "./median.ts";
import { type Peer, start } from "./process.ts";

/** What was measured of one server. */
export interface EchoResult {
  readonly name: string;
  /** Microseconds of CPU, user and system, per request: one for each round. */
  readonly cpu: number[];
  /** Of these the user part. */
  readonly user: number[];
}

const CLIENTS = 50;
const WARM_UP = 50_000;

function peers(): Peer[] {
  const deno = [Deno.execPath(), "run", "--quiet", "--allow-ffi"];
  const echo = [...deno, "servers/echo.ts", "--port", "0", "--quiet"];
  return [
    ...build("echo.c", "C with epoll"),
    ...(has("python3")
      ? [{
        name: "CPython with epoll",
        command: ["python3", "bench/peers/echo.py"],
      }]
      : []),
    {
      name: "plain API with epoll",
      command: [...deno, "bench/peers/plain.ts"],
    },
    { name: "servers/echo.ts epoll", command: [...echo, "--backend", "epoll"] },
    { name: "servers/echo.ts poll", command: [...echo, "--backend", "poll"] },
    {
      name: "servers/echo.ts select",
      command: [...echo, "--backend", "select"],
    },
    {
      name: "Deno.listen",
      command: [
        Deno.execPath(),
        "run",
        "--quiet",
        "--allow-net=127.0.0.1",
        "bench/peers/listen.ts",
      ],
    },
  ];
}

/**
 * Measures every server.
 *
 * @param rounds How often each has its turn.
 * @param requests Requests in a turn.
 */
export async function echo(
  rounds: number,
  requests: number,
): Promise<EchoResult[]> {
  if (!has("redis-benchmark")) {
    console.log("echo: left out, redis-benchmark is missing (redis-tools)");
    return [];
  }
  const results: EchoResult[] = peers().map(({ name }) => ({
    name,
    cpu: [],
    user: [],
  }));
  for (let round = 1; round <= rounds; round++) {
    for (const [i, peer] of peers().entries()) {
      console.log(`echo: round ${round} of ${rounds}, ${peer.name}`);
      await using server = await start(peer);
      load(server.port, WARM_UP);
      const before = server.cpu();
      load(server.port, requests);
      const after = server.cpu();
      const user = (after.user - before.user) * 1e6 / requests;
      const system = (after.system - before.system) * 1e6 / requests;
      results[i]!.user.push(user);
      results[i]!.cpu.push(user + system);
    }
  }
  report(results);
  return results;
}

function load(port: number, requests: number): void {
  const { code, stderr } = new Deno.Command("redis-benchmark", {
    args: ["-p", port, "-t", "ping_mbulk", "-c", CLIENTS, "-n", requests, "-q"]
      .map(String),
    stdin: "null",
    stdout: "null",
  }).outputSync();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
}

function report(results: readonly EchoResult[]): void {
  const base = median(results[0]!.cpu);
  console.log(
    `\nCPU per request, ${CLIENTS} connections, µs: median (least to most)`,
  );
  for (const { name, cpu, user } of results) {
    const sorted = cpu.toSorted((a, b) => a - b);
    console.log(
      [
        name.padEnd(24),
        median(cpu).toFixed(2).padStart(6),
        `(${sorted[0]!.toFixed(2)} to ${sorted.at(-1)!.toFixed(2)})`.padEnd(17),
        `${(median(cpu) / base).toFixed(2)} × ${results[0]!.name}`,
        `user ${median(user).toFixed(2)}`,
      ].join("  "),
    );
  }
}
