import { bare, libc } from "../../ffi/libc.ts";
import { syscall } from "../../ffi/syscall.ts";
import { OSError, ValueError } from "../exceptions.ts";
import { bad_descriptor, type WaitOptions } from "../pending.ts";
import { SHUT_RD, SHUT_WR, SOCK_STREAM } from "./constants.ts";
import type { Handle } from "./handle.ts";
import { unshared } from "../../ffi/memory.ts";
import { recv_async, recv_into_async } from "./receive.ts";
import { sendall_async } from "./send.ts";

// The size of a chunk at first, as of Deno's own connections, and at most: with 64 KiB alone
// a stream's own steps cost as much as the bytes (bench/bulk.ts).
const CHUNK_SIZE = 0x10000;
const MOST_CHUNK_SIZE = 0x40000;

/** shutdown(2). */
export function shutdown({ fd }: Handle, how: number): void {
  syscall("shutdown", () => libc.shutdown(fd, how));
}

/** The two halves of a connection as Web Streams, each made when it is asked for. */
export class Streams {
  readonly #handle: Handle;
  readonly #close: () => void;
  readonly #cancelled = new AbortController();
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | null = null;
  #writable: WritableStream<Uint8Array<ArrayBufferLike>> | null = null;
  // While the stream has neither ended nor failed.
  #receiving: ReadableByteStreamController | null = null;
  #sending: WritableStreamDefaultController | null = null;
  // 0 while what comes is short: it is copied out of a buffer that all sockets share, and a
  // stream that waits has none. Bytes in bulk are received into the chunk itself.
  #chunk_size = 0;
  #unsent = 0;
  #all_sent: PromiseWithResolvers<void> | null = null;

  /**
   * Looks after the streams of a socket.
   *
   * @param handle The socket.
   * @param close Closes it: called once both streams have ended.
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
        close: () => {
          // After a reset there is no half left to end, and what was written is lost: the
          // write that found out said so, if there was one.
          this.#shut(SHUT_WR);
          this.#end_sending();
        },
        abort: () => {
          this.#shut(SHUT_WR);
          this.#end_sending();
        },
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
        const data = await this.#chunk({ signal });
        if (data.length > 0) return controller.enqueue(data);
      }
      controller.close();
      controller.byobRequest?.respond(0);
      this.#end_receiving();
    } catch (error) {
      if (this.#receiving === null) return;
      controller.error(error);
      // Reset, the connection takes nothing either: nobody need write to find that out.
      // A time-out, which has no errno, concerns the one wait.
      if (error instanceof OSError && error.errno !== null) this.#fail(error);
      this.#end_receiving();
    }
  }

  /** What comes next, in a buffer of its own, which the stream takes. */
  async #chunk(options: WaitOptions): Promise<Uint8Array<ArrayBuffer>> {
    const size = this.#chunk_size;
    if (size === 0) {
      const data = await recv_async(this.#handle, CHUNK_SIZE, 0, options);
      if (data.length === CHUNK_SIZE) this.#chunk_size = CHUNK_SIZE;
      return unshared(data);
    }
    const memory = new ArrayBuffer(size), buffer = new Uint8Array(memory);
    const length = await recv_into_async(this.#handle, buffer, 0, 0, options);
    if (length === size) this.#chunk_size = Math.min(2 * size, MOST_CHUNK_SIZE);
    else if (length < size / 2) {
      this.#chunk_size = size > CHUNK_SIZE ? size / 2 : 0;
    }
    return new Uint8Array(memory, 0, length);
  }

  async #send(chunk: Uint8Array, signal: AbortSignal): Promise<void> {
    try {
      await sendall_async(this.#handle, chunk, 0, { signal });
    } catch (error) {
      // The other half finds out for itself, once it has received what came before.
      this.#end_sending();
      throw error;
    }
    if (--this.#unsent === 0) this.#all_sent?.resolve();
  }

  #fail(error: OSError): void {
    this.#sending?.error(error);
    this.#sending = null;
    this.#all_sent?.resolve();
  }

  #shut(how: number): void {
    try {
      shutdown(this.#handle, how);
    } catch (error) {
      // The connection is gone, or there never was one.
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

  /** Ends both, as the socket has no descriptor any more. */
  closed(): void {
    const receiving = this.#receiving, sending = this.#sending;
    this.#receiving = this.#sending = null;
    receiving?.error(bad_descriptor());
    sending?.error(bad_descriptor());
    this.#all_sent?.resolve();
  }

  /** Waits until all that was written has been sent, or nothing can be. */
  async sent(): Promise<void> {
    if (this.#sending === null) return;
    if (this.#unsent > 0) {
      this.#all_sent ??= Promise.withResolvers();
      await this.#all_sent.promise;
    }
    // A close() that was not awaited gets its turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
