import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { ran } from "../scripts.ts";

const root = new URL("../../", import.meta.url).pathname;
const scripts = Object.values(config.exports)
  .map((path) => path.slice(2))
  .filter((path) => /^(servers|clients)\//.test(path));

/** Preloaded programs that make a script see another platform. */
const platforms = {
  windows:
    `Object.defineProperty(Deno, "build", { value: { ...Deno.build, os: "windows" } });
     Deno.addSignalListener = (name) => { throw new TypeError(name + " is not a signal here"); };`,
  darwin:
    `Object.defineProperty(Deno, "build", { value: { ...Deno.build, os: "darwin" } });`,
  deno2_7:
    `Object.defineProperty(Deno, "version", { value: { ...Deno.version, deno: "2.7.14" } });`,
};

/** Runs a script on a simulated platform, with these permissions. */
async function run(
  platform: keyof typeof platforms | null,
  script: string,
  permissions: string[],
  ...args: string[]
) {
  const before = Deno.makeTempFileSync({ suffix: ".js" });
  try {
    Deno.writeTextFileSync(
      before,
      platform === null ? "" : platforms[platform],
    );
    return await ran(Deno.execPath(), [
      ...["run", "--no-prompt", `--preload=${before}`],
      ...permissions,
      root + script,
      ...args,
    ]);
  } finally {
    Deno.removeSync(before);
  }
}

const refusals = [
  ["windows", "needs Linux, and this system is windows"],
  ["darwin", "needs Linux, and this system is darwin"],
  ["deno2_7", "needs Deno 2.8 or newer, and this is Deno 2.7.14"],
] as const;

for (const script of scripts) {
  Deno.test(`${script} names the platform that it cannot run on in one line`, async () => {
    for (const [platform, reason] of refusals) {
      assertEquals(await run(platform, script, ["--allow-ffi"]), {
        code: 1,
        output: "",
        errors: `${script}: Cannot bind libc: @iomux/py ${reason}\n`,
      });
    }
    const help = await run("windows", script, ["--allow-ffi"], "--help");
    assertEquals([help.code, help.errors], [0, ""]);
    assertStringIncludes(help.output, "usage: ");
  });

  Deno.test(`${script} names the missing --allow-ffi in one line`, async () => {
    const { code, output, errors } = await run(null, script, []);
    assertEquals([code, output], [1, ""]);
    assertMatch(errors, /^[a-z/]+\.ts: Requires .*--allow-ffi.*\n$/);
  });
}
