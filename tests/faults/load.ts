/**
 * Clients of an echo server in one loop: each sends, stalls, reads, and compares every received
 * byte with the sent one.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { AssertionError } from "@std/assert";
import {
  BlockingIOError,
  BrokenPipeError,
  ConnectionResetError,
  select,
  socket,
} from "@iomux/py";
import { WATCHDOG } from "../scripts.ts";

/** The clients of a {@linkcode Load}. */
export interface LoadOptions {
  /** How many clients. */
  clients: number;
  /** The bytes that each sends; `Infinity` until `finish()`. */
  bytes: number;
  /** The most bytes of one write. */
  write?: number;
  /** The most bytes that are sent and not yet echoed. */
  window?: number;
  /** The longest stall of a client, in milliseconds; 0 for none. */
  stall?: number;
  /** Every n-th client reads nothing until its sends block. */
  greedy?: number;
  /** Whether clients half-close after their last byte, and wait for the server's end. */
  half_close?: boolean;
}

const { EPOLLIN, EPOLLOUT } = select;
const RECV_SIZE = 1 << 18;
// A stall follows one of this many reads and writes.
const STALL_ONE_IN = 24;
// The receive buffer of a greedy client; the server keeps the rest.
const GREEDY_RCVBUF = 1 << 15;
// A greedy client reads after this many milliseconds without a write, longer than any stall.
const GREEDY_FOR = 300;
// Milliseconds between turns of the event loop.
const TURN_EVERY = 20;
// The offset of tcpi_bytes_acked in struct tcp_info: linux/tcp.h.
const BYTES_ACKED = 120;

// Each stream cycles through these bytes. The length is prime, so that chunks do not repeat.
const ring = new Uint8Array(1048583);
for (let at = 0; at < ring.length; at += 65536) {
  crypto.getRandomValues(ring.subarray(at, at + 65536));
}

/** One client. */
export class Stream {
  readonly sock: socket.Socket = socket.socket();
  readonly start: number;
  sent = 0;
  received = 0;
  reads_again_at = 0;
  writes_again_at = 0;
  mask = EPOLLIN | EPOLLOUT;
  half_closed = false;
  /** Whether it does not read yet. */
  greedy: boolean;
  wrote_at = Infinity;
  /** Whether the server has closed. */
  ended = false;

  constructor(address: [string, number], greedy = false) {
    this.greedy = greedy;
    if (greedy) {
      const { SOL_SOCKET, SO_RCVBUF } = socket;
      this.sock.setsockopt(SOL_SOCKET, SO_RCVBUF, GREEDY_RCVBUF);
    }
    this.start = Math.floor(Math.random() * ring.length);
    this.sock.connect(address);
    this.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1);
    this.sock.setblocking(false);
  }

  /** The next bytes to send, at most `most`. */
  next(most: number): Uint8Array {
    const at = (this.start + this.sent) % ring.length;
    return ring.subarray(at, at + most);
  }

  /** Counts received bytes; fails unless they equal the sent ones. */
  take(data: Uint8Array): void {
    for (let had = 0; had < data.length;) {
      const at = (this.start + this.received) % ring.length;
      const part = data.subarray(had, had + ring.length - at);
      const expected = ring.subarray(at, at + part.length);
      if (this.received + part.length > this.sent) {
        throw new AssertionError(`More than the ${this.sent} sent bytes`);
      }
      if (Buffer.compare(part, expected) !== 0) {
        throw new AssertionError(
          `Bytes differ at ${this.received} of ${this.sent}`,
        );
      }
      had += part.length;
      this.received += part.length;
    }
  }

  /** The number of bytes that the server's kernel has acknowledged. */
  acknowledged(): number {
    const { IPPROTO_TCP, TCP_INFO } = socket;
    const info = this.sock.getsockopt(IPPROTO_TCP, TCP_INFO, 256);
    const view = new DataView(info.buffer, info.byteOffset);
    // The SYN counts as one.
    return Number(view.getBigUint64(BYTES_ACKED, true)) - 1;
  }
}

/** Clients that run until each has all its bytes back. */
export class Load implements Disposable {
  readonly streams: readonly Stream[];
  readonly #active = new Map<number, Stream>();
  readonly #epoll = select.epoll();
  readonly #buffer = new Uint8Array(RECV_SIZE);
  readonly #options: Required<LoadOptions>;

  constructor(server: { host: string; port: number }, options: LoadOptions) {
    this.#options = {
      write: 65536,
      window: Infinity,
      stall: 0,
      greedy: Infinity,
      half_close: true,
      ...options,
    };
    this.streams = Array.from(
      { length: options.clients },
      (_, i) =>
        new Stream(
          [server.host, server.port],
          (i + 1) % this.#options.greedy === 0,
        ),
    );
    for (const stream of this.streams) {
      this.#active.set(stream.sock.fileno(), stream);
      this.#epoll.register(stream.sock, stream.mask);
    }
  }

  get sent(): number {
    return this.streams.reduce((sum, { sent }) => sum + sent, 0);
  }

  get received(): number {
    return this.streams.reduce((sum, { received }) => sum + received, 0);
  }

  /** Stops every client from sending more. */
  finish(): void {
    this.#options.bytes = 0;
  }

  /** Runs until each client has all its bytes back, or the server has closed. */
  async run(): Promise<void> {
    let turned = performance.now(), moved = turned, before = -1;
    while (this.#active.size > 0) {
      const now = performance.now();
      const events = this.#epoll.poll(this.#options.stall > 0 ? 0.002 : 0.02);
      for (const [fd, event] of events) {
        const stream = this.#active.get(fd)!;
        try {
          if (event & ~EPOLLOUT) this.#read(stream, now);
          if (event & EPOLLOUT && !stream.ended) this.#write(stream, now);
        } catch (error) {
          this.#failed(stream, error);
        }
      }
      for (const stream of this.#active.values()) this.#attend(stream, now);
      if (now - turned < TURN_EVERY) continue;
      await new Promise((resolve) => setTimeout(resolve, 0));
      turned = performance.now();
      const so_far = this.sent + this.received;
      if (so_far !== before) moved = turned;
      else if (turned - moved > WATCHDOG) throw new AssertionError("It hangs");
      before = so_far;
    }
  }

  [Symbol.dispose](): void {
    this.#epoll.close();
    for (const { sock } of this.streams) sock.close();
  }

  #read(stream: Stream, now: number): void {
    const size = stream.sock.recv_into(this.#buffer);
    stream.ended = size === 0;
    stream.take(this.#buffer.subarray(0, size));
    if (this.#stalls()) stream.reads_again_at = now + this.#stall();
  }

  #write(stream: Stream, now: number): void {
    const { bytes, write, window } = this.#options;
    const left = Math.min(
      bytes - stream.sent,
      window - stream.sent + stream.received,
      1 + Math.floor(Math.random() * write),
    );
    if (left <= 0) return;
    stream.sent += stream.sock.send(stream.next(left));
    stream.wrote_at = now;
    if (this.#stalls()) stream.writes_again_at = now + this.#stall();
  }

  #failed(stream: Stream, error: unknown): void {
    if (error instanceof BlockingIOError) return;
    // A server that ends may reset only clients that still send.
    const gone = error instanceof ConnectionResetError ||
      error instanceof BrokenPipeError;
    if (!gone || this.#options.bytes !== Infinity) {
      const { sent, received, half_closed } = stream;
      const state = JSON.stringify({ sent, received, half_closed });
      throw new AssertionError(`A client failed: ${state}`, { cause: error });
    }
    stream.ended = true;
  }

  #stalls(): boolean {
    return this.#options.stall > 0 && Math.random() * STALL_ONE_IN < 1;
  }

  #stall(): number {
    return Math.random() * this.#options.stall;
  }

  /** Registers a client for its next step, or removes it. */
  #attend(stream: Stream, now: number): void {
    const { bytes, window, half_close } = this.#options;
    const all = stream.sent >= bytes;
    if (all && half_close && !stream.half_closed) {
      stream.sock.shutdown(socket.SHUT_WR);
      stream.half_closed = true;
    }
    const back = all && !half_close && bytes > 0 &&
      stream.received === stream.sent;
    if (stream.ended || back) return this.#leave(stream);
    // It has sent all, or the kernel takes no more.
    if (all || now - stream.wrote_at > GREEDY_FOR) stream.greedy = false;
    const reads = now >= stream.reads_again_at && !stream.greedy;
    const writes = !all && now >= stream.writes_again_at &&
      stream.sent - stream.received < window;
    const mask = (reads ? EPOLLIN : 0) | (writes ? EPOLLOUT : 0);
    if (mask === stream.mask) return;
    stream.mask = mask;
    this.#epoll.modify(stream.sock, mask);
  }

  #leave(stream: Stream): void {
    this.#active.delete(stream.sock.fileno());
    this.#epoll.unregister(stream.sock);
    // The test checks clients of unlimited size.
    if (this.#options.bytes === 0 || this.#options.bytes === Infinity) return;
    if (stream.received !== stream.sent) {
      throw new AssertionError(
        `${stream.sent} bytes were sent, ${stream.received} came back`,
      );
    }
  }
}
