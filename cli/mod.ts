/**
 * What the package's servers and clients share: flags, listening, an orderly stop, and output
 * that is safe for a terminal. A copy of a script imports it from here.
 *
 * @example
 * ```ts
 * import { listening, parse } from "@iomux/py/cli";
 *
 * const { host, port } = parse(
 *   "shout.ts",
 *   "Answers in capitals.",
 *   listening("localhost", 10001),
 * );
 * console.log(`deno run --allow-ffi shout.ts serves at ${host} port ${port}`);
 * ```
 *
 * @module
 */

export {
  CLOSED,
  connect,
  ERASE_LINE,
  lost,
  on_kill,
  turn,
  write,
} from "./client.ts";
export {
  address,
  choice,
  die,
  family_of,
  type Flag,
  type Flags,
  on,
  parse,
  seconds,
  text,
  type Values,
  whole,
} from "./flags.ts";
export {
  GRACE,
  type InetSocket,
  listen,
  listening,
  PATIENCE,
  Stop,
  summary,
} from "./server.ts";
export * from "./show.ts";
