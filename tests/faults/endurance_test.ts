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

// 1,000,000 takes some minutes: what is reported was run with that.
const CONNECTIONS = Number(Deno.env.get("IOMUX_FAULT_CONNECTIONS") ?? 100_000);
// So many in each process of clients.
const STEP = 10_000;
// V8 lets the space for what is new grow by tens of MiB while nothing is kept at all:
// small from the start to the end, it hides nothing.
const NURSERY = "--v8-flags=--max-semi-space-size=1";
// MiB by which a heap differs between two moments, garbage and all.
const BREATH = 24;

/** Has so many clients come one after the other, each with a message. */
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

Deno.test(`${epoll.name} stays as it is over ${CONNECTIONS} connections in sequence`, async () => {
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
