/**
 * send(2), sendto(2), sendfile(2), and the packets of raw sockets, which contain their destination.
 *
 * @module
 */

import { EAGAIN } from "../../ffi/errno.ts";
import { errno, libc } from "../../ffi/libc.ts";
import { identity, without_blocking } from "../../ffi/descriptor.ts";
import { BURST, gave_way, has_waiters } from "../../ffi/reactor.ts";
import { sockaddr_in, sockaddr_in6 } from "../../ffi/sockaddr.ts";
import {
  again,
  attempt,
  await_event,
  deadline_of,
  NONE,
  now,
  timed_out,
} from "../../ffi/syscall.ts";
import {
  bytes,
  bytes_from,
  type BytesLike,
  int,
  joined,
  length_of,
  shown,
  size_t,
} from "../arguments.ts";
import { OSError, ValueError } from "../exceptions.ts";
import {
  bad_descriptor,
  NOT_YET,
  pending,
  type WaitOptions,
} from "../pending.ts";
import { EPOLLOUT, POLLOUT } from "../select.ts";
import {
  AF_INET,
  AF_INET6,
  IP_HDRINCL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  MSG_DONTWAIT,
  SOCK_RAW,
  SOCK_STREAM,
} from "./constants.ts";
import { type Handle, SocketCall, until } from "./handle.ts";
import { getsockopt_int } from "./options.ts";
import { check_net, sending } from "./refusals.ts";

const IPV6_HDRINCL = 36;

// Offset and length of the destination in the headers.
const HEADERS = [
  { level: IPPROTO_IP, optname: IP_HDRINCL, at: 16, length: 4 },
  { level: IPPROTO_IPV6, optname: IPV6_HDRINCL, at: 24, length: 16 },
];

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Returns the bytes to send. If they have their own IP header, as on a raw socket with
 * IP_HDRINCL, checks its destination against `--deny-net`, and returns a copy.
 *
 * @throws {Deno.errors.NotCapable} If the destination is denied.
 */
export function packet(handle: Handle, data: Bytes): Bytes {
  return handle.kind.type === SOCK_RAW ? packets(handle, [data])[0]! : data;
}

/**
 * Checks as {@linkcode packet} does, for gathered views.
 *
 * @throws {Deno.errors.NotCapable} If the destination is denied.
 */
export function packets(
  { fd, kind: { type } }: Handle,
  parts: readonly Bytes[],
): readonly Bytes[] {
  if (type !== SOCK_RAW) return parts;
  const header = HEADERS.find(({ level, optname }) =>
    is_set(fd, level, optname)
  );
  if (header === undefined) return parts;
  // Copy first: another thread may share the memory, and change it after the check.
  const copy = joined(parts);
  const { at, length } = header;
  if (copy.length >= at + length) {
    const address = copy.slice(at, at + length);
    const sockaddr = length === 4
      ? sockaddr_in(AF_INET, address, 0)
      : sockaddr_in6(AF_INET6, address, 0, 0, 0);
    check_net("", sockaddr, true);
  }
  return [copy];
}

function is_set(fd: number, level: number, optname: number): boolean {
  try {
    return getsockopt_int(fd, level, optname) !== 0;
  } catch (error) {
    // The socket has another family.
    if (error instanceof OSError) return false;
    throw error;
  }
}

// The most bytes for one sendfile(2), so that the time-out is checked in between.
const SENDFILE_CHUNK = 0x40000000;

const SEEK_SET = 0;
// The most bytes of a stream for one send of a twin, which yields after a BURST.
const CHUNK = 0x40000;

const size_of = size_t();

/** Sends bytes: send(2). */
export function send(
  handle: Handle,
  data: Uint8Array<ArrayBuffer>,
  flags: number,
): number {
  const { fd, timeout } = handle;
  const options = sending(flags, timeout);
  const length = size_of(length_of(data));
  for (let deadline = NONE;;) {
    const sent = libc.sendto(fd, data, length, options, null, 0);
    if (sent !== -1) return sent;
    deadline = again("send", errno(), fd, POLLOUT, timeout, deadline);
  }
}

/** Sends all bytes: send(2) in a loop. The time-out covers the whole loop. */
export function sendall(
  handle: Handle,
  data: Uint8Array<ArrayBuffer>,
  flags: number,
): void {
  const { fd, timeout } = handle;
  const options = sending(flags, timeout);
  const length = length_of(data);
  let deadline = deadline_of((timeout ?? 0) * 1000);
  for (let sent = 0;;) {
    const rest = sent === 0 ? data : bytes_from(data, sent);
    const size = BigInt(length - sent);
    const more = libc.sendto(fd, rest, size, options, null, 0);
    if (more === -1) {
      deadline = again("send", errno(), fd, POLLOUT, timeout, deadline);
      continue;
    }
    sent += more;
    if (sent >= length) return;
    if (deadline !== NONE && now() >= deadline) throw timed_out("send");
  }
}

/** Sends to an address: sendto(2). */
export function sendto(
  handle: Handle,
  data: Uint8Array<ArrayBuffer>,
  flags: number,
  address: Uint8Array<ArrayBuffer>,
): number {
  const { fd, timeout } = handle;
  const options = sending(flags, timeout);
  const length = size_of(length_of(data));
  for (let deadline = NONE;;) {
    const sent = libc.sendto(
      fd,
      data,
      length,
      options,
      address,
      address.length,
    );
    if (sent !== -1) return sent;
    deadline = again("sendto", errno(), fd, POLLOUT, timeout, deadline);
  }
}

/**
 * Sends a file: sendfile(2) in a loop. The time-out covers the whole loop. In any case the file's
 * position ends after the last byte sent, as Python's manual promises.
 *
 * @param in_fd The file's descriptor.
 * @param offset The start in the file, in bytes.
 * @param most The most bytes to send.
 * @returns The number of bytes sent.
 */
export function sendfile(
  handle: Handle,
  in_fd: number,
  offset: number,
  most: number,
): number {
  const { fd, timeout } = handle;
  const position = new BigInt64Array([BigInt(offset)]);
  let sent = 0, deadline = NONE;
  try {
    while (sent < most) {
      // sendfile(2) has no MSG_DONTWAIT, and a duplicate may have made the socket blocking.
      if (timeout !== null) {
        deadline = await_event("sendfile", fd, POLLOUT, timeout, deadline);
      }
      const size = BigInt(Math.min(most - sent, SENDFILE_CHUNK));
      const moved = libc.sendfile(fd, in_fd, position, size);
      if (moved === 0) break;
      if (moved > 0) sent += moved;
      else {
        deadline = again("sendfile", errno(), fd, POLLOUT, timeout, deadline);
      }
    }
  } finally {
    if (sent > 0) libc.lseek(in_fd, position[0]!, SEEK_SET);
  }
  return sent;
}

/** Works as {@linkcode sendall}, without stopping the event loop. */
export function sendall_async(
  handle: Handle,
  data: BytesLike,
  flags: number,
  options: WaitOptions | undefined,
): Promise<void> {
  // A message goes whole, or the peer would receive two.
  const most = handle.kind.type === SOCK_STREAM ? CHUNK : Infinity;
  let length = -1;
  return until(handle, EPOLLOUT, (call) => {
    const dontwait = sending(int(flags, "flags"), null) | MSG_DONTWAIT;
    const from = packet(handle, bytes(data, "data"));
    if (length === -1) length = length_of(from);
    for (let begun = NONE;;) {
      if (length_of(from) < length) {
        throw new ValueError("data shrank while it was sent");
      }
      const sent = call.moved;
      const rest = sent === 0 ? from : bytes_from(from, sent);
      const left = size_of(Math.min(length - sent, most));
      const more = libc.sendto(handle.fd, rest, left, dontwait, null, 0);
      if (more === -1) {
        const error = errno();
        if (error === EAGAIN) return NOT_YET;
        again("send", error);
        continue;
      }
      call.moved += more;
      if (call.moved >= length) return undefined;
      // Yield: a peer that reads as fast as this sends would starve the event loop.
      if (begun === NONE) begun = now();
      else if (now() - begun > BURST) return give_way(handle);
    }
  }, options);
}

/** Ends a try though the socket may take more: the call goes on in another turn. */
function give_way({ fd }: Handle): typeof NOT_YET {
  gave_way(fd);
  return NOT_YET;
}

/** The keywords of `sendfile()`. */
export interface SendfileOptions {
  /** The start in the file, in bytes; 0 by default. */
  readonly offset?: number | undefined;
  /** The number of bytes to send; `null`, the default, for all up to the end. */
  readonly count?: number | null | undefined;
}

/**
 * Works as {@linkcode sendfile}, without stopping the event loop.
 *
 * @param begin Checks the arguments, and returns the file's descriptor, the start, and the most
 * bytes.
 */
export function sendfile_async(
  handle: Handle,
  begin: () => [in_fd: number, offset: number, most: number],
  options: WaitOptions | undefined,
): Promise<number> {
  return pending(() => {
    const [in_fd, offset, most] = begin();
    // Asked for once the call has to wait: the program may close the file meanwhile. A duplicate
    // would keep it open, and take the program's locks with it when it is closed (F_SETLK).
    let file = has_waiters(handle.fd, EPOLLOUT) ? identity(in_fd) : "";
    return new SocketCall(handle, EPOLLOUT, (call) => {
      if (file !== "" && identity(in_fd) !== file) throw bad_descriptor();
      const position = new BigInt64Array([BigInt(offset + call.moved)]);
      const { fd } = handle, begun = now();
      const send = (size: bigint) =>
        attempt("sendfile", () => libc.sendfile(fd, in_fd, position, size));
      try {
        // sendfile(2) has no MSG_DONTWAIT.
        const result = without_blocking(fd, () => {
          for (let late = false; call.moved < most;) {
            const moved = send(BigInt(Math.min(most - call.moved, CHUNK)));
            if (moved === -1) return NOT_YET;
            if (moved === 0) break;
            call.moved += moved;
            // One more send after the burst: only a send shows that the file has ended, and a
            // call that has sent it must not time out. After `most` bytes none is needed.
            if (late && call.moved < most) return give_way(handle);
            late = now() - begun > BURST;
          }
          return call.moved;
        });
        if (result === NOT_YET) file ||= identity(in_fd);
        return result;
      } finally {
        if (call.moved > 0) libc.lseek(in_fd, position[0]!, SEEK_SET);
      }
    });
  }, options);
}

/** Checks the number of bytes to send; `null` means all. */
export function check_count(value: unknown): number {
  if (value === null) return Infinity;
  const wrong = `count must be a positive integer (got ${shown(value)})`;
  const count = typeof value === "boolean" ? Number(value) : value as number;
  if (!Number.isInteger(count)) throw new TypeError(wrong);
  if (count <= 0) throw new ValueError(wrong);
  return count;
}
