import { close_fd } from "../../ffi/descriptor.ts";
import { type BytesLike, int, iterable, whole } from "../arguments.ts";
import type { Address, AddressLike } from "./address_types.ts";
import { CMSG_LEN } from "./ancillary.ts";
import { SCM_RIGHTS, SOL_SOCKET } from "./constants/mod.ts";
import type { Socket } from "./socket.ts";

// <linux/socket.h>: the descriptor of the process that sent the message.
const SCM_PIDFD = 4;

/**
 * Sends descriptors over an AF_UNIX socket: Python's `socket.send_fds`, unix(7).
 *
 * @param sock The socket.
 * @param buffers Bytes to go with them: of a stream at least one.
 * @param fds The descriptors, at most 253. They stay open here, the caller's to close.
 * @param flags MSG_DONTWAIT and so on, by `|`.
 * @param address Where to; `null` for a connected socket.
 * @returns How many bytes went.
 * @throws {TypeError} If a descriptor is no integer.
 * @throws {OSError} EBADF if one is not open, EINVAL if there are too many; or as
 * `sendmsg` does.
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
  flags = 0,
  address: AddressLike | null = null,
): number {
  const numbers = [...iterable(fds, "fds")].map((fd) => int(fd, "fd"));
  const rights = new Int32Array(numbers);
  return sock.sendmsg(
    buffers,
    [[SOL_SOCKET, SCM_RIGHTS, rights]],
    flags,
    address,
  );
}

/**
 * Receives descriptors over an AF_UNIX socket: Python's `socket.recv_fds`, unix(7).
 *
 * @param sock The socket.
 * @param bufsize The most bytes to receive.
 * @param maxfds The most descriptors to receive; more are closed, and MSG_CTRUNC says so.
 * @param flags MSG_PEEK and so on, by `|`.
 * @returns The bytes, the descriptors (closed on exec, and the caller's to close), the
 * message's flags, and the sender's address.
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
  flags = 0,
): [
  msg: Uint8Array<ArrayBuffer>,
  fds: number[],
  flags: number,
  address: Address,
] {
  const room = CMSG_LEN(4 * whole(maxfds, "maxfds"));
  const [msg, ancdata, msg_flags, address] = sock.recvmsg(bufsize, room, flags);
  const of_type = (wanted: number) =>
    ancdata
      .filter(([level, type]) => level === SOL_SOCKET && type === wanted)
      .flatMap(([, , data]) => [
        ...new Int32Array(data.buffer, data.byteOffset, data.length >> 2),
      ]);
  // With SO_PASSPIDFD each message brings one more, which the result has no place for.
  of_type(SCM_PIDFD).forEach(close_fd);
  return [msg, of_type(SCM_RIGHTS), msg_flags, address];
}
