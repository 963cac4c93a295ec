/**
 * 100 clients under full load, for ever: to be killed.
 *
 * ```sh
 * deno run --allow-ffi tests/faults/loaded.ts HOST PORT
 * ```
 *
 * Says `loaded` once bytes have come back for each.
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
