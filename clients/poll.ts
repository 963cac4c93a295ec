/**
 * The first client of document 002: prints the lines that arrive, a spinner moving
 * between them; waits with poll.
 *
 * ```sh
 * deno run --allow-ffi clients/poll.ts
 * ```
 *
 * @module
 */

import { OSError, select, socket } from "../mod.ts";
import { CLOSED, connect } from "../cli/connect.ts";
import { address, die, parse } from "../cli/flags.ts";
import { family_of } from "../cli/listen.ts";
import { finish, received, spin, STEP } from "./spinner.ts";

const { host, port } = parse(
  "clients/poll.ts",
  "Prints the lines that arrive, and waits for them with poll.",
  address("localhost", 51423),
);

const s = socket.socket(family_of(host), socket.SOCK_STREAM);
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1);
// Urgent bytes are no trouble: they stay in their place among the others.
s.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1);
connect(s, host, port);

const p = select.poll();
p.register(s, select.POLLIN | select.POLLERR | select.POLLHUP);

while (true) {
  const results = p.poll(STEP);
  if (results.length > 0) {
    // Only one item in here: if there is anything, it is for us
    const data = receive();
    if (data.length === 0) break;
    received(data);
  }
  await spin();
}
finish();
s.close();
console.log(CLOSED);

/** Reads what came; an error shows here, too: POLLERR. */
function receive(): Uint8Array {
  try {
    return s.recv(4096);
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    finish();
    die(`Problem occurred; exiting. ${error.message}`);
  }
}
