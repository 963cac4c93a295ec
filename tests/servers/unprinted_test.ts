/** Servers whose output cannot be written: their log is on a full disk. */

import { assertEquals } from "@std/assert";
import { ConnectionRefusedError } from "@iomux/py";
import { reserved_port } from "../ports.ts";
import { run_args, type Server, started, WATCHDOG } from "../scripts.ts";
import { answered, greeted, servers } from "./catalogue.ts";
import { Peer } from "./peer.ts";

// The shell prints the first line, which startup waits for, in place of the server.
const UNPRINTED = 'echo "starting up on 127.0.0.1 port $0"; ' +
  'exec "$@" --host 127.0.0.1 --port "$0" >/dev/full 2>&1';

/** Connects as soon as the server listens. */
async function connected(server: Server): Promise<Peer> {
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

for (const entry of servers) {
  Deno.test(`${entry.name} serves, and stops in order, though it cannot print`, async () => {
    using reserved = reserved_port();
    const run = [Deno.execPath(), ...run_args(entry.script, entry.args)];
    const args = ["-c", UNPRINTED, `${reserved.port}`, ...run];
    await using server = await started(entry.name, "sh", args);
    using peer = await connected(server);
    await greeted(entry, peer);
    await answered(entry, peer);
    assertEquals((await server.stop()).code, 0);
  });
}
