/**
 * A client that a test controls step by step.
 *
 * @module
 */

import { AssertionError } from "@std/assert";
import { BlockingIOError, select, socket } from "@iomux/py";
import { type Server, WATCHDOG } from "../scripts.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// The offset of tcpi_bytes_acked in struct tcp_info: linux/tcp.h.
const BYTES_ACKED = 120;

// More than the kernel's buffers and the server's queue: 4 MB to send, 6 MB to receive.
const FLOOD = 64 << 20;

/** A client of a server. */
export class Peer implements Disposable {
  readonly sock: socket.Socket<socket.InetAddress> = socket.socket();
  /** Received data that the test has not read yet. */
  #received = new Uint8Array(0);
  #sent = 0;

  /**
   * Connects.
   *
   * @param rcvbuf The size of its receive buffer; 0 for the default.
   */
  constructor({ host, port }: Pick<Server, "host" | "port">, rcvbuf = 0) {
    if (rcvbuf > 0) {
      this.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf);
    }
    this.sock.connect([host === "0.0.0.0" ? "127.0.0.1" : host, port]);
    this.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1);
    this.sock.setblocking(false);
  }

  /** Sends a whole message, and reads nothing meanwhile. */
  async send(message: string | Uint8Array): Promise<void> {
    let rest = typeof message === "string" ? encoder.encode(message) : message;
    while (rest.length > 0) {
      rest = rest.subarray(this.try_to_send(rest));
      if (rest.length > 0) await this.#until("written");
    }
  }

  /** Sends the part that the kernel takes at once; returns its length. */
  try_to_send(data: Uint8Array): number {
    try {
      const sent = this.sock.send(data);
      this.#sent += sent;
      return sent;
    } catch (error) {
      if (error instanceof BlockingIOError) return 0;
      throw error;
    }
  }

  /**
   * Sends until the kernel takes no more, and reads nothing meanwhile.
   *
   * @param meanwhile Gives the server time while the kernel takes nothing.
   * @returns The sent data.
   */
  async flood(meanwhile: () => Promise<void> = turn): Promise<Uint8Array> {
    const chunk = numbers(1 << 16);
    const went: Uint8Array[] = [];
    let sent = 0;
    for (let stuck = 0; stuck < 10;) {
      const part = chunk.subarray(0, this.try_to_send(chunk));
      went.push(part);
      sent += part.length;
      if (sent > FLOOD) throw new AssertionError("The server takes everything");
      stuck = part.length > 0 ? 0 : stuck + 1;
      if (part.length === 0) await meanwhile();
    }
    return concat(went);
  }

  /** Waits until the server's kernel has acknowledged all data. */
  async acknowledged(): Promise<void> {
    for (const deadline = performance.now() + WATCHDOG;;) {
      const { IPPROTO_TCP, TCP_INFO } = socket;
      const info = this.sock.getsockopt(IPPROTO_TCP, TCP_INFO, 256);
      const view = new DataView(info.buffer, info.byteOffset);
      // The SYN counts as one.
      if (Number(view.getBigUint64(BYTES_ACKED, true)) > this.#sent) return;
      if (performance.now() > deadline) {
        throw new AssertionError("The server's kernel acknowledges nothing");
      }
      await turn();
    }
  }

  /** Receives exactly `length` bytes. */
  async receive(length: number): Promise<Uint8Array> {
    while (this.#received.length < length) {
      if (!await this.#more()) {
        throw new AssertionError(
          `The server closed after ${this.#received.length} of ${length} bytes`,
        );
      }
    }
    return this.#take(length);
  }

  /** Receives exactly `length` bytes of text. */
  async text(length: number): Promise<string> {
    return decoder.decode(await this.receive(length));
  }

  /** Receives a line, with its newline. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf(10);
      if (end >= 0) return decoder.decode(this.#take(end + 1));
      if (!await this.#more()) throw new AssertionError("No line came");
    }
  }

  /** Receives until the server closes. */
  async rest(): Promise<Uint8Array> {
    const parts = [this.#take(this.#received.length)];
    while (await this.#more()) parts.push(this.#take(this.#received.length));
    return concat(parts);
  }

  /** Closes its sending half. */
  half_close(): void {
    this.sock.shutdown(socket.SHUT_WR);
  }

  /** Closes with a reset. */
  reset(): void {
    const linger = new Uint8Array(new Int32Array([1, 0]).buffer);
    this.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger);
    this.sock.close();
  }

  [Symbol.dispose](): void {
    this.sock.close();
  }

  #take(length: number): Uint8Array {
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  /** Receives more data; returns false at the end. */
  async #more(): Promise<boolean> {
    await this.#until("read");
    const data = this.sock.recv(1 << 20);
    this.#received = concat([this.#received, data]);
    return data.length > 0;
  }

  async #until(what: "read" | "written"): Promise<void> {
    const reads = what === "read" ? [this.sock] : [];
    const writes = what === "written" ? [this.sock] : [];
    // Even if it is ready: a loop of quick answers would stop the timers and the servers' output.
    // Not turn(), which takes a millisecond for each part of a flood.
    await new Promise((resolve) => setImmediate(resolve));
    const limit = WATCHDOG / 1000;
    const found = await select.selectAsync(reads, writes, [], limit);
    if (found.every((list) => list.length === 0)) {
      throw new AssertionError(`The connection cannot be ${what}`);
    }
  }
}

/** Lets the event loop read the servers' output: a full pipe would block them. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Joins arrays. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(
    parts.reduce((length, part) => length + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Makes lines of ascending numbers: a lost or swapped byte changes them. */
export function numbers(length: number): Uint8Array {
  const lines: string[] = [];
  for (let size = 0, i = 0; size < length; i++) {
    lines.push(`${i}\n`);
    size += lines.at(-1)!.length;
  }
  return encoder.encode(lines.join("")).subarray(0, length);
}
