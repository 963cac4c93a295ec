import { close_fd } from "../../ffi/descriptor.ts";
import {
  type BytesLike,
  int,
  iterable,
  type Keywords,
  keywords,
  options_of,
  whole,
} from "../arguments.ts";
import type { WaitOptions } from "../pending.ts";
import type { Address, AddressLike } from "./address.ts";
import { CMSG_LEN } from "./message.ts";
import { SCM_RIGHTS, SOL_SOCKET } from "./constants.ts";
import type { Socket } from "./socket.ts";

// <linux/socket.h>: a pidfd of the sender.
const SCM_PIDFD = 4;

const SEND = ["flags", "address"];
const RECEIVE = ["flags"];

/** The keywords of {@linkcode send_fds}. */
export interface SendFdsOptions {
  /** MSG_DONTWAIT and so on, joined by `|`. */
  readonly flags?: number | undefined;
  /** The destination; `null`, the default, for a connected socket. */
  readonly address?: AddressLike | null | undefined;
}

/** The keywords of {@linkcode recv_fds}. */
export interface RecvFdsOptions {
  /** MSG_PEEK and so on, joined by `|`. */
  readonly flags?: number | undefined;
}

type SendTo = [flags?: number, address?: AddressLike | null];

/**
 * Sends descriptors over an AF_UNIX socket: Python's `socket.send_fds`, unix(7).
 *
 * @param sock The socket.
 * @param buffers The bytes to send with them; a stream needs at least one.
 * @param fds The descriptors, at most 253. They stay open; the caller closes them.
 * @param options `flags`: MSG_DONTWAIT and so on, joined by `|`; `address`: the destination,
 * `null` for a connected socket.
 * @returns The number of bytes sent.
 * @throws {TypeError} If a descriptor is not an integer.
 * @throws {OSError} EBADF if one is not open, EINVAL if there are too many, or as `sendmsg` does.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * using sock = socket.socket();
 * socket.send_fds(a, [new Uint8Array([1])], [sock.fileno()]);
 * const [, [fd]] = socket.recv_fds(b, 16, 1);
 * using received = socket.socket(-1, -1, -1, fd);
 * assertEquals(received.family, socket.AF_INET);
 * a.close();
 * b.close();
 * ```
 */
export function send_fds(
  sock: Pick<Socket, "sendmsg">,
  buffers: Iterable<BytesLike>,
  fds: Iterable<number>,
  ...options: Keywords<
    [flags: number, address: AddressLike | null],
    SendFdsOptions
  >
): number {
  const [flags, address] = keywords("send_fds", options, SEND) as SendTo;
  return sock.sendmsg(buffers, rights_of(fds), flags, address);
}

/**
 * Sends descriptors as {@linkcode send_fds} does, without stopping the event loop.
 *
 * @param sock The socket.
 * @param buffers The bytes to send with them; a stream needs at least one.
 * @param fds The descriptors. They stay open; the caller closes them, but not before they are sent.
 * @param options As for `send_fds`; and `signal`, to end the wait before any byte is sent.
 * @returns The number of bytes sent.
 * @throws As `send_fds`, but never `BlockingIOError`; the signal's reason once it aborts.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 *
 * const [a, b] = socket.socketpair();
 * using sock = socket.socket();
 * await socket.send_fdsAsync(a, [new Uint8Array([1])], [sock.fileno()]);
 * const [, [fd]] = await socket.recv_fdsAsync(b, 16, 1);
 * socket.close(fd!);
 * a.close();
 * b.close();
 * ```
 */
export async function send_fdsAsync(
  sock: Pick<Socket, "sendmsgAsync">,
  buffers: Iterable<BytesLike>,
  fds: Iterable<number>,
  ...options: Keywords<
    [flags: number, address: AddressLike | null],
    SendFdsOptions & WaitOptions
  >
): Promise<number> {
  const sorted = keywords("send_fdsAsync", options, SEND, ["signal"]);
  const [flags, address] = sorted as SendTo;
  const ancdata = rights_of(fds);
  const wait = options_of(options);
  return await sock.sendmsgAsync(buffers, ancdata, flags, address, wait);
}

function rights_of(
  fds: Iterable<number>,
): [level: number, type: number, data: Int32Array<ArrayBuffer>][] {
  const numbers = [...iterable(fds, "fds")].map((fd) => int(fd, "fd"));
  return [[SOL_SOCKET, SCM_RIGHTS, new Int32Array(numbers)]];
}

/**
 * Receives descriptors over an AF_UNIX socket: Python's `socket.recv_fds`, unix(7).
 *
 * @param sock The socket.
 * @param bufsize The most bytes to receive.
 * @param maxfds The most descriptors to receive; the kernel closes the rest, and sets MSG_CTRUNC.
 * @param options `flags`: MSG_PEEK and so on, joined by `|`.
 * @returns The bytes, the descriptors (closed on exec; the caller closes them), the message's
 * flags, and the sender's address.
 * @throws {OverflowError} If `maxfds` is negative or too large.
 * @throws {ValueError} If `bufsize` is negative.
 * @throws {OSError} As `recvmsg` does.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * a.send(new TextEncoder().encode("no descriptors"));
 * const [msg, fds] = socket.recv_fds(b, 2, 8);
 * assertEquals([new TextDecoder().decode(msg), fds], ["no", []]);
 * a.close();
 * b.close();
 * ```
 */
export function recv_fds(
  sock: Pick<Socket, "recvmsg">,
  bufsize: number,
  maxfds: number,
  ...options: Keywords<[flags: number], RecvFdsOptions>
): [
  msg: Uint8Array<ArrayBuffer>,
  fds: number[],
  flags: number,
  address: Address,
] {
  const room = CMSG_LEN(4 * whole(maxfds, "maxfds"));
  const [flags] = keywords("recv_fds", options, RECEIVE) as [number?];
  return with_fds(sock.recvmsg(bufsize, room, flags));
}

/**
 * Receives descriptors as {@linkcode recv_fds} does, without stopping the event loop.
 *
 * @param sock The socket.
 * @param bufsize The most bytes to receive.
 * @param maxfds The most descriptors to receive; the kernel closes the rest, and sets MSG_CTRUNC.
 * @param options As for `recv_fds`; and `signal`, to end the wait before any byte is received.
 * @returns The result, as from `recv_fds`.
 * @throws As `recv_fds`, but never `BlockingIOError`; the signal's reason once it aborts.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * setTimeout(() => a.send(new TextEncoder().encode("none")), 10);
 * const [msg, fds] = await socket.recv_fdsAsync(b, 16, 8);
 * assertEquals([new TextDecoder().decode(msg), fds], ["none", []]);
 * a.close();
 * b.close();
 * ```
 */
export async function recv_fdsAsync(
  sock: Pick<Socket, "recvmsgAsync">,
  bufsize: number,
  maxfds: number,
  ...options: Keywords<[flags: number], RecvFdsOptions & WaitOptions>
): Promise<
  [
    msg: Uint8Array<ArrayBuffer>,
    fds: number[],
    flags: number,
    address: Address,
  ]
> {
  const room = CMSG_LEN(4 * whole(maxfds, "maxfds"));
  const sorted = keywords("recv_fdsAsync", options, RECEIVE, ["signal"]);
  const [flags] = sorted as [number?];
  const wait = options_of(options);
  return with_fds(await sock.recvmsgAsync(bufsize, room, flags, wait));
}

function with_fds(
  [msg, ancdata, msg_flags, address]: ReturnType<Socket["recvmsg"]>,
): [
  msg: Uint8Array<ArrayBuffer>,
  fds: number[],
  flags: number,
  address: Address,
] {
  const of_type = (wanted: number) =>
    ancdata
      .filter(([level, type]) => level === SOL_SOCKET && type === wanted)
      .flatMap(([, , data]) => [
        ...new Int32Array(data.buffer, data.byteOffset, data.length >> 2),
      ]);
  // SO_PASSPIDFD adds one to each message, which the result has no place for.
  of_type(SCM_PIDFD).forEach(close_fd);
  return [msg, of_type(SCM_RIGHTS), msg_flags, address];
}
