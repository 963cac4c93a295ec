/**
 * Thousands of clients that connect and leave, so that each descriptor of the server has had
 * many owners: none receives another client's byte.
 */

import { assertEquals, assertGreater } from "@std/assert";
import { BlockingIOError, select, socket } from "@iomux/py";
import { all, echoes, fault, note, pause } from "./setup.ts";
import { Stream } from "./load.ts";

const CONNECTIONS = 5000;
const AT_ONCE = 60;
const edges = all.find(({ script }) => script === "servers/epoll.ts")!;

for (const entry of [...echoes, edges]) {
  fault(
    entry,
    "mixes up no two of 5,000 clients that come and go as they like",
    async (server) => {
      const address: [string, number] = [server.host, server.port];
      const buffer = new Uint8Array(65536);
      const goers = new Map<number, Goer>();
      let made = 0, whole = 0, cut = 0, turned = performance.now();
      using ep = select.epoll();

      while (made < CONNECTIONS || goers.size > 0) {
        while (made < CONNECTIONS && goers.size < AT_ONCE) {
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
      assertEquals(whole + cut, CONNECTIONS);
      assertGreater(Math.min(whole, cut), CONNECTIONS / 5);
      note(entry, { served_whole: whole, reset_or_closed_midway: cut });
    },
  );
}

/** A client with a plan of its own. */
class Goer {
  readonly stream: Stream;
  readonly #bytes = Math.floor(Math.random() * 50_000);
  /** After how many bytes it leaves, mostly with unread bytes. */
  readonly #patience: number;

  constructor(address: [string, number], number: number) {
    this.stream = new Stream(address);
    this.#patience = number % 2 === 0
      ? Infinity
      : Math.floor(Math.random() * this.#bytes);
    // A close, but a reset every other time.
    if (number % 4 === 1) {
      const linger = new Uint8Array(new Int32Array([1, 0]).buffer);
      this.stream.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger);
    }
  }

  /** Sends and receives; returns whether it stays. */
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
