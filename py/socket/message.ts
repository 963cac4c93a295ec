import { libc } from "../../ffi/libc.ts";
import {
  af_alg_iv,
  cmsgs_read,
  msghdr_controllen,
  msghdr_flags,
  msghdr_namelen,
  with_msghdr,
} from "../../ffi/msghdr.ts";
import { SOCKADDR_STORAGE_SIZE } from "../../ffi/sockaddr.ts";
import { socket_call } from "../../ffi/syscall.ts";
import {
  bytes,
  type BytesLike,
  int,
  INT_MAX,
  iterable,
  own_view,
  whole,
} from "../arguments.ts";
import { OSError, ValueError } from "../exceptions.ts";
import { POLLIN, POLLOUT } from "../select/constants.ts";
import {
  type Address,
  type AddressLike,
  from_sockaddr,
  to_sockaddr,
} from "./address.ts";
import {
  type AncillaryData,
  type AncillaryDataLike,
  control_of,
} from "./ancillary.ts";
import {
  AF_ALG,
  AF_CAN,
  AF_PACKET,
  ALG_SET_AEAD_ASSOCLEN,
  ALG_SET_IV,
  ALG_SET_OP,
  MSG_CMSG_CLOEXEC,
  MSG_NOSIGNAL,
  MSG_TRUNC,
  SOL_ALG,
} from "./constants/mod.ts";
import { check_net } from "./permission.ts";
import { check_size } from "./receive.ts";
import { landing_for, taken } from "./received.ts";
import { Sender } from "./send.ts";
import { dontwait } from "./timeout.ts";

/** What {@linkcode Message.sendmsg_afalg} asks of the kernel's ciphers. */
export interface AlgOptions {
  /** `ALG_OP_ENCRYPT` or `ALG_OP_DECRYPT`. */
  readonly op: number;
  /** The initialisation vector. */
  readonly iv?: BytesLike;
  /** How many bytes at the start are authenticated only. */
  readonly assoclen?: number;
  /** `MSG_MORE`, if more of the message is to come. */
  readonly flags?: number;
}

const sockaddr = new Uint8Array(SOCKADDR_STORAGE_SIZE);

/** How a socket moves messages with ancillary data; a base of {@linkcode Socket}. */
export abstract class Message extends Sender {
  /**
   * Sends bytes gathered from several buffers, and ancillary data: sendmsg(2).
   *
   * @param buffers What to send, one behind the other; at most 1024.
   * @param ancdata Ancillary messages: level, type and data, such as
   * `[SOL_SOCKET, SCM_RIGHTS, fds]`.
   * @param flags MSG_OOB, MSG_DONTWAIT and so on, by `|`.
   * @param address Where to; `null` for a connected socket.
   * @returns How many bytes went; ancillary data goes with the first of them.
   * @throws {BlockingIOError} If none would go and the socket is non-blocking.
   * @throws {TimeoutError} If none went in time.
   * @throws {BrokenPipeError} If the peer has stopped reading, or writing was shut down.
   * @throws {Deno.errors.NotCapable} If `--deny-net` refuses the address.
   * @throws {TypeError} If an argument is not iterable, or what it has is no buffer.
   * @throws {OSError} EMSGSIZE if there are too many buffers or a datagram is too long,
   * EINVAL or ENOBUFS of ancillary data that makes no sense or is too much, EBADF.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * const encoder = new TextEncoder();
   * assertEquals(a.sendmsg([encoder.encode("head "), encoder.encode("body")]), 9);
   * assertEquals(b.recv(64), encoder.encode("head body"));
   * a.close();
   * b.close();
   * ```
   */
  sendmsg(
    buffers: Iterable<BytesLike>,
    ancdata: AncillaryDataLike = [],
    flags = 0,
    address: AddressLike | null = null,
  ): number {
    const to = address === null ? null : to_sockaddr(this, address, "sendmsg");
    if (to !== null) check_net(to.host, to.bytes, true);
    const options = int(flags, "flags") | MSG_NOSIGNAL |
      dontwait(this.timeout);
    const parts = views_of(buffers, "sendmsg() argument 1");
    const control = control_of(ancdata);
    const fd = this.fileno(), timeout = this.timeout;
    return with_msghdr(
      to?.bytes ?? null,
      parts,
      control,
      (msghdr) =>
        socket_call(
          "sendmsg",
          fd,
          POLLOUT,
          timeout,
          () => libc.sendmsg(fd, msghdr, options),
        ),
    );
  }

  /**
   * Receives bytes and ancillary data: recvmsg(2). Descriptors that come along are
   * closed on exec, and the caller's to close.
   *
   * @param bufsize The most bytes to receive.
   * @param ancbufsize Room for ancillary data: {@linkcode CMSG_SPACE} for each message;
   * 0 for none.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, by `|`.
   * @returns The bytes, as `recv` does; the ancillary messages, the last perhaps cut off;
   * flags such as MSG_TRUNC and MSG_CTRUNC; the sender's address, `null` where none is told.
   * @throws {ValueError} If a size is negative, or `ancbufsize` too large.
   * @throws {BlockingIOError} If there is nothing and the socket is non-blocking.
   * @throws {TimeoutError} If nothing came in time.
   * @throws {OSError} EBADF if the socket is closed, ENOTCONN if it was never connected.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * b.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1);
   * a.send(new Uint8Array([42]));
   * const [data, ancdata] = b.recvmsg(16, socket.CMSG_SPACE(12));
   * assertEquals(data, new Uint8Array([42]));
   * const [[level, type, credentials]] = ancdata as [[number, number, Uint8Array]];
   * assertEquals([level, type], [socket.SOL_SOCKET, socket.SCM_CREDENTIALS]);
   * assertEquals(socket.ucred(credentials).pid, Deno.pid);
   * a.close();
   * b.close();
   * ```
   */
  recvmsg(bufsize: number, ancbufsize = 0, flags = 0): [
    data: Uint8Array<ArrayBuffer>,
    ancdata: AncillaryData,
    msg_flags: number,
    address: Address,
  ] {
    if (whole(bufsize, "bufsize") < 0) {
      throw new ValueError("negative buffer size in recvmsg()");
    }
    const size = check_size(bufsize, "bufsize");
    const options = int(flags, "flags");
    const buffer = landing_for(size, (options & MSG_TRUNC) !== 0);
    const length = Math.min(size, buffer.length);
    const into = buffer.subarray(0, length);
    const [received, ...rest] = recvmsg(this, [into], ancbufsize, options);
    return [taken(buffer, Math.min(received, length)), ...rest];
  }

  /**
   * Receives bytes into several buffers, and ancillary data: recvmsg(2).
   *
   * @param buffers Where to put the bytes: each is filled before the next; at most 1024.
   * @param ancbufsize Room for ancillary data: {@linkcode CMSG_SPACE} for each message.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, by `|`.
   * @returns How many bytes came, and the rest as {@linkcode recvmsg} does.
   * @throws {TypeError} If it is not iterable, or what it has is no buffer.
   * @throws {OSError} EMSGSIZE if there are too many buffers, or as `recvmsg` does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * a.send(new Uint8Array([1, 2, 3]));
   * const head = new Uint8Array(1), body = new Uint8Array(8);
   * assertEquals(b.recvmsg_into([head, body]), [3, [], 0, null]);
   * assertEquals([head[0], body[0], body[1]], [1, 2, 3]);
   * a.close();
   * b.close();
   * ```
   */
  recvmsg_into(buffers: Iterable<BytesLike>, ancbufsize = 0, flags = 0): [
    nbytes: number,
    ancdata: AncillaryData,
    msg_flags: number,
    address: Address,
  ] {
    const options = int(flags, "flags");
    const parts = views_of(buffers, "recvmsg_into() argument 1");
    return recvmsg(this, parts, ancbufsize, options);
  }

  /**
   * Sends data to a cipher of the kernel's, with what to do to it: sendmsg(2), AF_ALG.
   *
   * @param msg What to send, as `sendmsg` takes it.
   * @param options The operation, and what it needs.
   * @returns How many bytes went.
   * @throws {TypeError} If `op` is missing or negative, or `assoclen` negative.
   * @throws {OSError} If the socket's family is not AF_ALG, or as `sendmsg` does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertThrows } from "@std/assert";
   *
   * using sock = socket.socket();
   * const options = { op: socket.ALG_OP_ENCRYPT };
   * assertThrows(() => sock.sendmsg_afalg([], options), Error, "AF_ALG");
   * ```
   */
  sendmsg_afalg(
    msg: Iterable<BytesLike> | undefined,
    options: AlgOptions,
  ): number {
    if (this.family !== AF_ALG) {
      throw new OSError("algset is only supported for AF_ALG");
    }
    const { op = -1, iv, assoclen, flags = 0 } = options ?? {};
    if (int(op, "op") < 0) {
      throw new TypeError("Invalid or missing argument 'op'");
    }
    const ancdata: [number, number, BytesLike][] = [
      [SOL_ALG, ALG_SET_OP, new Uint32Array([op])],
    ];
    if (iv !== undefined) {
      ancdata.push([SOL_ALG, ALG_SET_IV, af_alg_iv(own_view(iv, "iv"))]);
    }
    if (assoclen !== undefined) {
      if (int(assoclen, "assoclen") < 0) {
        throw new TypeError("assoclen must be positive");
      }
      const length = new Uint32Array([assoclen]);
      ancdata.push([SOL_ALG, ALG_SET_AEAD_ASSOCLEN, length]);
    }
    return this.sendmsg(msg ?? [], ancdata, flags);
  }
}

function recvmsg(
  socket: Message,
  parts: readonly Uint8Array<ArrayBuffer>[],
  ancbufsize: number,
  flags: number,
): [number, AncillaryData, number, Address] {
  const room = whole(ancbufsize, "ancbufsize");
  if (room < 0 || room > INT_MAX) {
    throw new ValueError("invalid ancillary data buffer length");
  }
  const control = room === 0 ? null : new Uint8Array(room);
  const fd = socket.fileno(), timeout = socket.timeout;
  // These two refuse flags that they do not know, and pass no descriptors on.
  const strict = socket.family === AF_PACKET || socket.family === AF_CAN;
  const cloexec = strict ? 0 : MSG_CMSG_CLOEXEC;
  let namelen = 0, controllen = 0, msg_flags = 0;
  const received = with_msghdr(sockaddr, parts, control, (msghdr, reset) => {
    const count = socket_call("recvmsg", fd, POLLIN, timeout, () => {
      reset();
      return libc.recvmsg(fd, msghdr, flags | cloexec | dontwait(timeout));
    });
    namelen = msghdr_namelen(msghdr);
    controllen = msghdr_controllen(msghdr);
    // The kernel gives our own flag back.
    msg_flags = msghdr_flags(msghdr) & ~(cloexec & ~flags);
    return count;
  });
  const ancdata = control === null ? [] : cmsgs_read(control, controllen);
  return [
    received,
    ancdata,
    msg_flags,
    from_sockaddr(sockaddr, namelen, socket),
  ];
}

function views_of(value: unknown, argument: string): Uint8Array<ArrayBuffer>[] {
  // An empty string has no items that could be refused.
  if (typeof value === "string") bytes(value, argument);
  const items = [...iterable(value, argument)];
  return items.map((item) => own_view(item, `${argument}: an item`));
}
