import { is_nonblocking } from "../../ffi/descriptor.ts";
import { EAGAIN, EINPROGRESS, EINTR } from "../../ffi/errno.ts";
import { errno, libc } from "../../ffi/libc.ts";
import { attempt, os_error, wait_for } from "../../ffi/syscall.ts";
import {
  bytes,
  bytes_from,
  type BytesLike,
  int,
  length_of,
  size_t,
} from "../arguments.ts";
import { ValueError } from "../exceptions.ts";
import { NOT_YET, type WaitOptions } from "../pending.ts";
import { EPOLLIN, EPOLLOUT } from "../select/constants.ts";
import { type AddressLike, to_sockaddr } from "./address.ts";
import {
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_TRUNC,
  SO_ERROR,
  SOCK_STREAM,
  SOL_SOCKET,
} from "./constants/mod.ts";
import type { Endpoint } from "./endpoint.ts";
import { check_net } from "./permission.ts";
import { landing_for, taken } from "./received.ts";
import { Message } from "./message.ts";
import { check_room, check_size } from "./receive.ts";
import { until } from "./until.ts";

const size_of = size_t();

/**
 * The calls that wait without stopping the event loop; the base of {@linkcode Socket}.
 *
 * Of a socket with a time-out they keep it; of a non-blocking one they wait, too: that is
 * what they are for.
 */
export abstract class Twins extends Message {
  // Whether the last recvAsync() got less than it asked for: then there is nothing more
  // as yet, and the next one begins to wait without a look.
  #drained = false;

  /**
   * Receives bytes as {@linkcode recv} does, without stopping the event loop.
   *
   * @param bufsize The most bytes to receive.
   * @param flags MSG_PEEK and so on, by `|`.
   * @param options `signal`, to end the wait: nothing has been received then.
   * @returns What came; of a stream, nothing at all once the peer has closed its end.
   * @throws As `recv`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * setTimeout(() => a.send(new Uint8Array([1, 2])), 10);
   * assertEquals(await b.recvAsync(1024), new Uint8Array([1, 2]));
   * a.close();
   * b.close();
   * ```
   */
  recvAsync(
    bufsize: number,
    flags = 0,
    options?: WaitOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return until(this, EPOLLIN, () => {
      const size = check_size(bufsize, "bufsize");
      const dontwait = int(flags, "flags") | MSG_DONTWAIT;
      // Of datagrams each is short, and what was peeked at is still there.
      const may_be_drained = this.type === SOCK_STREAM &&
        dontwait === MSG_DONTWAIT;
      const drained = this.#drained;
      this.#drained = false;
      // Closed meanwhile, it is told at once.
      if (drained && this.fileno() !== -1) return NOT_YET;
      const buffer = landing_for(size, (dontwait & MSG_TRUNC) !== 0);
      const length = Math.min(size, buffer.length);
      const count = size_of(length);
      const fd = this.fileno();
      const received = attempt(
        "recv",
        () => libc.recvfrom(fd, buffer, count, dontwait, 0n, 0n),
      );
      if (received === -1) return NOT_YET;
      this.#drained = may_be_drained && received > 0 && received < length;
      return taken(buffer, Math.min(received, length));
    }, options);
  }

  /**
   * Receives bytes into a buffer as {@linkcode recv_into} does, without stopping the
   * event loop.
   *
   * @param buffer Where to put them, from its start; untouched until they are there.
   * @param nbytes The most bytes to receive; 0 for as many as the buffer has.
   * @param flags MSG_PEEK and so on, by `|`.
   * @param options `signal`, to end the wait: nothing has been received then.
   * @returns How many came; 0 once the peer of a stream has closed its end.
   * @throws As `recv_into`, but never `BlockingIOError`; the signal's reason once it
   * aborts; `OSError` EBADF if the socket is closed meanwhile.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * setTimeout(() => a.send(new Uint8Array([1, 2])), 10);
   * assertEquals(await b.recv_intoAsync(new Uint8Array(8)), 2);
   * a.close();
   * b.close();
   * ```
   */
  recv_intoAsync(
    buffer: BytesLike,
    nbytes = 0,
    flags = 0,
    options?: WaitOptions,
  ): Promise<number> {
    let room = -1;
    return until(this, EPOLLIN, () => {
      const dontwait = int(flags, "flags") | MSG_DONTWAIT;
      const into = bytes(buffer, "buffer");
      const length = check_room(into, nbytes);
      if (room === -1) room = length;
      // It may shrink or be transferred meanwhile: 0 would say that the peer closed.
      if (length < room) throw new ValueError("buffer shrank during the wait");
      const fd = this.fileno();
      const received = attempt(
        "recv",
        () => libc.recvfrom(fd, into, BigInt(length), dontwait, 0n, 0n),
      );
      return received === -1 ? NOT_YET : received;
    }, options);
  }

  /**
   * Sends all of the bytes as {@linkcode sendall} does, without stopping the event loop.
   *
   * @param data What to send; not to be changed until it is sent.
   * @param flags MSG_OOB and so on, by `|`.
   * @param options `signal`, to end the wait: part of the bytes may have gone then.
   * @throws As `sendall`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile; `ValueError` if the buffer shrinks.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * const sent = a.sendallAsync(new Uint8Array(1_000_000));
   * let received = 0;
   * while (received < 1_000_000) received += (await b.recvAsync(65536)).length;
   * await sent;
   * assertEquals(received, 1_000_000);
   * a.close();
   * b.close();
   * ```
   */
  sendallAsync(
    data: BytesLike,
    flags = 0,
    options?: WaitOptions,
  ): Promise<void> {
    let length = -1, sent = 0;
    return until(
      this,
      EPOLLOUT,
      () => {
        const dontwait = int(flags, "flags") | MSG_DONTWAIT | MSG_NOSIGNAL;
        const from = bytes(data, "data");
        if (length === -1) length = length_of(from);
        do {
          if (length_of(from) < length) {
            throw new ValueError("data shrank while it was sent");
          }
          const rest = sent === 0 ? from : bytes_from(from, sent);
          const left = BigInt(length - sent);
          const fd = this.fileno();
          const more = attempt(
            "send",
            () => libc.sendto(fd, rest, left, dontwait, null, 0),
          );
          if (more === -1) return NOT_YET;
          sent += more;
        } while (sent < length);
        return undefined;
      },
      options,
      () => sent,
    );
  }

  /**
   * Connects to an address as {@linkcode connect} does, without stopping the event loop;
   * a host's name is resolved first, and that does stop it.
   *
   * @param address `[host, port]`, of AF_UNIX a path.
   * @param options `signal`, to end the wait; close the socket then.
   * @throws As `connect`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using server = socket.socket();
   * server.bind(["127.0.0.1", 0]);
   * server.listen();
   * using client = socket.socket();
   * await client.connectAsync(server.getsockname());
   * const [conn, address] = await server.acceptAsync();
   * assertEquals(address, client.getsockname());
   * conn.close();
   * ```
   */
  connectAsync(address: AddressLike, options?: WaitOptions): Promise<void> {
    let started = false;
    return until(this, EPOLLOUT, () => {
      if (!started) {
        const number = start_connecting(this, address);
        // Of AF_UNIX: the listener's queue is full. It is tried again in a while.
        if (number === EAGAIN) return NOT_YET;
        started = number === EINPROGRESS || number === EINTR;
        return started ? NOT_YET : check_connected(number);
      }
      // A wake may come early: SO_ERROR says something only once it can be written.
      if (!wait_for(this.fileno(), EPOLLOUT, 0)) return NOT_YET;
      return check_connected(this.getsockopt(SOL_SOCKET, SO_ERROR));
    }, options);
  }
}

function start_connecting(socket: Twins, address: AddressLike): number {
  const to = to_sockaddr(socket, address, "connect");
  check_net(to.host, to.bytes, true);
  const fd = socket.fileno();
  return without_blocking(
    socket,
    () => libc.connect(fd, to.bytes, to.bytes.byteLength) === -1 ? errno() : 0,
  );
}

/** Runs a call with a socket's descriptor non-blocking, where no flag can say so. */
export function without_blocking<T>(socket: Endpoint, call: () => T): T {
  // Set by others who share it, it stays: to take it back under one who is about to accept
  // would block that one's event loop.
  if (socket.timeout !== null || is_nonblocking(socket.fileno())) return call();
  socket.setblocking(false);
  try {
    return call();
  } finally {
    socket.setblocking(true);
  }
}

function check_connected(number: number): void {
  if (number !== 0) throw os_error(number, { syscall: "connect" });
}
