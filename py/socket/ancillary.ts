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
import { check_message } from "./lasting.ts";

/** Ancillary messages as {@linkcode Socket.recvmsg} returns them. */
export type AncillaryData = Array<
  [level: number, type: number, data: Uint8Array<ArrayBuffer>]
>;

/** Ancillary messages as {@linkcode Socket.sendmsg} takes them. */
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
