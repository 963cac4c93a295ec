import { bare, libc } from "../../ffi/libc.ts";
import { syscall } from "../../ffi/syscall.ts";
import { OSError, ValueError } from "../exceptions.ts";
import { bad_descriptor } from "../pending.ts";
import { SHUT_RD, SHUT_WR, SOCK_STREAM } from "./constants.ts";
import type { Handle } from "./handle.ts";
import { copy } from "../../ffi/memory.ts";
import { recv_async, recv_into_async } from "./receive.ts";
import { sendall_async } from "./send.ts";

// The largest chunk: as much as the shared buffer takes. Deno's own connections use 64 KiB. At that
// size the stream's own steps cost as much as the bytes (bench/bulk.ts).
const CHUNK_SIZE = 0x40000;

/** Shuts down a half of a connection, or both: shutdown(2). */
export function shutdown({ fd }: Handle, how: number): void {
  syscall("shutdown", () => libc.shutdown(fd, how));
}

/** The two halves of a connection as Web Streams, each made on first use. */
export class Streams {
  readonly #handle: Handle;
  readonly #close: () => void;
  readonly #cancelled = new AbortController();
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | null = null;
  #writable: WritableStream<Uint8Array<ArrayBufferLike>> | null = null;
  // Set while the stream has neither ended nor failed.
  #receiving: ReadableByteStreamController | null = null;
  #sending: WritableStreamDefaultController | null = null;
  #unsent = 0;
  #all_sent: PromiseWithResolvers<void> | null = null;

  /**
   * Prepares the streams of a socket.
   *
   * @param handle The socket.
   * @param close Closes the socket; called once both streams have ended.
   */
  constructor(handle: Handle, close: () => void) {
    if (handle.kind.type !== SOCK_STREAM) {
      throw new ValueError("only SOCK_STREAM type sockets are supported");
    }
    this.#handle = handle;
    this.#close = close;
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= new ReadableStream(
      bare({
        type: "bytes",
        start: (controller) => {
          this.#receiving = controller;
        },
        pull: (controller) => this.#receive(controller),
        cancel: () => {
          this.#cancelled.abort();
          this.#shut(SHUT_RD);
          this.#end_receiving();
        },
      }),
      bare({ highWaterMark: 0 }),
    );
  }

  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return this.#writable ??= new WritableStream(
      bare({
        start: (controller) => {
          this.#sending = controller;
        },
        write: (chunk, { signal }) => this.#send(chunk, signal),
        close: () => this.#stop_sending(),
        abort: () => this.#stop_sending(),
      }),
      {
        highWaterMark: 1,
        size: () => {
          this.#unsent++;
          return 1;
        },
      },
    );
  }

  async #receive(controller: ReadableByteStreamController): Promise<void> {
    const { signal } = this.#cancelled;
    try {
      const view = controller.byobRequest?.view;
      if (view) {
        const length = await recv_into_async(this.#handle, view, 0, 0, {
          signal,
        });
        if (length > 0) return controller.byobRequest!.respond(length);
      } else {
        // Through the shared buffer: one for each waiting stream would take memory, and V8 would
        // fill it with zeros. copy: the program may transfer the result's buffer.
        const data = await recv_async(
          this.#handle,
          CHUNK_SIZE,
          0,
          { signal },
          copy,
        );
        if (data.length > 0) return controller.enqueue(data);
      }
      controller.close();
      controller.byobRequest?.respond(0);
      this.#end_receiving();
    } catch (error) {
      if (this.#receiving === null) return;
      controller.error(error);
      // A reset ends the other half, too: fail it without a write. A time-out, which has no
      // errno, concerns this wait only.
      if (error instanceof OSError && error.errno !== null) {
        this.#sending?.error(error);
        this.#end_sending();
      }
      this.#end_receiving();
    }
  }

  async #send(chunk: Uint8Array, signal: AbortSignal): Promise<void> {
    try {
      await sendall_async(this.#handle, chunk, 0, { signal });
    } catch (error) {
      // The other half learns of it after the bytes that came before.
      this.#end_sending();
      throw error;
    }
    if (--this.#unsent === 0) this.#all_sent?.resolve();
  }

  #stop_sending(): void {
    // After a reset both halves have ended, and unsent bytes are lost; the write that met the
    // reset has thrown.
    this.#shut(SHUT_WR);
    this.#end_sending();
  }

  #shut(how: number): void {
    try {
      shutdown(this.#handle, how);
    } catch (error) {
      // The connection has ended, or never began.
      if (!(error instanceof OSError)) throw error;
    }
  }

  #end_receiving(): void {
    this.#receiving = null;
    this.#close_once_over();
  }

  #end_sending(): void {
    this.#sending = null;
    this.#all_sent?.resolve();
    this.#close_once_over();
  }

  #close_once_over(): void {
    const receiving = this.#readable === null || this.#receiving !== null;
    const sending = this.#writable === null || this.#sending !== null;
    if (!receiving && !sending) this.#close();
  }

  /** Fails both streams: the socket has lost its descriptor. */
  closed(): void {
    const receiving = this.#receiving, sending = this.#sending;
    this.#receiving = this.#sending = null;
    receiving?.error(bad_descriptor());
    sending?.error(bad_descriptor());
    this.#all_sent?.resolve();
  }

  /** Waits until all written bytes are sent, or sending has failed. */
  async sent(): Promise<void> {
    if (this.#sending === null) return;
    if (this.#unsent > 0) {
      this.#all_sent ??= Promise.withResolvers();
      await this.#all_sent.promise;
    }
    // Let a close() that was not awaited run.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
