/**
 * `struct cmsghdr` of cmsg(3), the head of an ancillary message: `size_t cmsg_len;
 * int cmsg_level; int cmsg_type`, then the data, padded to 8 bytes. 64-bit Linux.
 *
 * @module
 */

/** Bytes in a `struct cmsghdr`. */
export const CMSGHDR_SIZE = 16;

/** An ancillary message. */
export type Cmsg = [
  level: number,
  type: number,
  data: Uint8Array<ArrayBuffer>,
];

/** A length with its padding: `CMSG_ALIGN`. Not by bits, which would end at 2^31. */
function aligned(length: number): number {
  return Math.ceil(length / 8) * 8;
}

/** What `cmsg_len` says of so many bytes of data: the head and the data, not the padding. */
export function cmsg_len(length: number): number {
  return CMSGHDR_SIZE + length;
}

/** How many bytes a message with so many bytes of data takes, with its padding. */
export function cmsg_space(length: number): number {
  return CMSGHDR_SIZE + aligned(length);
}

/** Writes messages one behind the other, the padding zero. */
export function cmsgs_write(
  messages: readonly Readonly<Cmsg>[],
): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const [, , data] of messages) size += cmsg_space(data.length);
  const control = new Uint8Array(size);
  const view = new DataView(control.buffer);
  let at = 0;
  for (const [level, type, data] of messages) {
    view.setBigUint64(at, BigInt(cmsg_len(data.length)), true);
    view.setInt32(at + 8, level, true);
    view.setInt32(at + 12, type, true);
    control.set(data, at + CMSGHDR_SIZE);
    at += cmsg_space(data.length);
  }
  return control;
}

/**
 * Reads messages.
 *
 * @param control What the kernel filled in.
 * @param controllen How many bytes of it.
 * @returns The messages, their data copied; of one that was cut off, what is there.
 */
export function cmsgs_read(control: Uint8Array, controllen: number): Cmsg[] {
  const view = new DataView(control.buffer, control.byteOffset);
  const end = Math.min(controllen, control.length);
  const messages: Cmsg[] = [];
  for (let at = 0; at + CMSGHDR_SIZE <= end;) {
    const length = Number(view.getBigUint64(at, true));
    // Not even its own head: nothing behind it can be found.
    if (length < CMSGHDR_SIZE) break;
    const data = control.slice(at + CMSGHDR_SIZE, Math.min(at + length, end));
    messages.push([
      view.getInt32(at + 8, true),
      view.getInt32(at + 12, true),
      data as Uint8Array<ArrayBuffer>,
    ]);
    at += aligned(length);
  }
  return messages;
}
