import { assert, assertEquals } from "@std/assert";
import { test } from "../descriptors.ts";
import { exported } from "./exports.ts";
import { CALLS, SEED } from "./seed.ts";

// Reached by none but a class that extends theirs.
const PROTECTED = /\.(make_store|watch|change|forget|ready|check)$/;
// Made by `get_map()`, of the selector's own keys.
const NOT_CALLED = ["selectors.SelectorMapping"];

// Refused each time: without a socket of AF_ALG, or a name for the machine, or `new`.
const NEVER = [
  "socket.Socket.sendmsg_afalg",
  "socket.sethostname",
  "an exception without new",
];

// From so many calls on, a call that never returned was refused each time.
const ENOUGH = 40_000;

const here = new URL(".", import.meta.url).pathname;
const again = `IOMUX_FUZZ_SEED=${SEED} IOMUX_FUZZ_CALLS=${CALLS} ` +
  "deno test --allow-all tests/fuzz/functions_test.ts";

interface Report {
  readonly made: number;
  readonly names: string[];
  readonly never_returned: string[];
  readonly errors: number;
}

/** A process of its own: one that dies is a failure, and not the end of all tests. */
async function hostile(seed: number, calls: number): Promise<Report> {
  const folder = Deno.makeTempDirSync({ prefix: "iomux" });
  try {
    const { code, signal, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: ["run", "--quiet", "--no-prompt", "--no-check", "--allow-ffi"]
          .concat(`--allow-read=${folder}`, `--allow-write=${folder}`)
          .concat(`${here}hostile.ts`, String(seed), String(calls)),
        cwd: folder,
        // Its own look for a newer version would have a socket open.
        env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
        stdin: "null",
      },
    ).output();
    const decoder = new TextDecoder();
    assertEquals(
      [code, signal, decoder.decode(stderr)],
      [0, null, ""],
      `again with: ${again}`,
    );
    return JSON.parse(decoder.decode(stdout));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

test(`every function returns or throws an Error, whatever it is called with: ${CALLS} calls`, async () => {
  const report = await hostile(SEED, CALLS);
  assertEquals(report.made, CALLS);
  if (CALLS < ENOUGH) return;
  // Were all arguments refused, nothing would have been tried.
  const refused = report.never_returned.filter((name) => !NEVER.includes(name));
  assertEquals(refused, [], `again with: ${again}`);
  assert(report.errors > 1000, `${report.errors} different errors`);
});

test("every function that is exported is called with hostile arguments", async () => {
  const { names } = await hostile(SEED, 0);
  const uncalled: string[] = [];
  for (const aliases of exported().values()) {
    const name = aliases[0]!;
    if (PROTECTED.test(name) || NOT_CALLED.includes(name)) continue;
    if (!aliases.some((alias) => names.includes(alias))) uncalled.push(name);
  }
  assertEquals(uncalled, [], "add a call to tests/fuzz/calls/");
});
