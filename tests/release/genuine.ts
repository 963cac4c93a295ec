/**
 * Runs a command in a copy of the working tree that has no stand-ins for `@std`:
 *
 * ```sh
 * deno run --allow-all tests/release/genuine.ts deno task test
 * ```
 *
 * The command uses the genuine packages, as on a user's machine: from `../shared/std` if that
 * exists, through a stand-in for JSR, else from JSR.
 *
 * @module
 */

import { genuine_std, Registry } from "./registry.ts";

const root = new URL("../../", import.meta.url);
const [command, ...args] = Deno.args;
if (command === undefined) {
  console.error("usage: genuine.ts COMMAND [ARGUMENT...]");
  Deno.exit(1);
}

/** Copies the working tree without ignored files, and removes the stand-ins from `deno.json`. */
function copy(folder: string): void {
  const { success } = new Deno.Command("sh", {
    args: [
      "-c",
      `git ls-files -z --cached --others --exclude-standard |
       xargs -0 sh -c 'for file; do [ ! -e "$file" ] || printf "%s\\0" "$file"; done' sh |
       tar -c --null --files-from=- | tar -x -C "$0"`,
      folder,
    ],
    cwd: root,
  }).outputSync();
  if (!success) throw new Error("Cannot copy the working tree");
  const path = `${folder}/deno.json`;
  const { workspace: _, ...config } = JSON.parse(Deno.readTextFileSync(path));
  // The lock lists other packages, and a server that runs as another user cannot write it.
  config.lock = false;
  Deno.writeTextFileSync(path, JSON.stringify(config, null, 2) + "\n");
}

const own = Deno.makeTempDirSync();
// Another user needs access: a test starts programs as one.
Deno.chmodSync(own, 0o755);
const folder = `${own}/iomux`;
const snapshot = genuine_std();
await using registry = snapshot === null ? null : new Registry();
let code = 1;
try {
  // `deno` must be this version, whatever its file is named.
  Deno.mkdirSync(`${own}/bin`);
  Deno.symlinkSync(Deno.execPath(), `${own}/bin/deno`);
  Deno.mkdirSync(folder);
  copy(folder);
  const status = await new Deno.Command(command, {
    args,
    cwd: folder,
    env: {
      PATH: `${own}/bin:${Deno.env.get("PATH")}`,
      // The registry's port differs in each run, so a shared cache would only grow.
      ...registry && { ...registry.environment, DENO_DIR: `${own}/cache` },
      ...snapshot && { IOMUX_STD: snapshot.href },
    },
  }).spawn().status;
  code = status.code;
} finally {
  Deno.removeSync(own, { recursive: true });
}
Deno.exitCode = code;
