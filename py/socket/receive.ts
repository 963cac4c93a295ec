import { errno, libc, Pinned } from "../../ffi/libc.ts";
import { SOCKADDR_STORAGE_SIZE } from "../../ffi/sockaddr.ts";
import { call_again, socket_call } from "../../ffi/syscall.ts";
import {
  bytes,
  type BytesLike,
  int,
  length_of,
  size_t,
  whole,
} from "../arguments.ts";
import { OverflowError, ValueError } from "../exceptions.ts";
import { POLLIN } from "../select/constants.ts";
import { type Address, from_sockaddr } from "./address.ts";
import { MSG_TRUNC } from "./constants/mod.ts";
import { Endpoint } from "./endpoint.ts";
import { landing, landing_for, may_land, taken } from "./received.ts";
import { dontwait } from "./timeout.ts";

const sockaddr = new Pinned(new Uint8Array(SOCKADDR_STORAGE_SIZE));
const addrlen = new Pinned(new Uint32Array(1));
const size_of = size_t();
const room_of = size_t();

/** How a socket receives; a base of {@linkcode Socket}. */
export abstract class Receiver extends Endpoint {
  /**
   * Receives bytes: recv(2).
   *
   * A short result may share its `buffer` with others, as Node's Buffers do: mind
   * `byteOffset`, and `slice()` it before you transfer it.
   *
   * @param bufsize The most bytes to receive.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, by `|`.
   * @returns What came; of a stream, nothing at all once the peer has closed its end.
   * @throws {BlockingIOError} If there is nothing and the socket is non-blocking.
   * @throws {TimeoutError} If nothing came in time.
   * @throws {ConnectionResetError} If the peer reset the connection.
   * @throws {ValueError} If `bufsize` is negative.
   * @throws {OSError} EBADF if the socket is closed, ENOTCONN if it was never connected.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * a.send(new TextEncoder().encode("hello"));
   * assertEquals(new TextDecoder().decode(b.recv(1024)), "hello");
   * a.close();
   * assertEquals(b.recv(1024).length, 0);
   * b.close();
   * ```
   */
  recv(bufsize: number, flags = 0): Uint8Array<ArrayBuffer> {
    const size = check_size(bufsize, "bufsize");
    const options = int(flags, "flags") | dontwait(this.timeout);
    const clean = (options & MSG_TRUNC) !== 0;
    if (!may_land(size, clean)) return recv_apart(this, size, clean, options);
    const count = size_of(size);
    const fd = this.fileno();
    let received = libc.recv(fd, landing.address, count, options);
    if (received === -1) {
      received = recv_again(errno(), fd, this.timeout, count, options);
    }
    return taken(landing.view, received);
  }

  /**
   * Receives bytes into a buffer of the caller's, without a copy: recv(2).
   *
   * @param buffer Where to put them, from its start.
   * @param nbytes The most bytes to receive; 0 for as many as the buffer has.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, by `|`.
   * @returns How many came; 0 once the peer of a stream has closed its end.
   * @throws {ValueError} If `nbytes` is negative or more than the buffer has.
   * @throws {TypeError} If it is no buffer.
   * @throws {OSError} As {@linkcode recv} does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * const buffer = new Uint8Array(4096);
   * a.send(new Uint8Array([1, 2, 3]));
   * assertEquals(b.recv_into(buffer), 3);
   * assertEquals(buffer.subarray(0, 3), new Uint8Array([1, 2, 3]));
   * a.close();
   * b.close();
   * ```
   */
  recv_into(buffer: BytesLike, nbytes = 0, flags = 0): number {
    const options = int(flags, "flags") | dontwait(this.timeout);
    const into = bytes(buffer, "buffer");
    const length = room_of(check_room(into, nbytes));
    const fd = this.fileno();
    const received = libc.recvfrom(fd, into, length, options, 0n, 0n);
    if (received !== -1) return received;
    return recv_into_again(errno(), fd, this.timeout, into, length, options);
  }

  /**
   * Receives bytes and the address that they came from: recvfrom(2).
   *
   * @param bufsize The most bytes to receive; what a datagram has beyond them is lost.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, by `|`.
   * @returns The bytes, as {@linkcode recv} does, and the address; `null` of a stream.
   * @throws {OSError} As {@linkcode recv} does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
   * using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
   * server.bind(["127.0.0.1", 0]);
   * client.bind(["127.0.0.1", 0]);
   * client.sendto(new Uint8Array([7]), server.getsockname());
   * const [data, address] = server.recvfrom(1024);
   * assertEquals(data, new Uint8Array([7]));
   * assertEquals(address, client.getsockname());
   * ```
   */
  recvfrom(
    bufsize: number,
    flags = 0,
  ): [data: Uint8Array<ArrayBuffer>, address: Address] {
    const size = check_size(bufsize, "bufsize");
    const options = int(flags, "flags") | dontwait(this.timeout);
    const buffer = landing_for(size, (options & MSG_TRUNC) !== 0);
    const length = Math.min(size, buffer.length);
    const received = recvfrom(this, buffer, length, options);
    const data = taken(buffer, Math.min(received, length));
    return [data, from_sockaddr(sockaddr.view, addrlen.view[0]!, this)];
  }

  /**
   * Receives bytes into a buffer, and the address that they came from: recvfrom(2).
   *
   * @param buffer Where to put them, from its start.
   * @param nbytes The most bytes to receive; 0 for as many as the buffer has.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, by `|`.
   * @returns How many came, and the address; `null` of a stream.
   * @throws {ValueError} If `nbytes` is negative or more than the buffer has.
   * @throws {TypeError} If it is no buffer.
   * @throws {OSError} As {@linkcode recv} does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * a.send(new Uint8Array([1, 2, 3]));
   * assertEquals(b.recvfrom_into(new Uint8Array(8)), [3, null]);
   * a.close();
   * b.close();
   * ```
   */
  recvfrom_into(
    buffer: BytesLike,
    nbytes = 0,
    flags = 0,
  ): [nbytes: number, address: Address] {
    const options = int(flags, "flags") | dontwait(this.timeout);
    const into = bytes(buffer, "buffer");
    const length = check_room(into, nbytes);
    const received = recvfrom(this, into, length, options);
    return [received, from_sockaddr(sockaddr.view, addrlen.view[0]!, this)];
  }
}

/** Receives what may not land where most results do. */
function recv_apart(
  socket: Receiver,
  size: number,
  clean: boolean,
  flags: number,
): Uint8Array<ArrayBuffer> {
  const buffer = landing_for(size, clean);
  const length = Math.min(size, buffer.length);
  const fd = socket.fileno();
  const call = () => libc.recvfrom(fd, buffer, BigInt(length), flags, 0n, 0n);
  const received = socket_call("recv", fd, POLLIN, socket.timeout, call);
  // With MSG_TRUNC it says how long the datagram was, whatever there was room for.
  return taken(buffer, Math.min(received, length));
}

function recvfrom(
  socket: Receiver,
  buffer: Uint8Array<ArrayBuffer>,
  length: number,
  flags: number,
): number {
  const fd = socket.fileno();
  return socket_call("recvfrom", fd, POLLIN, socket.timeout, () => {
    addrlen.view[0] = sockaddr.view.length;
    return libc.recvfrom(
      fd,
      buffer,
      BigInt(length),
      flags,
      sockaddr.address,
      addrlen.address,
    );
  });
}

// Apart from the methods, which so need no closure while nothing fails.
function recv_again(
  error: number,
  fd: number,
  timeout: number | null,
  count: bigint,
  flags: number,
): number {
  const { address } = landing;
  const call = () => libc.recv(fd, address, count, flags);
  return call_again("recv", error, fd, POLLIN, timeout, call);
}

function recv_into_again(
  error: number,
  fd: number,
  timeout: number | null,
  buffer: Uint8Array<ArrayBuffer>,
  length: bigint,
  flags: number,
): number {
  const call = () => libc.recvfrom(fd, buffer, length, flags, 0n, 0n);
  return call_again("recv", error, fd, POLLIN, timeout, call);
}

/** Checks how much to receive. */
export function check_size(value: unknown, name: string): number {
  const size = whole(value, name);
  if (size < 0) throw new ValueError(`negative buffersize in recv: ${size}`);
  if (size > Number.MAX_SAFE_INTEGER) {
    throw new OverflowError(`${name} is too large: ${size}`);
  }
  return size;
}

/** How much to receive into a buffer: all it has room for, or as much as is asked. */
export function check_room(buffer: Uint8Array, nbytes: unknown): number {
  const wanted = whole(nbytes, "nbytes");
  const room = length_of(buffer);
  if (wanted < 0) {
    throw new ValueError(`negative buffersize in recv_into: ${wanted}`);
  }
  if (wanted > room) {
    throw new ValueError(
      `buffer too small for requested bytes: ${wanted} into ${room}`,
    );
  }
  return wanted === 0 ? room : wanted;
}
