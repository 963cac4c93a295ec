import {
  type Cmsg,
  cmsg_len,
  cmsg_space,
  cmsgs_write,
} from "../../ffi/msghdr.ts";
import {
  type BytesLike,
  int,
  INT_MAX,
  iterable,
  own_view,
  whole,
} from "../arguments.ts";
import { OSError, OverflowError } from "../exceptions.ts";
import type { Address, AddressLike } from "./address_types.ts";
import { SCM_RIGHTS, SOL_SOCKET } from "./constants/mod.ts";
import type { Message } from "./message.ts";

/** Ancillary messages as {@linkcode Message.recvmsg} returns them. */
export type AncillaryData = Array<
  [level: number, type: number, data: Uint8Array<ArrayBuffer>]
>;

/** Ancillary messages as {@linkcode Message.sendmsg} takes them. */
export type AncillaryDataLike = Iterable<
  readonly [level: number, type: number, data: BytesLike]
>;

/**
 * How long an ancillary message with so much data is, without the padding behind it:
 * Python's `socket.CMSG_LEN`, cmsg(3).
 *
 * @param length Bytes of data.
 * @returns Bytes: room to receive one message, and nothing behind it.
 * @throws {OverflowError} If `length` is negative, or the result above 2^31 - 1.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(socket.CMSG_LEN(4), 20);
 * ```
 */
export function CMSG_LEN(length: number): number {
  const size = whole(length, "length");
  if (size < 0 || size > INT_MAX - cmsg_len(0)) {
    throw new OverflowError("CMSG_LEN() argument out of range");
  }
  return cmsg_len(size);
}

/**
 * How much room an ancillary message with so much data takes: Python's
 * `socket.CMSG_SPACE`, cmsg(3).
 *
 * @param length Bytes of data.
 * @returns Bytes, padding included: add them up to receive several messages.
 * @throws {OverflowError} If `length` is negative, or the result above 2^31 - 1.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(socket.CMSG_SPACE(4), 24);
 * ```
 */
export function CMSG_SPACE(length: number): number {
  const size = whole(length, "length");
  if (size < 0 || size > INT_MAX - cmsg_space(1)) {
    throw new OverflowError("CMSG_SPACE() argument out of range");
  }
  return cmsg_space(size);
}

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
  sock: Pick<Message, "sendmsg">,
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
  sock: Pick<Message, "recvmsg">,
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
  const fds = ancdata
    .filter(([level, type]) => level === SOL_SOCKET && type === SCM_RIGHTS)
    .flatMap(([, , data]) => [
      ...new Int32Array(data.buffer, data.byteOffset, data.length >> 2),
    ]);
  return [msg, fds, msg_flags, address];
}

/** The bytes of ancillary messages; `null` if there are none. */
export function control_of(
  ancdata: AncillaryDataLike,
): Uint8Array<ArrayBuffer> | null {
  const messages: Cmsg[] = [];
  let size = 0;
  for (const item of iterable(ancdata, "sendmsg() argument 2")) {
    if (!Array.isArray(item) || item.length !== 3) {
      throw new TypeError(
        "sendmsg() ancillary data items must be [level, type, data]",
      );
    }
    const level = int(item[0], "level"), type = int(item[1], "type");
    const data = own_view(item[2], "data");
    if (data.length > INT_MAX - cmsg_space(1)) {
      throw new OSError("ancillary data item too large");
    }
    size += cmsg_space(data.length);
    if (size > INT_MAX) throw new OSError("too much ancillary data");
    messages.push([level, type, data]);
  }
  return messages.length === 0 ? null : cmsgs_write(messages);
}
