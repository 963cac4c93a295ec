import { assert, assertEquals, assertMatch } from "@std/assert";
import { ran } from "../scripts.ts";

const root = new URL("../../", import.meta.url).pathname;
const is_root = Deno.uid() === 0;

/** Runs examples/deploy/server.sh with a folder of its own for what it keeps. */
function server_sh(
  folder: string,
  args: string[],
  user = "nobody",
): ReturnType<typeof ran> {
  const env = [`RUNTIME_DIRECTORY=${folder}`, `DENO=${Deno.execPath()}`];
  return ran("env", [
    ...env,
    `SERVER_USER=${user}`,
    `${root}examples/deploy/server.sh`,
    ...args,
  ]);
}

Deno.test({
  name: "examples/deploy/server.sh refuses to run a server as root" +
    (is_root ? "" : " (ignored: this is not root)"),
  ignore: !is_root,
  fn: async () => {
    const folder = Deno.makeTempDirSync();
    try {
      const refused = await server_sh(
        folder,
        ["start", "one", "127.0.0.1:0"],
        "root",
      );
      assertEquals(refused.code, 1);
      assertMatch(refused.errors, /a server does not run as root/);
      const started = await server_sh(folder, ["start", "one", "127.0.0.1:0"]);
      assertEquals([started.code, started.errors], [0, ""]);
      const pid = Deno.readTextFileSync(`${folder}/one.pid`).trim();
      const status = Deno.readTextFileSync(`/proc/${pid}/status`);
      const [, uid] = /^Uid:\t(\d+)/m.exec(status)!;
      assert(Number(uid) > 0, status);
      assertMatch(status, /^CapBnd:\t0+$/m);
      assertMatch(status, /^NoNewPrivs:\t1$/m);
      const stopped = await server_sh(folder, ["stop", "one", "127.0.0.1:0"]);
      assertEquals([stopped.code, stopped.errors], [0, ""]);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});
