/**
 * `struct epoll_event` of epoll_ctl(2): `uint32_t events; epoll_data_t data`.
 *
 * On x86-64 alone the struct is packed, so that 32-bit programs share its layout.
 *
 * @module
 */

/** Where the fields lie, in 32-bit words. */
export interface EpollEventLayout {
  /** The size of one struct. */
  readonly words: number;
  /** The offset of `data`, whose low word is `data.fd`. */
  readonly data: number;
}

/** The layout on an architecture, named as `Deno.build.arch` does. */
export function epoll_event_layout(arch: string): EpollEventLayout {
  return arch === "x86_64" ? { words: 3, data: 1 } : { words: 4, data: 2 };
}

/** `op` of epoll_ctl(2): add an entry. */
export const EPOLL_CTL_ADD = 1;
/** `op` of epoll_ctl(2): remove an entry. */
export const EPOLL_CTL_DEL = 2;
/** `op` of epoll_ctl(2): change an entry. */
export const EPOLL_CTL_MOD = 3;

const here = epoll_event_layout(Deno.build.arch);

/** 32-bit words in a `struct epoll_event` on this machine. */
export const EPOLL_EVENT_WORDS: number = here.words;

/**
 * Writes an entry.
 *
 * @param entries An array of `struct epoll_event`, as 32-bit words.
 * @param index Which entry.
 * @param events The eventmask, modulo 2^32.
 * @param fd What `data` holds: the descriptor.
 * @param layout The architecture's layout; this machine's by default.
 */
export function epoll_event_set(
  entries: Int32Array,
  index: number,
  events: number,
  fd: number,
  layout: EpollEventLayout = here,
): void {
  const word = index * layout.words;
  entries[word] = events;
  entries[word + layout.data] = fd;
}

/** The events of an entry: 0 to 2^32 - 1. */
export function epoll_event_events(
  entries: Int32Array,
  index: number,
  layout: EpollEventLayout = here,
): number {
  return entries[index * layout.words]! >>> 0;
}

/** The descriptor of an entry. */
export function epoll_event_fd(
  entries: Int32Array,
  index: number,
  layout: EpollEventLayout = here,
): number {
  return entries[index * layout.words + layout.data]!;
}
