/**
 * 100 clients under full load until the process is killed.
 *
 * ```sh
 * deno run --allow-ffi tests/faults/loaded.ts HOST PORT
 * ```
 *
 * Prints `loaded` once each has read some of its bytes back.
 *
 * @module
 */

import { Load } from "./load.ts";

const [host, port] = Deno.args;
const load = new Load({ host: host!, port: Number(port) }, {
  clients: 100,
  bytes: Infinity,
});
const timer = setInterval(() => {
  if (load.streams.some(({ received }) => received === 0)) return;
  console.log("loaded");
  clearInterval(timer);
}, 5);
await load.run();
