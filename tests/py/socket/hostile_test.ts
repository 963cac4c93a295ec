import { assert, assertEquals } from "@std/assert";
import { test } from "../../descriptors.ts";
import { decode, program } from "./setup.ts";

// A million, every other seed: IOMUX_FUZZ_CALLS=1000000 IOMUX_FUZZ_SEED=2.
const CALLS = Deno.env.get("IOMUX_FUZZ_CALLS") ?? "20000";
const SEED = Deno.env.get("IOMUX_FUZZ_SEED") ?? "1";

test("select and socket return or throw an Error, whatever they are called with", async () => {
  // A process of its own: one that dies is a failure, and not the end of all tests.
  const folder = Deno.makeTempDirSync({ prefix: "iomux" });
  const { code, signal, stdout, stderr } = await program(
    "fuzz.ts",
    [`--allow-read=${folder}`, `--allow-write=${folder}`],
    [SEED, CALLS],
    { cwd: folder },
  ).output();
  Deno.removeSync(folder, { recursive: true });
  const how = `IOMUX_FUZZ_SEED=${SEED} IOMUX_FUZZ_CALLS=${CALLS}`;
  assertEquals(
    [code, signal, decode(stderr)],
    [0, null, ""],
    `again with ${how}`,
  );
  const report = JSON.parse(decode(stdout));
  assertEquals(report.made, Number(CALLS));
  // Were all arguments refused, nothing would have been tried.
  if (Number(CALLS) >= 20_000) assertEquals(report.never_returned, []);
  assert(report.errors > 500, `${report.errors} different errors`);
});
