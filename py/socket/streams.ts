import {
  ECONNABORTED,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
} from "../../ffi/errno.ts";
import { bytes, length_of } from "../arguments.ts";
import { OSError, ValueError } from "../exceptions.ts";
import type { WaitOptions } from "../pending.ts";
import type { Address } from "./address_types.ts";
import { SOCK_SEQPACKET, SOCK_STREAM } from "./constants/mod.ts";
import { Halves } from "./halves.ts";
import type { Socket } from "./socket.ts";
import { Twins } from "./twins.ts";

// Milliseconds until a client is accepted again for whom nothing was free (EMFILE).
const BACK_OFF = 10;

/**
 * A socket where the web's streams, `for await` or Deno's readers and writers are asked
 * for; the base of {@linkcode Socket}.
 */
export abstract class Streams extends Twins
  implements AsyncDisposable, AsyncIterable<[conn: Socket, address: Address]> {
  #halves: Halves | null = null;

  /** Accepts a client without stopping the event loop. */
  abstract acceptAsync(
    options?: WaitOptions,
  ): Promise<[conn: Socket, address: Address]>;

  /** Closes one half of a connection, or both. */
  abstract shutdown(how: number): void;

  /**
   * What the socket receives, as a stream: the same one each time.
   *
   * Nothing is received before it is asked for. The stream ends where the peer closed its
   * half. It fails for good as `recvAsync` does, after a `TimeoutError`, too: leave the
   * socket without a time-out where it may be quiet. Reset, the connection fails `writable`
   * as well. `cancel()` ends a wait and this half: SHUT_RD.
   * The socket stays open for its owner to close, until `writable` has ended as well: once
   * both have, the socket closes itself.
   *
   * @throws {ValueError} If the socket is no SOCK_STREAM.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * using _ = b;
   * a.sendall(new TextEncoder().encode("hello"));
   * a.close();
   * assertEquals(await new Response(b.readable).text(), "hello");
   * ```
   */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.#halves ??= halves_of(this)).readable;
  }

  /**
   * What the socket sends, as a stream: the same one each time.
   *
   * A write is done once the kernel has all of its bytes. `close()` ends this half after
   * what was written, so that the peer reads the end; `abort()` drops what still waits, and
   * ends it, too: SHUT_WR. The socket stays open as {@linkcode readable} says.
   *
   * @throws {ValueError} If the socket is no SOCK_STREAM.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * const echoed = b.readable.pipeTo(b.writable);
   * await new Response("hello").body!.pipeTo(a.writable);
   * assertEquals(await new Response(a.readable).text(), "hello");
   * await echoed;
   * // Both streams of each have ended, and so both are closed.
   * assertEquals([a.fileno(), b.fileno()], [-1, -1]);
   * ```
   */
  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return (this.#halves ??= halves_of(this)).writable;
  }

  /**
   * Receives bytes as `Deno.Conn` does, and as readers of `@std/io` are expected to.
   *
   * @param p Where to put them, from its start.
   * @returns How many came; `null` once the peer of a stream has closed its end. 0 if `p`
   * has no room, or for an empty datagram. Until then it holds the program, as
   * `Deno.Conn`'s does, whether it is awaited or not.
   * @throws As `recv_intoAsync` does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * using _ = b;
   * await a.write(new Uint8Array([1, 2]));
   * a.close();
   * assertEquals(await b.read(new Uint8Array(8)), 2);
   * assertEquals(await b.read(new Uint8Array(8)), null);
   * ```
   */
  async read(p: Uint8Array): Promise<number | null> {
    const room = length_of(bytes(p, "p"));
    if (room === 0 && this.fileno() !== -1) return 0;
    const received = await this.recv_intoAsync(p);
    const ends = this.type === SOCK_STREAM || this.type === SOCK_SEQPACKET;
    return received === 0 && ends ? null : received;
  }

  /**
   * Sends bytes as `Deno.Conn` does, and as writers of `@std/io` are expected to.
   *
   * @param p What to send; not to be changed until it is sent.
   * @returns How many it was: always all of them. Until then it holds the program, as
   * `Deno.Conn`'s does, whether it is awaited or not.
   * @throws As `sendallAsync` does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * assertEquals(await a.write(new Uint8Array([1, 2])), 2);
   * assertEquals(b.recv(8), new Uint8Array([1, 2]));
   * a.close();
   * b.close();
   * ```
   */
  async write(p: Uint8Array): Promise<number> {
    const length = length_of(bytes(p, "p"));
    await this.sendallAsync(p);
    return length;
  }

  /**
   * The clients of a socket that listens, one after the other, as `acceptAsync` gives them.
   *
   * It ends when the socket is closed. Leaving the loop does not close it: another loop
   * goes on. A client who has gone again is passed over, and while no descriptor is free
   * (EMFILE) clients wait; any other error ends the loop, `TimeoutError` as well.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using server = socket.create_server(["localhost", 0]);
   * const [host, port] = server.getsockname() as [string, number];
   * using client = socket.create_connection([host, port]);
   * for await (const [conn, address] of server) {
   *   assertEquals(address, client.getsockname());
   *   conn.close();
   *   server.close();
   * }
   * ```
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<
    [conn: Socket, address: Address]
  > {
    return new Clients(this);
  }

  /** Closes the socket, and with it the streams; a second call does nothing. */
  override close(): void {
    try {
      super.close();
    } finally {
      this.#halves?.closed();
    }
  }

  /**
   * Gives the descriptor up without closing it; the streams fail with EBADF.
   *
   * @returns The descriptor, now the caller's to close; -1 if there was none.
   */
  override detach(): number {
    const fd = super.detach();
    this.#halves?.closed();
    return fd;
  }

  /**
   * Closes the socket at the end of an `await using` block, once what was written to
   * `writable` has gone, as long as that takes; `using` and `close()` drop it.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#halves?.sent();
    this.close();
  }
}

function halves_of(socket: Streams): Halves {
  if (socket.type !== SOCK_STREAM) {
    throw new ValueError("only SOCK_STREAM type sockets are supported");
  }
  return new Halves(socket);
}

/** Accepts the clients of a socket until it is closed. */
class Clients
  implements AsyncIterableIterator<[conn: Socket, address: Address]> {
  readonly #listener: Streams;
  readonly #over = new AbortController();

  constructor(listener: Streams) {
    this.#listener = listener;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<
    IteratorResult<[conn: Socket, address: Address], undefined>
  > {
    const { signal } = this.#over;
    while (!signal.aborted && this.#listener.fileno() !== -1) {
      try {
        const value = await this.#listener.acceptAsync({ signal });
        return { done: false, value };
      } catch (error) {
        if (signal.aborted || this.#listener.fileno() === -1) break;
        if (!(error instanceof OSError)) throw error;
        if (is_exhausted(error)) {
          await new Promise((resolve) => setTimeout(resolve, BACK_OFF));
        } else if (error.errno !== ECONNABORTED) throw error;
      }
    }
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#over.abort();
    return Promise.resolve({ done: true, value: undefined });
  }
}

function is_exhausted({ errno }: OSError): boolean {
  return errno === EMFILE || errno === ENFILE || errno === ENOBUFS ||
    errno === ENOMEM;
}
