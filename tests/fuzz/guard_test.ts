import { assert, assertEquals } from "@std/assert";
import { test } from "../descriptors.ts";
import { has_cc } from "../machine.ts";
import { hostile } from "./process.ts";
import { GUARDED, SEED } from "./seed.ts";

const here = new URL(".", import.meta.url).pathname;
const again = `IOMUX_FUZZ_SEED=${SEED} IOMUX_FUZZ_CALLS=${GUARDED} ` +
  "deno test --allow-all tests/fuzz/guard_test.ts";
const can = has_cc();

/** A test with guard.c's library, which is ignored where there is no compiler for it. */
function guarded(name: string, fn: (library: string) => Promise<void>): void {
  if (!can) {
    Deno.test({ name: `${name} (no cc here)`, ignore: true, fn: () => {} });
    return;
  }
  test(name, async () => {
    const folder = Deno.makeTempDirSync({ prefix: "iomux" });
    const library = `${folder}/guard.so`;
    try {
      const { success, stderr } = new Deno.Command("cc", {
        args: ["-O2", "-Wall", "-Werror", "-shared", "-fPIC"]
          .concat("-o", library, `${here}guard.c`, "-ldl"),
      }).outputSync();
      assert(success, new TextDecoder().decode(stderr));
      await fn(library);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

guarded(`nothing is written or read beside a buffer: ${GUARDED} calls`, async (library) => {
  const { made, tagged, guarded } = await hostile(SEED, GUARDED, again, library);
  assertEquals(made, GUARDED);
  assert(tagged > GUARDED / 50, `${tagged} messages with a number`);
  assert(guarded !== null && guarded.made > GUARDED, `${guarded?.made} blocks`);
  assert(guarded.missed < guarded.made / 100, `${guarded.missed} unguarded`);
});

// What guard.c must notice: each does, with libc's own functions, what no call may do.
const OVERRUNS: Readonly<Record<string, string>> = {
  "a byte behind a buffer":
    "for (let i = 0; i < 2; i++) libc.memset(new Uint8Array(100), 1, 101n);",
  "a byte before a buffer":
    "for (const one of [1, 2]) libc.memset(before(new Uint8Array(100)), one, 1n);",
  "a page behind a buffer": "libc.memset(new Uint8Array(100), 1, 9000n);",
  "a byte behind a buffer, by the kernel":
    "for (let i = 0; i < 2; i++) libc.pread(file, new Uint8Array(4096), 4097n, 0n);",
  "memory that was freed":
    "const block = libc.calloc(1n, 64n); libc.free(block); libc.memset(block, 1, 1n);",
};
