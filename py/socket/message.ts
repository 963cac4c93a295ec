/**
 * sendmsg(2) and recvmsg(2), and their ancillary messages.
 *
 * @module
 */

import { errno, libc } from "../../ffi/libc.ts";
import { landing_for, taken } from "../../ffi/memory.ts";
import {
  af_alg_iv,
  type Cmsg,
  cmsg_len,
  cmsg_space,
  cmsgs_read,
  cmsgs_write,
  msghdr_controllen,
  msghdr_flags,
  msghdr_namelen,
  with_msghdr,
} from "../../ffi/msghdr.ts";
import { addr, addrlen } from "../../ffi/sockaddr.ts";
import { again, NONE } from "../../ffi/syscall.ts";
import {
  type BytesLike,
  int,
  INT_MAX,
  iterable,
  own_view,
  ssize,
  whole,
} from "../arguments.ts";
import { OSError, OverflowError, ValueError } from "../exceptions.ts";
import { POLLIN, POLLOUT } from "../select.ts";
import { type Address, written_address } from "./address.ts";
import {
  AF_CAN,
  AF_PACKET,
  ALG_SET_AEAD_ASSOCLEN,
  ALG_SET_IV,
  ALG_SET_OP,
  MSG_CMSG_CLOEXEC,
  MSG_TRUNC,
  SOL_ALG,
} from "./constants.ts";
import { type Handle, receiving } from "./handle.ts";
import { check_size } from "./receive.ts";
import { check_message, sending } from "./refusals.ts";

/** Ancillary messages as {@linkcode Socket.recvmsg} returns them. */
export type AncillaryData = Array<
  [level: number, type: number, data: Uint8Array<ArrayBuffer>]
>;

/** Ancillary messages as {@linkcode Socket.sendmsg} takes them. */
export type AncillaryDataLike = Iterable<
  readonly [level: number, type: number, data: BytesLike]
>;

/**
 * Returns the length of an ancillary message without padding: Python's `socket.CMSG_LEN`, cmsg(3).
 *
 * @param length Bytes of data.
 * @returns Bytes: the room to receive exactly one message.
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
    throw new OverflowError(`CMSG_LEN() argument out of range: ${size}`);
  }
  return cmsg_len(size);
}

/**
 * Returns the room for an ancillary message with padding: Python's `socket.CMSG_SPACE`, cmsg(3).
 *
 * @param length Bytes of data.
 * @returns Bytes; the sum is the room for several messages.
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
    throw new OverflowError(`CMSG_SPACE() argument out of range: ${size}`);
  }
  return cmsg_space(size);
}

/** Returns the bytes of ancillary messages; `null` if there are none. */
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
    check_message(level, type);
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

/** The options of {@linkcode Socket.sendmsg_afalg}. */
export interface AlgOptions {
  /** `ALG_OP_ENCRYPT` or `ALG_OP_DECRYPT`. */
  readonly op: number;
  /** The initialisation vector. */
  readonly iv?: BytesLike;
  /** The number of bytes at the start that are only authenticated. */
  readonly assoclen?: number;
  /** `MSG_MORE`, if more of the message follows. */
  readonly flags?: number;
}

/**
 * Sends a message: sendmsg(2).
 *
 * @param parts The bytes, gathered in order.
 * @param control The ancillary messages; `null` for none.
 * @param address The destination; `null` for a connected socket.
 */
export function sendmsg(
  { fd, timeout }: Handle,
  parts: readonly Uint8Array<ArrayBuffer>[],
  control: Uint8Array<ArrayBuffer> | null,
  flags: number,
  address: Uint8Array<ArrayBuffer> | null,
): number {
  const options = sending(flags, timeout);
  return with_msghdr(address, parts, control, (msghdr) => {
    for (let deadline = NONE;;) {
      const sent = libc.sendmsg(fd, msghdr, options);
      if (sent !== -1) return sent;
      deadline = again("sendmsg", errno(), fd, POLLOUT, timeout, deadline);
    }
  });
}

/** A received message: its bytes or their number, and the rest. */
type Message<Data, A extends Address> = [
  data: Data,
  ancdata: AncillaryData,
  msg_flags: number,
  address: A,
];

/**
 * Receives by recvmsg(2) into views, one after another.
 *
 * @param ancbufsize Room for ancillary messages.
 */
export function recvmsg_into<A extends Address>(
  handle: Handle,
  parts: readonly Uint8Array<ArrayBuffer>[],
  ancbufsize: unknown,
  flags: number,
): Message<number, A> {
  const room = ssize(ancbufsize, "ancbufsize");
  if (room < 0 || room > INT_MAX) {
    throw new ValueError(`invalid ancillary data buffer length: ${room}`);
  }
  const control = room === 0 ? null : new Uint8Array(room);
  const { fd, timeout, kind: { family } } = handle;
  // These two refuse unknown flags, and carry no descriptors.
  const strict = family === AF_PACKET || family === AF_CAN;
  const cloexec = strict ? 0 : MSG_CMSG_CLOEXEC;
  const options = receiving(handle, flags) | cloexec;
  let controllen = 0, msg_flags = 0;
  const received = with_msghdr(addr.view, parts, control, (msghdr, reset) => {
    for (let deadline = NONE;;) {
      reset();
      const count = libc.recvmsg(fd, msghdr, options);
      if (count !== -1) {
        addrlen.view[0] = msghdr_namelen(msghdr);
        controllen = msghdr_controllen(msghdr);
        // The kernel returns the flag that was added above.
        msg_flags = msghdr_flags(msghdr) & ~(cloexec & ~flags);
        return count;
      }
      deadline = again("recvmsg", errno(), fd, POLLIN, timeout, deadline);
    }
  });
  const ancdata = control === null ? [] : cmsgs_read(control, controllen);
  return [received, ancdata, msg_flags, written_address(handle)];
}

/** Receives by recvmsg(2), and copies the bytes out of the buffer. */
export function recvmsg<A extends Address>(
  handle: Handle,
  bufsize: unknown,
  ancbufsize: unknown,
  flags: unknown,
): Message<Uint8Array<ArrayBuffer>, A> {
  const size = check_size(bufsize, "negative buffer size in recvmsg()");
  const options = int(flags, "flags");
  const buffer = landing_for(size, (options & MSG_TRUNC) !== 0);
  const length = Math.min(size, buffer.length);
  const into = buffer.subarray(0, length);
  const [received, ...rest] = recvmsg_into<A>(
    handle,
    [into],
    ancbufsize,
    options,
  );
  return [taken(buffer, Math.min(received, length)), ...rest];
}

/** Returns the ancillary messages for one of the kernel's ciphers. */
export function alg_ancdata(
  op: unknown = -1,
  iv: unknown,
  assoclen: unknown,
): [level: number, type: number, data: BytesLike][] {
  const operation = int(op, "op");
  if (operation < 0) {
    throw new TypeError("Invalid or missing argument 'op'");
  }
  const ancdata: [number, number, BytesLike][] = [
    [SOL_ALG, ALG_SET_OP, new Uint32Array([operation])],
  ];
  if (iv !== undefined) {
    ancdata.push([SOL_ALG, ALG_SET_IV, af_alg_iv(own_view(iv, "iv"))]);
  }
  if (assoclen !== undefined) {
    const length = int(assoclen, "assoclen");
    if (length < 0) throw new TypeError("assoclen must be positive");
    const data = new Uint32Array([length]);
    ancdata.push([SOL_ALG, ALG_SET_AEAD_ASSOCLEN, data]);
  }
  return ancdata;
}
