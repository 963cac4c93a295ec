/**
 * A server in its own network namespace, behind a network that loses, delays, reorders and
 * duplicates packets. Not every kernel has `netem` of tc(8), so lossy.ts does it.
 */

import { assertEquals } from "@std/assert";
import { ran } from "../scripts.ts";

const { code, errors } = await ran("unshare", [
  "-n",
  "ip",
  ..."tuntap add dev lossy mode tun".split(" "),
]).catch((error) => ({ code: 1, errors: String(error) }));
const why = code === 0
  ? ""
  : ` (ignored: no network namespace with a TUN device: ${errors.trim()})`;

Deno.test({
  name:
    `servers/echo.ts loses no byte if packets are lost, late, reordered and duplicated${why}`,
  ignore: why !== "",
  async fn() {
    const path = new URL("through_lossy.ts", import.meta.url).pathname;
    const { code, stdout, stderr } = await new Deno.Command("unshare", {
      args: ["-n", Deno.execPath(), "run", "--allow-all", path],
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals(code, 0, text(stderr));
    console.log(text(stdout).trim());
  },
});
