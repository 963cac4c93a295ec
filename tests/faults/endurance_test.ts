/**
 * Connections in sequence, and what the server has open and resident meanwhile.
 */

import { assert, assertEquals, assertLess } from "@std/assert";
import { ran, type Server, started } from "../scripts.ts";
import {
  descriptors_back,
  epoll,
  newcomer,
  note,
  resident,
  settled_descriptors,
} from "./setup.ts";

// docs/reliability.md reports a run of 1,000,000, which takes some minutes.
const CONNECTIONS = Number(Deno.env.get("IOMUX_FAULT_CONNECTIONS") ?? 50_000);
// Connections of each process of clients.
const STEP = 5000;
// V8's young generation grows by tens of MiB though nothing is kept: held small, it hides no leak.
const NURSERY = "--v8-flags=--max-semi-space-size=1";
// MiB between two samples of a heap without a leak, garbage included.
const BREATH = 24;

/** Makes `count` connections in sequence, each with a message. */
async function come(server: Server, count: number): Promise<void> {
  const path = new URL("sequence.ts", import.meta.url).pathname;
  const args = [server.host, server.port, count].map(String);
  const { code, output, errors } = await ran(Deno.execPath(), [
    "run",
    "--allow-ffi",
    path,
    ...args,
  ]);
  assertEquals([code, output, errors], [0, `${count}\n`, ""]);
}

Deno.test(`${epoll.name} keeps its descriptors and memory over ${CONNECTIONS} connections in sequence`, async () => {
  const path = new URL(`../../${epoll.script}`, import.meta.url).pathname;
  await using server = await started(epoll.name, Deno.execPath(), [
    "run",
    NURSERY,
    "--allow-ffi",
    path,
    "--port=0",
    ...epoll.args,
  ]);
  await newcomer(epoll, server);
  const fds = await settled_descriptors(server);
  const began = performance.now();
  const memory: number[] = [];
  for (let made = 0; made < CONNECTIONS; made += STEP) {
    await come(server, Math.min(STEP, CONNECTIONS - made));
    memory.push(Math.round(resident(server.pid)));
    await descriptors_back(server, fds);
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  note(epoll, { connections: CONNECTIONS, seconds, fds, resident_MiB: memory });
  // The first tenth warms up.
  const warm = memory.slice(Math.floor(memory.length / 10));
  assertLess(Math.max(...warm) - warm[0]!, BREATH);
  const { code, output } = await server.stop();
  assertEquals(code, 0);
  assert(output.includes(`\nserved ${CONNECTIONS + 1} clients, `), output);
});
