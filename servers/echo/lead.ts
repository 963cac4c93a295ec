/**
 * The main thread of `--workers`: it listens, leads the threads that serve, and handles
 * signals.
 *
 * @module
 */

import { socket } from "../../mod.ts";
import { die, family_of } from "../../cli/flags.ts";
import { bind, open, say_where, Stop, summary } from "../../cli/server.ts";
import { Stats } from "./stats.ts";
import { Workers } from "./workers.ts";

/** The client to try the server with. */
export const TRY = "clients/parts.ts";

// Each thread runs it, too.
const SCRIPT = new URL("../echo.ts", import.meta.url).href;

/** The flags that a leader uses. */
export interface LeadFlags {
  readonly host: string;
  readonly port: number;
  readonly backlog: number;
  readonly "reuse-port": boolean;
  readonly workers: number;
  readonly stats: number;
  readonly quiet: boolean;
}

/** Serves with threads until a stop is requested, and ends the process. */
export async function lead(flags: LeadFlags): Promise<never> {
  may_read();
  const stop = new Stop();
  const [listening, port] = listeners(flags);
  const workers = new Workers(SCRIPT, listening);
  try {
    await workers.listening();
  } catch (error) {
    die(`cannot start workers: ${(error as Error).message}`);
  }
  say_where(flags.host, port, flags.quiet ? undefined : TRY);
  workers.begin();
  const stats = flags.stats > 0
    ? new Stats(flags.stats, () => workers.counts())
    : null;
  await stop.asked;
  await workers.stop();
  stats?.[Symbol.dispose]();
  const { served, sent } = workers.counts();
  console.log(summary(served, "echoed", sent));
  Deno.exit(0);
}

/** Requests the read permission that Deno needs to start a thread from a file. */
function may_read(): void {
  if (!SCRIPT.startsWith("file:")) return;
  const path = new URL("../..", import.meta.url);
  // At a terminal this asks.
  const { state } = Deno.permissions.requestSync({ name: "read", path });
  if (state !== "granted") {
    die(`--workers needs --allow-read=${path.pathname}`);
  }
}

/** Opens a listener for each thread, all on the same port. */
function listeners(
  { host, port, backlog, workers, "reuse-port": reuse_port }: LeadFlags,
): [listeners: socket.Socket[], port: number] {
  if (!reuse_port) {
    // Fails if another program has the port: only the threads are to share it.
    using first = socket.socket(family_of(host), socket.SOCK_STREAM);
    bind(first, host, port);
  }
  const listeners: socket.Socket[] = [];
  while (listeners.length < workers) {
    const listener = socket.socket(family_of(host), socket.SOCK_STREAM);
    port = open(listener, host, port, backlog, true);
    listeners.push(listener);
  }
  return [listeners, port];
}
