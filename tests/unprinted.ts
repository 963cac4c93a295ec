/**
 * Servers whose output cannot be written: their log is on a full disk.
 *
 * @module
 */

import { ConnectionRefusedError } from "@iomux/py";
import { run_args, type Server, started, WATCHDOG } from "./scripts.ts";
import { Peer } from "./servers/peer.ts";

// The shell prints the first line, which startup waits for, in place of the server.
const UNPRINTED = 'echo "starting up on 127.0.0.1 port $0"; ' +
  'exec "$@" --host 127.0.0.1 --port "$0" >/dev/full 2>&1';

/** Starts a server that cannot print, on a port that the test has reserved. */
export function start_unprinted(
  script: string,
  port: number,
  args: readonly string[],
): Promise<Server> {
  const run = [Deno.execPath(), ...run_args(script, [...args])];
  return started(script, "sh", ["-c", UNPRINTED, `${port}`, ...run]);
}

/** Connects as soon as the server listens. */
export async function connected(server: Server): Promise<Peer> {
  const give_up_at = performance.now() + WATCHDOG;
  for (;;) {
    try {
      return new Peer(server);
    } catch (error) {
      const early = error instanceof ConnectionRefusedError;
      if (!early || performance.now() > give_up_at) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
