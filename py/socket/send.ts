import { errno, libc } from "../../ffi/libc.ts";
import { call_again, now, socket_call } from "../../ffi/syscall.ts";
import {
  bytes,
  bytes_from,
  type BytesLike,
  type FileDescriptorLike,
  fileno,
  int,
  length_of,
  shown,
  size_t,
  whole,
} from "../arguments.ts";
import { OverflowError, TimeoutError, ValueError } from "../exceptions.ts";
import { POLLOUT } from "../select/constants.ts";
import { type AddressLike, to_sockaddr } from "./address.ts";
import { MSG_NOSIGNAL, SOCK_STREAM } from "./constants/mod.ts";
import { check_net } from "./permission.ts";
import { Receiver } from "./receive.ts";
import { dontwait } from "./timeout.ts";

// How much sendfile(2) is asked for at a time, so that a time-out is looked at.
const SENDFILE_CHUNK = 0x40000000;

const size_of = size_t();

/** How a socket sends; a base of {@linkcode Socket}. */
export abstract class Sender extends Receiver {
  /**
   * Sends bytes, as many as the kernel takes at once: send(2). SIGPIPE is never raised.
   *
   * @param data What to send.
   * @param flags MSG_OOB, MSG_DONTWAIT and so on, by `|`.
   * @returns How many bytes went; the rest is the caller's to send again.
   * @throws {BlockingIOError} If none would go and the socket is non-blocking.
   * @throws {TimeoutError} If none went in time.
   * @throws {BrokenPipeError} If the peer has stopped reading, or writing was shut down.
   * @throws {ConnectionResetError} If the peer reset the connection.
   * @throws {TypeError} If it is a string, or no buffer.
   * @throws {OSError} EBADF if the socket is closed, EMSGSIZE if a datagram is too long.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * assertEquals(a.send(new TextEncoder().encode("hello")), 5);
   * a.close();
   * b.close();
   * ```
   */
  send(data: BytesLike, flags = 0): number {
    const options = int(flags, "flags") | MSG_NOSIGNAL | dontwait(this.timeout);
    const from = bytes(data, "data");
    const length = size_of(length_of(from));
    const fd = this.fileno();
    const sent = libc.sendto(fd, from, length, options, null, 0);
    if (sent !== -1) return sent;
    return send_again(errno(), fd, this.timeout, from, length, options);
  }

  /**
   * Sends all of the bytes, in as many calls as it takes: send(2).
   *
   * @param data What to send.
   * @param flags MSG_OOB and so on, by `|`.
   * @throws {TimeoutError} If not all went in time: the time-out counts for the whole.
   * @throws {BlockingIOError} If the socket is non-blocking and would not take all. How
   * much went is not known: for such a socket use {@linkcode send}.
   * @throws {TypeError} If it is a string, or no buffer.
   * @throws {OSError} As {@linkcode send} does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * a.sendall(new Uint8Array(1000));
   * assertEquals(b.recv(4096).length, 1000);
   * a.close();
   * b.close();
   * ```
   */
  sendall(data: BytesLike, flags = 0): void {
    const options = int(flags, "flags") | MSG_NOSIGNAL | dontwait(this.timeout);
    const from = bytes(data, "data");
    const left = countdown(this.timeout);
    const length = length_of(from);
    const fd = this.fileno();
    let sent = 0;
    do {
      const rest = sent === 0 ? from : bytes_from(from, sent);
      const size = BigInt(length - sent);
      sent += socket_call(
        "send",
        fd,
        POLLOUT,
        left(),
        () => libc.sendto(fd, rest, size, options, null, 0),
      );
    } while (sent < length);
  }

  /**
   * Sends a datagram to an address: sendto(2).
   *
   * @param data What to send.
   * @param address Where to.
   * @returns How many bytes went.
   * @throws {Deno.errors.NotCapable} If `--deny-net` refuses the address.
   * @throws {gaierror} If the host cannot be resolved.
   * @throws {OSError} As {@linkcode send} does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
   * server.bind(["127.0.0.1", 0]);
   * using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
   * const address = server.getsockname();
   * assertEquals(client.sendto(new Uint8Array([1, 2]), address), 2);
   * assertEquals(server.recv(16), new Uint8Array([1, 2]));
   * ```
   */
  sendto(data: BytesLike, address: AddressLike): number;
  /**
   * Sends a datagram to an address, with flags: sendto(2).
   *
   * @param data What to send.
   * @param flags MSG_DONTWAIT and so on, by `|`.
   * @param address Where to.
   * @returns How many bytes went.
   * @throws {OSError} As above.
   */
  sendto(data: BytesLike, flags: number, address: AddressLike): number;
  sendto(
    data: BytesLike,
    flags_or_address: number | AddressLike,
    address?: AddressLike,
  ): number {
    const [flags, destination] = address === undefined
      ? [0, flags_or_address]
      : [flags_or_address, address];
    const options = int(flags, "flags") | MSG_NOSIGNAL | dontwait(this.timeout);
    const from = bytes(data, "data");
    const to = to_sockaddr(this, destination, "sendto");
    check_net(to.host, to.bytes, true);
    const length = BigInt(length_of(from));
    const fd = this.fileno();
    return socket_call(
      "sendto",
      fd,
      POLLOUT,
      this.timeout,
      () =>
        libc.sendto(fd, from, length, options, to.bytes, to.bytes.byteLength),
    );
  }

  /**
   * Sends a file, without its bytes passing through JavaScript: sendfile(2).
   *
   * @param file The file's descriptor, or an object with `fileno()`.
   * @param offset Where in the file to begin, in bytes.
   * @param count How many bytes; `null` for all up to the end.
   * @returns How many bytes went: fewer than `count` where the file ended.
   * @throws {ValueError} If the socket is non-blocking or no stream, or a number makes no sense.
   * @throws {TimeoutError} If not all went in time: the time-out counts for the whole.
   * @throws {OSError} As {@linkcode send} does; EINVAL if the file cannot be mapped.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertThrows } from "@std/assert";
   *
   * using sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
   * assertThrows(() => sock.sendfile(0), RangeError, "SOCK_STREAM");
   * ```
   */
  sendfile(
    file: FileDescriptorLike,
    offset = 0,
    count: number | null = null,
  ): number {
    const in_fd = fileno(file);
    const start = check_offset(offset, "offset");
    const most = count === null ? Infinity : check_offset(count, "count");
    if (count !== null && most === 0) {
      throw new ValueError("count must be a positive integer (got 0)");
    }
    if (this.type !== SOCK_STREAM) {
      throw new ValueError("only SOCK_STREAM type sockets are supported");
    }
    if (this.timeout === 0) {
      throw new ValueError("non-blocking sockets are not supported");
    }
    const left = countdown(this.timeout);
    const position = new BigInt64Array([BigInt(start)]);
    const fd = this.fileno();
    let sent = 0;
    while (sent < most) {
      const size = BigInt(Math.min(most - sent, SENDFILE_CHUNK));
      const moved = socket_call(
        "sendfile",
        fd,
        POLLOUT,
        left(),
        () => libc.sendfile(fd, in_fd, position, size),
        true,
      );
      if (moved === 0) break;
      sent += moved;
    }
    return sent;
  }
}

/** A time-out for several calls: returns what is left of it before each. */
function countdown(timeout: number | null): () => number | null {
  if (timeout === null || timeout === 0) return () => timeout;
  const deadline = now() + timeout * 1000;
  return () => {
    const left = (deadline - now()) / 1000;
    if (left <= 0) throw new TimeoutError("timed out");
    return left;
  };
}

// Apart from send(), which so needs no closure while nothing fails.
function send_again(
  error: number,
  fd: number,
  timeout: number | null,
  data: Uint8Array<ArrayBuffer>,
  length: bigint,
  flags: number,
): number {
  const call = () => libc.sendto(fd, data, length, flags, null, 0);
  return call_again("send", error, fd, POLLOUT, timeout, call);
}

function check_offset(value: unknown, name: string): number {
  const number = whole(value, name);
  if (number < 0) {
    throw new ValueError(`${name} must not be negative: ${shown(number)}`);
  }
  if (number > Number.MAX_SAFE_INTEGER) {
    throw new OverflowError(`${name} is too large: ${number}`);
  }
  return number;
}
