/**
 * Every exported function with hostile arguments.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import * as mod from "../../mod.ts";
import * as files from "../../py/socket/makefile.ts";
import * as socketserver from "../../py/socketserver/mod.ts";
import { test } from "../descriptors.ts";
import { has_cc } from "../machine.ts";
import { NOTHING, OVERRUNS } from "./guard.ts";
import { optional_names } from "./polluted.ts";
import { CALLS, GUARDED, hostile, SEED } from "./process.ts";

const here = new URL(".", import.meta.url).pathname;

const roots: readonly unknown[] = [
  Object.prototype,
  Function.prototype,
  Error.prototype,
  RangeError.prototype,
];

type Names = Map<unknown, string[]>;

function add(names: Names, value: unknown, name: string): void {
  const known = names.get(value);
  if (known === undefined) names.set(value, [name]);
  else known.push(name);
}

/** Adds the methods and getters of an object and of its classes. */
function add_members(names: Names, object: object, name: string): void {
  for (
    let holder = object;
    holder !== null && !roots.includes(holder);
    holder = Object.getPrototypeOf(holder)
  ) {
    const all = Object.getOwnPropertyDescriptors(holder);
    for (const key of Reflect.ownKeys(all)) {
      const { value, get } = all[key as string]!;
      const member = get ?? value;
      if (key === "constructor" || typeof member !== "function") continue;
      add(names, member, `${name}.${String(key)}`);
    }
  }
}

/** The exported functions, constructors, methods and getters, each with the names of all classes. */
function exported(): Names {
  const names: Names = new Map();
  const visit = (value: unknown, name: string) => {
    if (typeof value !== "function") return;
    add(names, value, name);
    // Such as `select.epoll.fromfd`; the properties of every function are not enumerable.
    for (const [key, member] of Object.entries(value)) {
      if (typeof member === "function") add(names, member, `${name}.${key}`);
    }
    if (typeof value.prototype === "object") {
      add_members(names, value.prototype, name);
    }
  };
  for (const [name, value] of Object.entries({ ...mod, socketserver })) {
    if (typeof value === "function") visit(value, name);
    else {
      for (const [key, member] of Object.entries(value)) {
        visit(member, `${name}.${key}`);
      }
    }
  }
  // Exported as types only.
  const map = new mod.selectors.SelectSelector().get_map();
  visit(map?.constructor, "selectors.SelectorMapping");
  for (const [name, value] of Object.entries(files)) {
    if (/^(Text)?(Reader|Writer|ReaderWriter)$/.test(name)) {
      visit(value, `socket.${name}`);
    }
  }
  return names;
}

// Protected: only a subclass calls them.
const PROTECTED = /\.(make_store|watch|change|forget|ready|check)$/;
// Only `get_map()` makes it, of the selector's own keys.
const NOT_CALLED = ["selectors.SelectorMapping"];

// These always fail: without a socket of AF_ALG, a value, a name of the machine, or `new`.
const NEVER = [
  "socket.Socket.sendmsg_afalg",
  "socket.Socket.setsockopt of null",
  "socket.sethostname",
  "an exception without new",
];

// With this many calls, each call must succeed at least once.
const ENOUGH = 40_000;

const again = (calls: number) =>
  `IOMUX_FUZZ_SEED=${SEED} IOMUX_FUZZ_CALLS=${calls} ` +
  "deno test --allow-all tests/fuzz/functions_test.ts";

test(`hostile.ts: every exported function returns or throws an Error: ${CALLS} calls`, async () => {
  const report = await hostile(SEED, CALLS, again(CALLS));
  assertEquals(report.made, CALLS);
  if (CALLS < ENOUGH) return;
  // A call that refuses all arguments tests nothing.
  const refused = report.never_returned.filter((name) => !NEVER.includes(name));
  assertEquals(refused, [], `again with: ${again(CALLS)}`);
  assert(report.errors > 1000, `${report.errors} different errors`);
});

test("hostile.ts calls every exported function", async () => {
  const { names } = await hostile(SEED, 0, again(CALLS));
  const uncalled: string[] = [];
  for (const aliases of exported().values()) {
    const name = aliases[0]!;
    if (PROTECTED.test(name) || NOT_CALLED.includes(name)) continue;
    if (!aliases.some((alias) => names.includes(alias))) uncalled.push(name);
  }
  assertEquals(uncalled, [], "add a call to tests/fuzz/calls/");
});

test("hostile.ts: no exported function takes an option from Object.prototype", async () => {
  const polluted = optional_names();
  for (const name of ["signal", "timeout", "flags", "code", "proto"]) {
    assert(polluted.includes(name), name);
  }
  const calls = Math.min(CALLS, 20_000);
  const { inherited } = await hostile(SEED, calls, again(CALLS), { polluted });
  assertEquals(inherited, [], `again with: ${again(CALLS)}`);
});

/** Registers a test with the library of guard.c; without a C compiler it is ignored. */
function guarded(name: string, fn: (library: string) => Promise<void>): void {
  if (!has_cc()) {
    Deno.test.ignore(`${name} (ignored: no cc here)`, () => {});
    return;
  }
  test(name, async () => {
    const folder = Deno.makeTempDirSync({ prefix: "iomux" });
    const library = `${folder}/guard.so`;
    try {
      const { success, stderr } = new Deno.Command("cc", {
        args: ["-O2", "-Wall", "-shared", "-fPIC"]
          .concat("-o", library, `${here}guard.c`, "-ldl"),
      }).outputSync();
      assert(success, new TextDecoder().decode(stderr));
      await fn(library);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

guarded(
  `guard.c: no call writes or reads beside a buffer: ${GUARDED} calls`,
  async (guard) => {
    const { made, tagged, guarded } = await hostile(
      SEED,
      GUARDED,
      again(GUARDED),
      { guard },
    );
    assertEquals(made, GUARDED);
    assert(tagged > GUARDED / 50, `${tagged} messages with a number`);
    const blocks = guarded?.made ?? 0, missed = guarded?.missed ?? blocks;
    assert(blocks > GUARDED, `${blocks} blocks`);
    assert(missed < blocks / 100, `${missed} unguarded`);
  },
);

for (const name of Object.keys(OVERRUNS)) {
  guarded(
    `guard.c ${name === NOTHING ? "accepts" : "notices"} ${name}`,
    async (library) => {
      const { stdout, signal } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-prompt", "--no-check", "--allow-ffi"]
          .concat(`${here}guard.ts`, name, `--guard=${library}`),
        env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", LD_PRELOAD: library },
      }).output();
      const printed = new TextDecoder().decode(stdout);
      if (name === NOTHING) {
        assertEquals([printed, signal], ["nothing was noticed\n", null]);
      } else {
        assertEquals(printed, "");
        assert(signal === "SIGABRT" || signal === "SIGSEGV", `${signal}`);
      }
    },
  );
}
