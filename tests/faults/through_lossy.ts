/**
 * Runs the flagship with each backend, and clients that connect through `tests/faults/lossy.ts`.
 *
 * ```sh
 * unshare -n deno run --allow-all tests/faults/through_lossy.ts
 * ```
 *
 * Ends with exit status 1 if a byte is lost.
 *
 * @module
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { start } from "../servers/catalogue.ts";
import { echoes, undisturbed } from "./setup.ts";
import { Load } from "./load.ts";

const CLIENTS = 30;
const BYTES = 100_000;

const child = new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "--allow-ffi",
    "--allow-run=ip",
    new URL("lossy.ts", import.meta.url).pathname,
  ],
  stdin: "piped",
  stdout: "piped",
}).spawn();
const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
assertEquals((await lines.read()).value, "ready\n");

for (const entry of echoes) {
  const args = [...entry.args, "--host", "10.9.0.1"];
  await using server = await start({ ...entry, args });
  // The bystander connects directly, and loses no packet.
  await undisturbed(entry, server, async () => {
    const there = { host: "10.9.0.2", port: server.port };
    using load = new Load(there, { clients: CLIENTS, bytes: BYTES, stall: 20 });
    await load.run();
    assertEquals(load.received, CLIENTS * BYTES);
  });
  const { code, errors } = await server.stop();
  assertEquals([code, errors], [0, ""]);
}

await child.stdin.close();
const { value = "" } = await lines.read();
await lines.cancel();
assert((await child.status).success);
const did = JSON.parse(value);
for (const what of ["lost", "doubled", "overtaken"]) {
  assertGreater(did[what], 0, `No packet was ${what}`);
}
console.log(`packets: ${value.trim()}`);
