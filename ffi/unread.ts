/**
 * What a descriptor is ready for, and has to read, asked on the side.
 *
 * @module
 */

import { untraced } from "./libc.ts";
import { pollfd_revents, pollfd_set, POLLFD_WORDS } from "./pollfd.ts";

const POLLIN = 1;
const POLLOUT = 4;
const POLLRDHUP = 0x2000;
const FIONREAD = 0x541bn;

const pollfd = new Int32Array(POLLFD_WORDS);
const count = new Int32Array(1);

/** Whether a read or an accept on a descriptor would find something. */
export function is_readable(fd: number): boolean {
  return is_ready(fd, POLLIN);
}

/** Whether a write to a descriptor would find room. */
export function is_writable(fd: number): boolean {
  return is_ready(fd, POLLOUT);
}

/**
 * Whether a socket was shut down for reading. POLLERR alone does not say so: poll(2)
 * reports it for as long as the socket's error queue (IP_RECVERR) has a message.
 */
export function is_shut_down(fd: number): boolean {
  return is_ready(fd, POLLRDHUP);
}

function is_ready(fd: number, events: number): boolean {
  pollfd_set(pollfd, 0, fd, events);
  return untraced.poll(pollfd, 1n, 0) === 1 &&
    (pollfd_revents(pollfd, 0) & events) !== 0;
}

/** How many bytes there are to read; 0 if the descriptor does not count them. */
export function unread(fd: number): number {
  return untraced.ioctl(fd, FIONREAD, count) === -1 ? 0 : count[0]!;
}
