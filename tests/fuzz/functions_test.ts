import { assert, assertEquals } from "@std/assert";
import { test } from "../descriptors.ts";
import { exported } from "./exports.ts";
import { optional_names } from "./polluted.ts";
import { CALLS, hostile, SEED } from "./process.ts";

// Protected: reachable only from a subclass.
const PROTECTED = /\.(make_store|watch|change|forget|ready|check)$/;
// Made by `get_map()`, of the selector's own keys.
const NOT_CALLED = ["selectors.SelectorMapping"];

// Refused each time: without a socket of AF_ALG, a value, a name for the machine, or `new`.
const NEVER = [
  "socket.Socket.sendmsg_afalg",
  "socket.Socket.setsockopt of null",
  "socket.sethostname",
  "an exception without new",
];

// From this many calls on, each call should have succeeded at least once.
const ENOUGH = 40_000;

const again = `IOMUX_FUZZ_SEED=${SEED} IOMUX_FUZZ_CALLS=${CALLS} ` +
  "deno test --allow-all tests/fuzz/functions_test.ts";

test(`every exported function returns or throws an Error for any arguments: ${CALLS} calls`, async () => {
  const report = await hostile(SEED, CALLS, again);
  assertEquals(report.made, CALLS);
  if (CALLS < ENOUGH) return;
  // A call that refuses all arguments tests nothing.
  const refused = report.never_returned.filter((name) => !NEVER.includes(name));
  assertEquals(refused, [], `again with: ${again}`);
  assert(report.errors > 1000, `${report.errors} different errors`);
});

test("every function that is exported is called with hostile arguments", async () => {
  const { names } = await hostile(SEED, 0, again);
  const uncalled: string[] = [];
  for (const aliases of exported().values()) {
    const name = aliases[0]!;
    if (PROTECTED.test(name) || NOT_CALLED.includes(name)) continue;
    if (!aliases.some((alias) => names.includes(alias))) uncalled.push(name);
  }
  assertEquals(uncalled, [], "add a call to tests/fuzz/calls/");
});

test("no exported function takes an option from Object.prototype", async () => {
  const polluted = optional_names();
  for (const name of ["signal", "timeout", "flags", "code", "proto"]) {
    assert(polluted.includes(name), name);
  }
  const calls = Math.min(CALLS, 20_000);
  const { inherited } = await hostile(SEED, calls, again, { polluted });
  assertEquals(inherited, [], `again with: ${again}`);
});
