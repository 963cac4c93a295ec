/**
 * `struct pollfd` of poll(2): `int fd; short events; short revents`.
 *
 * @module
 */

/** 32-bit words in a `struct pollfd`. */
export const POLLFD_WORDS = 2;

/**
 * Writes an entry, with no events returned yet.
 *
 * @param pollfds An array of `struct pollfd`, as 32-bit words.
 * @param index Which entry.
 * @param fd The descriptor; the kernel passes over a negative one.
 * @param events The events asked for, 0 to 65535.
 */
export function pollfd_set(
  pollfds: Int32Array,
  index: number,
  fd: number,
  events: number,
): void {
  pollfds[2 * index] = fd;
  pollfds[2 * index + 1] = events;
}

/** The descriptor of an entry. */
export function pollfd_fd(pollfds: Int32Array, index: number): number {
  return pollfds[2 * index]!;
}

/** The events asked for in an entry: 0 to 65535. */
export function pollfd_events(pollfds: Int32Array, index: number): number {
  return pollfds[2 * index + 1]! & 0xffff;
}

/** The events that the kernel returned in an entry: 0 to 65535. */
export function pollfd_revents(pollfds: Int32Array, index: number): number {
  return pollfds[2 * index + 1]! >>> 16;
}
