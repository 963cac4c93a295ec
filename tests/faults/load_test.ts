/**
 * Servers under load: much data, many connections in sequence, and thousands of clients that come
 * and go, so that each descriptor of the server has many owners.
 *
 * @module
 */

import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { BlockingIOError, select, socket } from "@iomux/py";
import { ran, started } from "../scripts.ts";
import { newcomer } from "../servers/catalogue.ts";
import { Load, Stream } from "./load.ts";
import {
  clients,
  descriptors_back,
  echoes,
  edges,
  epoll,
  note,
  pause,
  resident,
  settled_descriptors,
  under,
} from "./setup.ts";

// docs/reliability.md reports a run of 1,024 MiB, which takes some minutes on a slow machine.
const MIB = Number(Deno.env.get("IOMUX_FAULT_MIB") ?? 256);

for (const entry of echoes) {
  const loaded = under(entry);
  loaded.test(`echoes ${MIB} MiB through 100 clients with random stalls`, async (server) => {
    const bytes = Math.ceil((MIB << 20) / 100);
    // Without greedy clients all data fits into the kernel's buffers.
    const options = { clients: 100, bytes, stall: 100, greedy: 5 };
    using load = new Load(server, options);
    const start = performance.now();
    await load.run();
    const seconds = (performance.now() - start) / 1000;
    assertEquals(load.received, 100 * bytes);
    note(entry, { MiB: load.received >> 20, seconds });
  });
}

// docs/reliability.md reports a run of 1,000,000, which takes some minutes.
const CONNECTIONS = Number(Deno.env.get("IOMUX_FAULT_CONNECTIONS") ?? 50_000);
// The connections of one process of clients.
const STEP = 5000;
// V8's young generation grows by tens of MiB without a leak: kept small, it hides none.
const NURSERY = "--v8-flags=--max-semi-space-size=1";
// The most MiB between two samples of a heap without a leak; the difference is garbage.
const BREATH = 24;

Deno.test(`${epoll.name} keeps its descriptors and memory over ${CONNECTIONS} connections in sequence`, async () => {
  const path = new URL(`../../${epoll.script}`, import.meta.url).pathname;
  const run = ["run", NURSERY, "--allow-ffi", path, "--port=0", ...epoll.args];
  await using server = await started(epoll.name, Deno.execPath(), run);
  await newcomer(epoll, server);
  const fds = await settled_descriptors(server);
  const began = performance.now();
  const memory: number[] = [];
  for (let made = 0; made < CONNECTIONS; made += STEP) {
    const count = Math.min(STEP, CONNECTIONS - made);
    const args = clients("sequence", server.host, server.port, count);
    const { code, output, errors } = await ran(Deno.execPath(), args);
    assertEquals([code, output, errors], [0, `${count}\n`, ""]);
    memory.push(Math.round(resident(server.pid)));
    await descriptors_back(server, fds);
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  note(epoll, { connections: CONNECTIONS, seconds, fds, resident_MiB: memory });
  // The first tenth warms up.
  const warm = memory.slice(Math.floor(memory.length / 10));
  assertLess(Math.max(...warm) - warm[0]!, BREATH);
  const { code, output } = await server.stop();
  assertEquals(code, 0);
  assert(output.includes(`\nserved ${CONNECTIONS + 1} clients, `), output);
});

const CHURN = 5000;
const AT_ONCE = 60;

for (const entry of [...echoes, edges]) {
  const loaded = under(entry);
  loaded.test("keeps the bytes of 5,000 clients apart that come and go", async (server) => {
    const address: [string, number] = [server.host, server.port];
    const buffer = new Uint8Array(65536);
    const goers = new Map<number, Goer>();
    let made = 0, whole = 0, cut = 0, turned = performance.now();
    using ep = select.epoll();

    while (made < CHURN || goers.size > 0) {
      while (made < CHURN && goers.size < AT_ONCE) {
        const goer = new Goer(address, made++);
        goers.set(goer.stream.sock.fileno(), goer);
        ep.register(goer.stream.sock, select.EPOLLIN | select.EPOLLOUT);
      }
      for (const [fd] of ep.poll(0.01)) {
        const goer = goers.get(fd)!;
        if (goer.stays(buffer)) continue;
        goers.delete(fd);
        ep.unregister(fd);
        goer.stream.sock.close();
        if (goer.stream.ended) whole++;
        else cut++;
      }
      if (performance.now() - turned < 20) continue;
      await pause(0);
      turned = performance.now();
    }
    assertEquals(whole + cut, CHURN);
    assertGreater(Math.min(whole, cut), CHURN / 5);
    note(entry, { served_whole: whole, reset_or_closed_midway: cut });
  });
}

/** A client that sends some bytes, and leaves at the end or before. */
class Goer {
  readonly stream: Stream;
  readonly #bytes = Math.floor(Math.random() * 50_000);
  /** The number of sent bytes after which it leaves, mostly with unread bytes. */
  readonly #patience: number;

  constructor(address: [string, number], number: number) {
    this.stream = new Stream(address);
    this.#patience = number % 2 === 0
      ? Infinity
      : Math.floor(Math.random() * this.#bytes);
    // Half of these reset.
    if (number % 4 === 1) {
      const linger = new Uint8Array(new Int32Array([1, 0]).buffer);
      this.stream.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger);
    }
  }

  /** Sends and receives; returns false when the client leaves. */
  stays(buffer: Uint8Array): boolean {
    const { stream } = this;
    this.#send();
    try {
      const size = stream.sock.recv_into(buffer);
      stream.ended = size === 0;
      // Fails if the byte is another client's.
      stream.take(buffer.subarray(0, size));
      if (stream.ended) assertEquals(stream.received, this.#bytes);
    } catch (error) {
      if (!(error instanceof BlockingIOError)) throw error;
    }
    return !stream.ended && stream.sent < this.#patience;
  }

  #send(): void {
    const { stream } = this;
    if (stream.sent === this.#bytes) {
      if (!stream.half_closed) stream.sock.shutdown(socket.SHUT_WR);
      stream.half_closed = true;
      return;
    }
    try {
      const chunk = stream.next(Math.min(8192, this.#bytes - stream.sent));
      stream.sent += stream.sock.send(chunk);
    } catch (error) {
      if (!(error instanceof BlockingIOError)) throw error;
    }
  }
}
