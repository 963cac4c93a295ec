/**
 * Makes a million waits of each kind and 9,000 idle ones, and prints descriptors, threads and memory
 * before and after: `deno run -A --v8-flags=--expose-gc tests/faults/waits.ts [COUNT]`. It takes
 * some minutes.
 *
 * The heap in use must not grow. The resident memory grows in steps to some 140 MiB, because V8
 * lets its young generation grow. A million plain timers or races of promises, without this
 * package, do the same. With `--max-semi-space-size=1` it stays.
 *
 * @module
 */

import { select, socket } from "../../mod.ts";

const COUNT = Number(Deno.args[0] ?? 1_000_000), IDLE = 9000;
const { gc } = globalThis as unknown as { gc(): void };
const one = new Uint8Array(1);
const BATCH = 100;
const [a, b] = socket.socketpair(), [quiet, silent] = socket.socketpair();
quiet.settimeout(0.001);
const poller = select.poll();
poller.register(b, select.POLLIN);

/** A wait of each kind, from its start to its end. */
const kinds: Record<string, () => Promise<unknown>> = {
  receive() {
    const received = b.recvAsync(1);
    a.send(one);
    return received;
  },
  abort() {
    const controller = new AbortController();
    const aborted = b.recvAsync(1, 0, controller).catch(() => {});
    controller.abort();
    return aborted;
  },
  "time-out": () => quiet.recvAsync(1).catch(() => {}),
  async poll() {
    const polled = poller.pollAsync();
    a.send(one);
    await polled;
    await b.recvAsync(1);
  },
  async race() {
    const controller = new AbortController();
    const { signal } = controller;
    const waits = [b.recvAsync(1), poller.pollAsync({ signal })];
    a.send(one);
    await Promise.race(waits);
    await waits[0];
    controller.abort();
    await waits[1]!.catch(() => {});
  },
};

function state(): string {
  gc();
  const status = Deno.readTextFileSync("/proc/self/status");
  const field = (name: string) =>
    new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)![1];
  const files = [...Deno.readDirSync("/proc/self/fd")].length;
  const heap = (Deno.memoryUsage().heapUsed / 2 ** 20).toFixed(1);
  return `${files} descriptors, ${
    field("Threads")
  } threads, heap ${heap} MiB, ` +
    `RSS ${Math.round(Number(field("VmRSS")) / 1024)} MiB`;
}

for (const [kind, wait] of Object.entries(kinds)) {
  const many = async (count: number) => {
    for (let i = 0; i < count; i += BATCH) {
      await Promise.all(Array.from({ length: BATCH }, wait));
    }
  };
  await many(10_000);
  console.log(`${kind}: before ${state()}`);
  const began = performance.now();
  await many(COUNT);
  const each = (performance.now() - began) / COUNT * 1000;
  console.log(`${kind}: after  ${state()}, ${each.toFixed(1)} us each`);
}

console.log(`idle: before ${state()}`);
{
  using stack = new DisposableStack();
  const controller = new AbortController();
  const waits = Array.from({ length: IDLE }, () => {
    const [, waiting] = socket.socketpair().map((sock) => stack.use(sock));
    return waiting!.recvAsync(1, 0, controller).catch(() => {});
  });
  const cpu = () => {
    const stat = Deno.readTextFileSync("/proc/self/stat").split(" ");
    return (Number(stat[13]) + Number(stat[14])) * 10;
  };
  const before = cpu();
  let late = 0, last = performance.now();
  const timer = setInterval(() => {
    late = Math.max(late, performance.now() - last - 5);
    last = performance.now();
  }, 5);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  clearInterval(timer);
  console.log(
    `idle: while ${IDLE} wait ${state()}, ${(cpu() - before) / 50} % of a ` +
      `core, a timer at most ${late.toFixed(1)} ms late`,
  );
  controller.abort();
  await Promise.all(waits);
}
console.log(`idle: after  ${state()}`);
for (const sock of [a, b, quiet, silent]) sock.close();
