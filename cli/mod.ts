/**
 * What the package's servers and clients share: flags, listening, an orderly stop, and output
 * that is harmless to a terminal. A script that was copied out of the package imports it here.
 *
 * ```ts
 * import { show_bytes, summary } from "@iomux/py/cli";
 *
 * console.log(show_bytes(new TextEncoder().encode("two\nlines"))); // two\nlines
 * console.log(summary(1, "sent", 9)); // served 1 client, sent 9 bytes
 * ```
 *
 * @module
 */

export * from "./client.ts";
export * from "./flags.ts";
export * from "./server.ts";
export * from "./show.ts";
