/**
 * A harmless client: sends a message, reads the echo, waits a little, and repeats.
 *
 * ```sh
 * deno run --allow-ffi tests/faults/bystander.ts HOST PORT
 * ```
 *
 * Prints `ready` after the first answer. When its input ends it leaves in order, and prints
 * its figures; a wrong or missing byte ends it with exit status 1.
 *
 * @module
 */

import { select, socket } from "@iomux/py";

// Seconds between two messages.
const PAUSE = 0.005;
// Seconds without an answer: more than any fault lasts.
const PATIENCE = 60;
const LONGEST = 2000;

const [host, port] = Deno.args;
using sock = socket.create_connection([host!, Number(port)], PATIENCE);
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1);

const message = new Uint8Array(LONGEST), answer = new Uint8Array(LONGEST);
let trips = 0, bytes = 0, slowest = 0;

do {
  const length = 1 + trips * 37 % LONGEST;
  for (let i = 0; i < length; i++) message[i] = trips * 31 + i * 7;
  const start = performance.now();
  sock.sendall(message.subarray(0, length));
  for (let had = 0; had < length;) {
    const size = sock.recv_into(answer.subarray(had, length));
    if (size === 0) throw new Error(`closed in trip ${trips}`);
    had += size;
  }
  for (let i = 0; i < length; i++) {
    if (answer[i] !== message[i]) throw new Error(`trip ${trips}, byte ${i}`);
  }
  slowest = Math.max(slowest, performance.now() - start);
  bytes += length;
  if (trips++ === 0) console.log("ready");
} while (select.select([0], [], [], PAUSE)[0].length === 0);

sock.shutdown(socket.SHUT_WR);
if (sock.recv(1).length > 0) throw new Error("a byte too many");
console.log(JSON.stringify({ trips, bytes, slowest: Math.round(slowest) }));
