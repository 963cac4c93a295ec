/**
 * The flags of the echo server that limit clients, and those that say how it runs.
 *
 * @module
 */

import { on, seconds_or_none, whole } from "../../cli/flags.ts";

/** The flags. */
export const limits = {
  "max-clients": whole(
    0,
    0,
    2 ** 31 - 1,
    "NUMBER",
    "refuse clients beyond this number; 0: no limit",
  ),
  "idle-timeout": seconds_or_none(
    "close clients that are silent for this long; 0: never",
  ),
  "max-queue": whole(
    1 << 20,
    1,
    2 ** 40,
    "BYTES",
    "stop reading from a client with this much queued",
  ),
  "max-total": whole(
    1 << 26,
    1,
    2 ** 40,
    "BYTES",
    "the same for the sum of all clients' queues",
  ),

  "reuse-port": on("share the port with other servers (SO_REUSEPORT)"),
  workers: whole(
    0,
    0,
    64,
    "NUMBER",
    "serve with this many threads; needs --allow-read, too",
  ),
  stats: seconds_or_none(
    "print rates on standard error this often; 0: never",
  ),
};
