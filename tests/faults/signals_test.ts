/**
 * Storms of signals: every wait continues to its time-out, or to its event.
 * tests/ffi/eintr_test.ts tests the waits of select, poll and epoll.
 */

import { assertEquals } from "@std/assert";
import { select, socket, TimeoutError } from "@iomux/py";
import { test } from "../descriptors.ts";
import { lasts } from "../ffi/kernel.ts";
import { storm } from "../ffi/storm.ts";
import { fill, type Twin, twins } from "../py/async_twins.ts";
import "../reactor.ts";
import {
  bound_udp,
  full_listener,
  listening,
  unix_pair,
} from "../py/socket/setup.ts";
import { echoes, pause, under } from "./setup.ts";
import { Load } from "./load.ts";

// Milliseconds: many signals, and not a multiple of their period.
const WAIT = 123;

for (const entry of echoes) {
  const stormed = {
    ...entry,
    name: `${entry.name} in a storm of signals`,
    script: "tests/faults/stormed.ts",
  };
  under(stormed).test("echoes 64 MiB through 50 clients", async (server) => {
    const bytes = (64 << 20) / 50 | 0;
    using load = new Load(server, { clients: 50, bytes, stall: 10 });
    await load.run();
    assertEquals(load.received, 50 * bytes);
  });
}

/** A call that waits WAIT milliseconds and times out. */
interface Call extends Disposable {
  wait(): unknown;
}

function of(files: Disposable[], wait: () => unknown): Call {
  return {
    wait,
    [Symbol.dispose]: () => files.forEach((file) => file[Symbol.dispose]()),
  };
}

function of_pair(
  wait: (sock: socket.Socket) => unknown,
  full = false,
): () => Call {
  return () => {
    const { a, b } = unix_pair();
    if (full) fill(b);
    b.settimeout(WAIT / 1000);
    return of([a, b], () => wait(b));
  };
}

const buffer = new Uint8Array(1 << 20);

const calls: Record<string, () => Call> = {
  "Socket.recv_into()": of_pair((sock) => sock.recv_into(buffer)),
  "Socket.recvfrom()": of_pair((sock) => sock.recvfrom(9)),
  "Socket.recvmsg()": of_pair((sock) => sock.recvmsg(9)),
  "Socket.send()": of_pair((sock) => sock.send(buffer), true),
  "Socket.sendall()": of_pair((sock) => sock.sendall(buffer)),
  "Socket.sendmsg()": of_pair((sock) => sock.sendmsg([buffer]), true),
  "Socket.recvfrom() of UDP": () => {
    const sock = bound_udp();
    sock.settimeout(WAIT / 1000);
    return of([sock], () => sock.recvfrom(9));
  },
  "Socket.accept()": () => {
    const sock = listening();
    sock.settimeout(WAIT / 1000);
    return of([sock], () => sock.accept());
  },
  "Socket.connect()": () => {
    const full = full_listener(), sock = socket.socket();
    sock.settimeout(WAIT / 1000);
    return of([full, sock], () => sock.connect(full.address));
  },
};

for (const [name, make] of Object.entries(calls)) {
  test(`${name} waits its full time through a storm of signals`, () => {
    using call = make();
    using _ = storm(3);
    const result = lasts(WAIT, () => outcome(() => call.wait()));
    assertEquals(result, "timed out");
  });
}

test("select() of nothing waits its full time through a storm of signals", () => {
  using _ = storm(3);
  const result = lasts(WAIT, () => select.select([], [], [], WAIT / 1000));
  assertEquals(result, [[], [], []]);
});

Deno.test("EpollSelector.select() waits its full time, stopped and continued", async () => {
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const mod = new URL("../../mod.ts", import.meta.url).href;
  const kernel = new URL("../ffi/kernel.ts", import.meta.url).href;
  const code = `import { select, selectors, socket } from "${mod}";
    import { lasts } from "${kernel}";
    const [a] = socket.socketpair();
    const s = selectors.EpollSelector();
    s.register(a, selectors.EVENT_READ);
    console.log("waiting");
    console.log(lasts(500, () => s.select(0.5)).length);
    // Until no more signals come: on a busy machine they take longer than the wait.
    select.select([0], [], []);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", config, code],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await reader.read()).value, "waiting\n");
  // epoll_wait(2) fails with EINTR after SIGCONT, even without a handler.
  for (let i = 0; i < 10; i++) {
    child.kill("SIGSTOP");
    await pause(20);
    child.kill("SIGCONT");
    await pause(20);
  }
  assertEquals((await reader.read()).value, "0\n");
  await child.stdin.close();
  await reader.cancel();
  await child.status;
});

for (const [name, twin] of Object.entries(twins)) {
  const { make, result } = twin;
  if (!twin.has_no_timeout) waits_its_time(name, twin);

  test(`${name} is served in a storm of signals`, async () => {
    using waiting = make();
    using _ = storm(3);
    const timer = setTimeout(() => waiting.serve(), WAIT);
    assertEquals(await waiting.wait({}, 60), result);
    clearTimeout(timer);
  });
}

function waits_its_time(name: string, { make, timed_out }: Twin): void {
  test(`${name} waits its full time through a storm of signals`, async () => {
    using waiting = make();
    using _ = storm(3);
    const outcome = await lasts(
      WAIT,
      () => waiting.wait({}, WAIT / 1000).catch((error) => error.message),
    );
    assertEquals(outcome, timed_out ?? "timed out");
  });
}

function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (error instanceof TimeoutError) return error.message;
    throw error;
  }
}
