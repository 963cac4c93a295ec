/**
 * A network that loses, delays, reorders and duplicates packets: a TUN device that returns each
 * packet with source and destination exchanged. So a packet to 10.9.0.2 arrives at 10.9.0.1, and
 * its answer at the sender.
 *
 * ```sh
 * unshare -n deno run --allow-ffi --allow-run=ip tests/faults/lossy.ts
 * ```
 *
 * Prints `ready` once the device exists. When its input ends it prints its counts, and ends.
 *
 * @module
 */

import { assert } from "@std/assert";
import { BlockingIOError, os, queue, select } from "@iomux/py";

/** The share of packets that are lost, and of those that are duplicated. */
const LOST = 0.05;
const DOUBLED = 0.01;
/** The range of delays in milliseconds: packets overtake each other. */
const LEAST = 5;
const MOST = 15;

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  // int open(const char *pathname, int flags)
  open: { parameters: ["buffer", "i32"], result: "i32" },
  // int ioctl(int fd, unsigned long op, void *argp)
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
});
const O_RDWR_NONBLOCK_CLOEXEC = 0o2004002;
const TUNSETIFF = 0x400454can;
const IFF_TUN_NO_PI = 0x1001;
// Offsets in an IPv4 header. Exchanging the addresses changes no checksum.
const SOURCE = 12, DESTINATION = 16, END = 20;

const encoder = new TextEncoder();

function open_tun(name: string): number {
  const fd = libc.open(
    encoder.encode("/dev/net/tun\0"),
    O_RDWR_NONBLOCK_CLOEXEC,
  );
  assert(fd >= 0, "Cannot open /dev/net/tun");
  // struct ifreq: the name, and the flags behind it.
  const request = new Uint8Array(40);
  encoder.encodeInto(name, request);
  new DataView(request.buffer).setUint16(16, IFF_TUN_NO_PI, true);
  assert(libc.ioctl(fd, TUNSETIFF, request) === 0, "TUNSETIFF failed");
  return fd;
}

function ip(...args: string[]): void {
  const { success } = new Deno.Command("ip", { args, stderr: "inherit" })
    .outputSync();
  assert(success, `ip ${args.join(" ")} failed`);
}

const tun = open_tun("lossy");
ip("link", "set", "lo", "up");
ip("addr", "add", "10.9.0.1/24", "dev", "lossy");
ip("link", "set", "lossy", "up");

type Delayed = [due: number, number: number, packet: Uint8Array];
const delayed = queue.PriorityQueue<Delayed>();
let next: Delayed | null = null;
const did = { passed: 0, lost: 0, doubled: 0, overtaken: 0 };
let number = 0, latest = 0;

const poller = select.poll();
poller.register(0, select.POLLIN);
poller.register(tun, select.POLLIN);
console.log("ready");
for (;;) {
  const timeout = next === null ? -1 : Math.max(0, next[0] - performance.now());
  const ready = poller.poll(timeout).map(([fd]) => fd);
  if (ready.includes(0)) break;
  if (ready.includes(tun)) receive();
  pass();
}
console.log(JSON.stringify(did));

function receive(): void {
  try {
    for (;;) {
      const packet = os.read(tun, 65536);
      // Ignore the neighbour discovery of IPv6.
      if (packet[0]! >> 4 !== 4) continue;
      if (Math.random() < LOST) {
        did.lost++;
        continue;
      }
      exchange(packet);
      delay(packet);
      if (Math.random() >= DOUBLED) continue;
      did.doubled++;
      delay(packet);
    }
  } catch (error) {
    if (!(error instanceof BlockingIOError)) throw error;
  }
}

function exchange(packet: Uint8Array): void {
  const source = packet.slice(SOURCE, DESTINATION);
  packet.copyWithin(SOURCE, DESTINATION, END);
  packet.set(source, DESTINATION);
}

function delay(packet: Uint8Array): void {
  const due = performance.now() + LEAST + Math.random() * (MOST - LEAST);
  delayed.put([due, number++, packet]);
  if (next === null) {
    next = delayed.get();
  } else if (due < next[0]) {
    delayed.put(next);
    next = delayed.get();
  }
}

/** Forwards the packets that are due. */
function pass(): void {
  while (next !== null && next[0] <= performance.now()) {
    const [, came, packet] = next;
    next = delayed.empty() ? null : delayed.get();
    os.write(tun, packet);
    did.passed++;
    if (came < latest) did.overtaken++;
    latest = Math.max(latest, came);
  }
}
