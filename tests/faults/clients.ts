/**
 * Clients in a process of their own:
 *
 * ```sh
 * deno run --allow-ffi tests/faults/clients.ts NAME HOST PORT [COUNT]
 * ```
 *
 * - `bystander` sends a message, reads the echo, pauses, and repeats. It prints `ready` after the
 *   first echo. When its input ends, it closes in order, and prints its figures. A wrong or
 *   missing byte ends it with exit status 1.
 * - `loaded` is 100 clients under full load, until the process is killed. It prints `loaded` once
 *   each has read some of its bytes back.
 * - `sequence` makes COUNT connections one after the other, each with an echoed byte, and prints
 *   the number that succeeded.
 *
 * @module
 */

import { select, socket } from "@iomux/py";

// Seconds between two messages of a bystander.
const PAUSE = 0.005;
// Seconds without an answer: more than any fault lasts.
const PATIENCE = 60;
const LONGEST = 2000;

const [name, host, port, count] = Deno.args;
const address: [string, number] = [host!, Number(port)];
const programs: Record<string, () => void | Promise<void>> = {
  bystander,
  loaded,
  sequence,
};
await programs[name!]!();

function bystander(): void {
  using sock = socket.create_connection(address, PATIENCE);
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
}

async function loaded(): Promise<void> {
  const { Load } = await import("./load.ts");
  const server = { host: host!, port: Number(port) };
  const load = new Load(server, { clients: 100, bytes: Infinity });
  const timer = setInterval(() => {
    if (load.streams.some(({ received }) => received === 0)) return;
    console.log("loaded");
    clearInterval(timer);
  }, 5);
  await load.run();
}

function sequence(): void {
  address[0] = socket.gethostbyname(host!);
  // struct linger { int l_onoff; int l_linger; }: a close that resets.
  const reset = new Uint8Array(new Int32Array([1, 0]).buffer);
  const message = new Uint8Array(1), answer = new Uint8Array(1);
  let served = 0;
  for (; served < Number(count); served++) {
    using sock = socket.socket();
    sock.settimeout(30);
    sock.connect(address);
    message[0] = served;
    sock.sendall(message);
    if (sock.recv_into(answer) !== 1 || answer[0] !== message[0]) break;
    // Three of four close in order: more would leave too few ports out of TIME_WAIT.
    if (served % 4 === 0) {
      sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset);
    }
  }
  console.log(served);
}
