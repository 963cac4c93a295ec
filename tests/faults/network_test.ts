/**
 * Packets lost, delayed, reordered and doubled, in a network namespace of its own. It
 * does without the `netem` of tc(8), which not every kernel has.
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
    `servers/echo.ts loses nothing where packets are lost, late, reordered and doubled${why}`,
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
