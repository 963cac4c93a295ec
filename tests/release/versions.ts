/**
 * Checks that the published package works on given versions of Deno, each fetched from npm.
 *
 * ```sh
 * deno run --allow-all tests/release/versions.ts 2.8.0 latest
 * ```
 *
 * On each, {@linkcode ./stranger.ts} runs with its types checked, and `servers/echo` answers
 * `clients/parts`. Exits with 1 if a version fails.
 *
 * @module
 */

import { Registry, StrangerFolder } from "./registry.ts";

if (Deno.args.length === 0) {
  console.error("usage: versions.ts VERSION...");
  Deno.exit(1);
}

await using registry = new Registry();
await registry.publish();
const program = new URL("stranger.ts", import.meta.url);

/** Returns the error of a version; `null` if it works. */
async function trouble(version: string): Promise<string | null> {
  using stranger = new StrangerFolder(registry);
  Deno.copyFileSync(program, `${stranger.path}/stranger.ts`);
  // Run deno itself: a signal for the server would end npx alone.
  const where = "console.log(Deno.execPath())";
  const deno = await stranger.run(
    ["npx", "-y", `deno@${version}`, "eval", where],
  );
  if (deno.code !== 0) return deno.errors;
  const run = [deno.output.trim(), "run", "--quiet", "--allow-ffi"];
  const first = await stranger.run([...run, "--check", "stranger.ts"]);
  if (first.output !== "fine\n") return first.output + first.errors;

  const scripts = "jsr:@iomux/py";
  await using server = await stranger.start(
    [...run, `${scripts}/servers/echo`, "--port", "0"],
  );
  const address = ["--host", server.host, "--port", String(server.port)];
  const client = await stranger.run(
    [...run, `${scripts}/clients/parts`, ...address],
  );
  const answers = client.output.match(/received/g)?.length ?? 0;
  if (client.code !== 0 || answers < 6) return client.output + client.errors;
  return null;
}

let failed = 0;
for (const version of Deno.args) {
  const why = await trouble(version);
  console.log(`deno ${version}: ${why === null ? "works" : "fails"}`);
  if (why === null) continue;
  failed++;
  console.log(why);
}
Deno.exitCode = failed > 0 ? 1 : 0;
