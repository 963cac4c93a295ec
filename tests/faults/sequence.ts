/**
 * Clients one after the other: each connects, has a byte echoed, and leaves.
 *
 * ```sh
 * deno run --allow-ffi tests/faults/sequence.ts HOST PORT COUNT
 * ```
 *
 * Prints the number of clients that were served.
 *
 * @module
 */

import { socket } from "@iomux/py";

const [host, port, count] = Deno.args;
const address: [string, number] = [socket.gethostbyname(host!), Number(port)];
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
  // In order three times of four: the ports that wait then are free in time.
  if (served % 4 === 0) {
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset);
  }
}
console.log(served);
