/**
 * Leaves the stand-ins for `@std` out of a checkout, so that the real ones are used:
 * takes the workspace out of `deno.json`.
 *
 * ```sh
 * deno run --allow-read --allow-write offline/leave_out.ts [FOLDER]
 * ```
 *
 * @module
 */

const path = `${Deno.args[0] ?? "."}/deno.json`;
const config = JSON.parse(Deno.readTextFileSync(path));
delete config.workspace;
Deno.writeTextFileSync(path, JSON.stringify(config, null, 2) + "\n");
