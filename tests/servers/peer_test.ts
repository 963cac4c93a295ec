/**
 * The tests' own client: a loop of answers that are there at once must not stop a test's timers.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { socket } from "@iomux/py";
import { test } from "../descriptors.ts";
import { Peer } from "./peer.ts";

test("Peer.text() turns the event loop, even if the bytes are there", async () => {
  using listener = socket.create_server(["127.0.0.1", 0]);
  const [host, port] = listener.getsockname();
  using peer = new Peer({ host, port });
  using conn = listener.accept()[0];
  conn.send(new TextEncoder().encode("x"));
  let turned = false;
  setImmediate(() => turned = true);
  assertEquals(await peer.text(1), "x");
  assert(turned);
});
