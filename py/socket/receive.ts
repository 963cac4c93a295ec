import { EAGAIN } from "../../ffi/errno.ts";
import { errno, libc } from "../../ffi/libc.ts";
import { landing, landing_for, may_land, taken } from "../../ffi/memory.ts";
import { reports } from "../../ffi/reactor.ts";
import { addr, addrlen, SOCKADDR_STORAGE_SIZE } from "../../ffi/sockaddr.ts";
import { again, NONE } from "../../ffi/syscall.ts";
import {
  bytes,
  type BytesLike,
  int,
  type Keywords,
  keywords,
  length_of,
  options_of,
  size_t,
  ssize,
} from "../arguments.ts";
import { OverflowError, ValueError } from "../exceptions.ts";
import { NOT_YET, type WaitOptions } from "../pending.ts";
import { EPOLLIN, POLLIN } from "../select.ts";
import { MSG_DONTWAIT, MSG_TRUNC } from "./constants.ts";
import { drains, type Handle, is_shut, receiving, until } from "./handle.ts";

const size_of = size_t();
const room_of = size_t();

/** Receives by recv(2) into the shared buffer, and copies the bytes out of it. */
export function recv(
  handle: Handle,
  size: number,
  flags: number,
): Uint8Array<ArrayBuffer> {
  // As in CPython: the kernel would wait, or discard a datagram and its descriptors.
  if (size === 0) return new Uint8Array(0);
  const clean = (flags & MSG_TRUNC) !== 0;
  if (!may_land(size, clean)) return recv_apart(handle, size, clean, flags);
  const { fd, timeout } = handle;
  const options = receiving(handle, flags);
  const count = size_of(size);
  // Not taken() within the loop: V8 makes a call of 64 bytes 0.2 us slower there.
  let received, deadline = NONE;
  while ((received = libc.recv(fd, landing.address, count, options)) === -1) {
    deadline = again("recv", errno(), fd, POLLIN, timeout, deadline);
  }
  return taken(landing.view, received);
}

/** Receives by recv(2) into a buffer of its own: for large sizes, or to hide older bytes. */
function recv_apart(
  handle: Handle,
  size: number,
  clean: boolean,
  flags: number,
): Uint8Array<ArrayBuffer> {
  const buffer = landing_for(size, clean);
  const length = Math.min(size, buffer.length);
  // With MSG_TRUNC the kernel returns the datagram's full length.
  const received = recv_into(handle, buffer, length, flags);
  return taken(buffer, Math.min(received, length));
}

/** Receives by recv(2) into the caller's buffer. */
export function recv_into(
  handle: Handle,
  buffer: Uint8Array<ArrayBuffer>,
  length: number,
  flags: number,
): number {
  if (length === 0) return 0;
  const { fd, timeout } = handle;
  const options = receiving(handle, flags);
  const count = room_of(length);
  for (let deadline = NONE;;) {
    const received = libc.recvfrom(fd, buffer, count, options, 0n, 0n);
    if (received !== -1) return received;
    deadline = again("recv", errno(), fd, POLLIN, timeout, deadline);
  }
}

/** Receives by recvfrom(2); leaves the address in `addr`. */
export function recvfrom_into(
  handle: Handle,
  buffer: Uint8Array<ArrayBuffer>,
  length: number,
  flags: number,
): number {
  const { fd, timeout } = handle;
  const options = receiving(handle, flags);
  const count = room_of(length);
  for (let deadline = NONE;;) {
    addrlen.view[0] = SOCKADDR_STORAGE_SIZE;
    const received = libc.recvfrom(
      fd,
      buffer,
      count,
      options,
      addr.address,
      addrlen.address,
    );
    if (received !== -1) return received;
    deadline = again("recvfrom", errno(), fd, POLLIN, timeout, deadline);
  }
}

/**
 * Receives by recvfrom(2), and copies the bytes out of the buffer; leaves the address in `addr`.
 */
export function recvfrom(
  handle: Handle,
  bufsize: unknown,
  flags: unknown,
): Uint8Array<ArrayBuffer> {
  const size = check_size(bufsize, "negative buffersize in recvfrom");
  const options = int(flags, "flags");
  const buffer = landing_for(size, (options & MSG_TRUNC) !== 0);
  const length = Math.min(size, buffer.length);
  const received = recvfrom_into(handle, buffer, length, options);
  return taken(buffer, Math.min(received, length));
}

/**
 * Works as {@linkcode recv}, without stopping the event loop.
 *
 * @param take Copies the bytes out of the buffer.
 */
export function recv_async(
  handle: Handle,
  bufsize: number,
  flags: number,
  options: WaitOptions | undefined,
  take = taken,
): Promise<Uint8Array<ArrayBuffer>> {
  return until(handle, EPOLLIN, (call) => {
    const size = check_size(bufsize, "negative buffersize in recv");
    const dontwait = receiving(handle, int(flags, "flags")) | MSG_DONTWAIT;
    if (size === 0) return new Uint8Array(0);
    if (is_drained(handle, call.waiting)) return NOT_YET;
    const buffer = landing_for(size, (dontwait & MSG_TRUNC) !== 0);
    const length = Math.min(size, buffer.length);
    const received = try_recv(handle, buffer, length, dontwait);
    if (received === -1) return is_shut(handle) ? new Uint8Array() : NOT_YET;
    call.moved = Math.min(received, length);
    return take(buffer, call.moved);
  }, options);
}

/** Returns whether a try would block: see `Handle.drained`, which holds for one call. */
function is_drained(handle: Handle, waiting: boolean): boolean {
  const { drained, fd } = handle;
  handle.drained = -1;
  // A call that is already waiting tries anyway: its time-out may have expired.
  return drained !== -1 && !waiting && drained === reports(fd);
}

/** Tries recv(2), and notes in `Handle.drained` if it has emptied the queue; -1: it would block. */
function try_recv(
  handle: Handle,
  buffer: Uint8Array<ArrayBuffer>,
  length: number,
  flags: number,
): number {
  const { fd } = handle, count = room_of(length);
  // Not attempt(): with its closures, here and in sendall_async(), an echo allocates 1,760 bytes
  // instead of 1,490.
  let received;
  while (
    (received = libc.recvfrom(fd, buffer, count, flags, 0n, 0n)) === -1
  ) {
    const error = errno();
    if (error === EAGAIN) return -1;
    again("recv", error);
  }
  // Only without flags: peeked bytes remain.
  if (
    received > 0 && received < length && flags === MSG_DONTWAIT &&
    drains(handle)
  ) handle.drained = reports(fd);
  return received;
}

/** Works as {@linkcode recv_into}, without stopping the event loop. */
export function recv_into_async(
  handle: Handle,
  buffer: BytesLike,
  ...given: Keywords<
    [nbytes: number, flags: number],
    RecvIntoOptions & WaitOptions
  >
): Promise<number> {
  let room = -1;
  return until(handle, EPOLLIN, (call) => {
    const [nbytes, flags] = into_options("recv_intoAsync", given);
    const dontwait = receiving(handle, flags) | MSG_DONTWAIT;
    const into = bytes(buffer, "buffer");
    const length = check_room(into, nbytes, "recv_into");
    if (room === -1) room = length;
    if (room === 0) return 0;
    // A shrunk or transferred buffer would receive 0, which means that the peer closed.
    if (length < room) throw new ValueError("buffer shrank during the wait");
    if (is_drained(handle, call.waiting)) return NOT_YET;
    const received = try_recv(handle, into, length, dontwait);
    if (received === -1) return is_shut(handle) ? 0 : NOT_YET;
    return call.moved = received;
  }, options_of(given));
}

const INTO = ["nbytes", "flags"];
const SIGNAL = ["signal"];

/** The keywords of `recv_into()` and `recvfrom_into()`. */
export interface RecvIntoOptions {
  /** The most bytes to receive; 0, the default, fills the buffer. */
  readonly nbytes?: number | undefined;
  /** MSG_PEEK, MSG_DONTWAIT and so on, joined by `|`. */
  readonly flags?: number | undefined;
}

/**
 * Sorts the arguments after the buffer, as {@linkcode keywords} does; a twin also takes `signal`.
 */
export function into_options(
  caller: string,
  given: readonly unknown[],
): [nbytes: number, flags: number] {
  const only = caller.endsWith("Async") ? SIGNAL : [];
  const [nbytes = 0, flags = 0] = keywords(caller, given, INTO, only);
  return [ssize(nbytes, "nbytes"), int(flags, "flags")];
}

/** Checks the most bytes to receive; `negative` is CPython's refusal. */
export function check_size(bufsize: unknown, negative: string): number {
  const size = ssize(bufsize, "bufsize");
  if (size < 0) throw new ValueError(`${negative}: ${size}`);
  if (size > Number.MAX_SAFE_INTEGER) {
    throw new OverflowError(`bufsize is too large: ${size}`);
  }
  return size;
}

// CPython's refusals.
const TOO_SMALL = {
  recv_into: "buffer too small for requested bytes",
  recvfrom_into: "nbytes is greater than the length of the buffer",
};

/** Checks the most bytes to receive into a buffer; 0 means all of it. */
export function check_room(
  buffer: Uint8Array,
  nbytes: unknown,
  caller: keyof typeof TOO_SMALL,
): number {
  const wanted = ssize(nbytes, "nbytes");
  const room = length_of(buffer);
  if (wanted < 0) {
    throw new ValueError(`negative buffersize in ${caller}: ${wanted}`);
  }
  if (wanted > room) {
    throw new ValueError(`${TOO_SMALL[caller]}: ${wanted} into ${room}`);
  }
  return wanted === 0 ? room : wanted;
}
