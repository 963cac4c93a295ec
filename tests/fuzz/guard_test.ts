import { assert, assertEquals } from "@std/assert";
import { test } from "../descriptors.ts";
import { has_cc } from "../machine.ts";
import { NOTHING, OVERRUNS } from "./overruns.ts";
import { GUARDED, hostile, SEED } from "./process.ts";

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
  `nothing is written or read beside a buffer: ${GUARDED} calls`,
  async (library) => {
    const { made, tagged, guarded } = await hostile(
      SEED,
      GUARDED,
      again,
      { guard: library },
    );
    assertEquals(made, GUARDED);
    assert(tagged > GUARDED / 50, `${tagged} messages with a number`);
    assert(
      guarded !== null && guarded.made > GUARDED,
      `${guarded?.made} blocks`,
    );
    assert(guarded.missed < guarded.made / 100, `${guarded.missed} unguarded`);
  },
);

for (const name of Object.keys(OVERRUNS)) {
  guarded(
    `${name} is ${name === NOTHING ? "fine" : "noticed"}`,
    async (library) => {
      const { stdout, signal } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-prompt", "--no-check", "--allow-ffi"]
          .concat(`${here}overruns.ts`, name, `--guard=${library}`),
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
