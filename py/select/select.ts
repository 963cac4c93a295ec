import { FD_ISSET, FD_SET, fd_set_words } from "../../ffi/fd_set.ts";
import { F_GETFD } from "../../ffi/descriptor.ts";
import { libc, untraced } from "../../ffi/libc.ts";
import { Pinned } from "../../ffi/memory.ts";
import { syscall } from "../../ffi/syscall.ts";
import { timeval_set, TIMEVAL_WORDS } from "../../ffi/timeval.ts";
import {
  type FileDescriptorLike,
  fileno,
  type Keywords,
  keywords,
  options_of,
  shown,
  timeout_of,
} from "../arguments.ts";
import {
  type Attempt,
  bad_descriptor,
  FOREIGN,
  NOT_YET,
  pending,
  type WaitOptions,
} from "../pending.ts";
import { EPOLLIN, EPOLLOUT, EPOLLPRI } from "./constants.ts";

const TIMEOUT = ["timeout"];

/** What {@linkcode select} takes by keyword. */
export interface SelectOptions {
  /** Seconds, fractional; `null`, the default, for ever. */
  readonly timeout?: number | null | undefined;
}

/** One of select's three lists: its descriptors and its bitmap, both reused. */
class Watched {
  #fds = new Int32Array(64);
  #count = 0;
  #set = new Pinned(Int32Array, 32);

  /** Takes the descriptors of a list; returns the highest, or -1. */
  load(files: readonly unknown[]): number {
    if (files.length > this.#fds.length) {
      this.#fds = new Int32Array(2 * files.length);
    }
    this.#count = files.length;
    let highest = -1;
    for (let i = 0; i < files.length; i++) {
      const fd = fileno(files[i]);
      this.#fds[i] = fd;
      if (fd > highest) highest = fd;
    }
    return highest;
  }

  /** The address of the bitmap with these descriptors set, NULL for none. */
  bitmap(words: number): bigint {
    if (this.#count === 0) return 0n;
    if (words > this.#set.view.length) {
      this.#set = new Pinned(Int32Array, 2 * words);
    }
    const { view, address } = this.#set;
    view.fill(0, 0, words);
    for (let i = 0; i < this.#count; i++) FD_SET(this.#fds[i]!, view);
    return address;
  }

  /** Those of the files whose bits the kernel left set. */
  ready<T>(files: readonly T[]): T[] {
    const found: T[] = [];
    const { view } = this.#set;
    for (let i = 0; i < this.#count; i++) {
      if (FD_ISSET(this.#fds[i]!, view)) found.push(files[i]!);
    }
    return found;
  }
}

interface Buffers {
  readonly r: Watched;
  readonly w: Watched;
  readonly x: Watched;
  readonly timeval: Pinned<Uint32Array>;
}

function allocate(): Buffers {
  return {
    r: new Watched(),
    w: new Watched(),
    x: new Watched(),
    timeval: new Pinned(Uint32Array, TIMEVAL_WORDS),
  };
}

// Kept between calls; a call takes one for itself, as a fileno() may select() in turn.
const spare: Buffers[] = [];

// The kernel passes over bits beyond its table of descriptors, where it should say
// EBADF. The table has room for 64 at first, grows, and never shrinks.
let table = 64;

function check_open(highest: number): void {
  if (highest < table) return;
  syscall("select", () => untraced.fcntl(highest, F_GETFD, 0));
  table = highest + 1;
}

function snapshot<T>(list: Iterable<T>, name: string): T[] {
  if (typeof (list as Partial<Iterable<T>>)?.[Symbol.iterator] !== "function") {
    throw new TypeError(`${name} must be iterable, not ${shown(list)}`);
  }
  return Array.from(list);
}

/**
 * Waits until descriptors are ready: Python's `select.select`, select(2).
 *
 * There is no limit of 1,024: descriptors may be as high as the system gives them.
 *
 * @param rlist What to wait on until it can be read, or accepted from.
 * @param wlist What to wait on until it can be written.
 * @param xlist What to wait on for an exceptional condition: urgent data.
 * @param timeout Seconds, fractional. Absent or `null` waits for ever, 0 not at all. Or
 * {@linkcode SelectOptions}.
 * @returns Of each list what is ready, the same objects in the same order; three empty
 * lists when the time was up.
 * @throws {TypeError} If a list is not iterable, or an item is no descriptor.
 * @throws {ValueError} If the time-out or a descriptor is negative: a closed socket's is -1.
 * @throws {OSError} EBADF, if a descriptor is not open.
 *
 * @example
 * ```ts
 * import { select, socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * a.send(new Uint8Array([1, 2, 3]));
 * const [readable, writable] = select.select([a, b], [b], [], 5);
 * assertEquals(readable, [b]);
 * assertEquals(writable, [b]);
 * a.close();
 * b.close();
 * ```
 */
export function select<
  R extends FileDescriptorLike,
  W extends FileDescriptorLike,
  X extends FileDescriptorLike,
>(
  rlist: Iterable<R>,
  wlist: Iterable<W>,
  xlist: Iterable<X>,
  timeout?: number | null | SelectOptions,
): [R[], W[], X[]] {
  let wait: unknown = timeout;
  if (typeof wait === "object") {
    [wait] = keywords("select", [wait], TIMEOUT);
  }
  const limit = timeout_of(wait);
  const rfiles = snapshot(rlist, "rlist");
  const wfiles = snapshot(wlist, "wlist");
  const xfiles = snapshot(xlist, "xlist");
  const buffers = spare.pop() ?? allocate();
  try {
    const { r, w, x, timeval } = buffers;
    const highest = Math.max(r.load(rfiles), w.load(wfiles), x.load(xfiles));
    check_open(highest);
    const nfds = highest + 1;
    const words = fd_set_words(nfds);
    if (limit !== null) timeval_set(timeval.view, limit);
    const ready = syscall("select", () =>
      // After EINTR the sets are undefined, and filled again; the timeval needs
      // nothing: Linux leaves in it what is left.
      libc.select(
        nfds,
        r.bitmap(words),
        w.bitmap(words),
        x.bitmap(words),
        limit === null ? 0n : timeval.address,
      ));
    if (ready === 0) return [[], [], []];
    return [r.ready(rfiles), w.ready(wfiles), x.ready(xfiles)];
  } finally {
    spare.push(buffers);
  }
}

/**
 * Waits as {@linkcode select} does, without stopping the event loop.
 *
 * Each descriptor costs a system call or two; of many, epoll is the better way.
 *
 * @param rlist What to wait on until it can be read.
 * @param wlist What to wait on until it can be written.
 * @param xlist What to wait on for an exceptional condition.
 * @param limit `timeout` as `select` takes it; and `signal`, to end the wait.
 * @returns What `select` returns.
 * @throws As `select`; the signal's reason once it aborts; `OSError` EBADF if one of the
 * sockets is closed meanwhile.
 *
 * @example
 * ```ts
 * import { select, socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * setTimeout(() => a.send(new Uint8Array([1])), 10);
 * const [readable] = await select.selectAsync([b], [], [], 5);
 * assertEquals(readable, [b]);
 * a.close();
 * b.close();
 * ```
 */
export function selectAsync<
  R extends FileDescriptorLike,
  W extends FileDescriptorLike,
  X extends FileDescriptorLike,
>(
  rlist: Iterable<R>,
  wlist: Iterable<W>,
  xlist: Iterable<X>,
  ...limit: Keywords<[timeout: number | null], SelectOptions & WaitOptions>
): Promise<[R[], W[], X[]]> {
  return pending(() => {
    const [timeout] = keywords("selectAsync", limit, TIMEOUT, ["signal"]);
    return attempt(rlist, wlist, xlist, timeout);
  }, options_of(limit));
}

function attempt<
  R extends FileDescriptorLike,
  W extends FileDescriptorLike,
  X extends FileDescriptorLike,
>(
  rlist: Iterable<R>,
  wlist: Iterable<W>,
  xlist: Iterable<X>,
  timeout: unknown,
): Attempt<[R[], W[], X[]]> {
  const limit = timeout_of(timeout);
  const rfiles = snapshot(rlist, "rlist");
  const wfiles = snapshot(wlist, "wlist");
  const xfiles = snapshot(xlist, "xlist");
  const masks = new Map<number, number>();
  const add = (files: readonly FileDescriptorLike[], mask: number) => {
    for (const file of files) {
      const fd = fileno(file);
      masks.set(fd, (masks.get(fd) ?? 0) | mask);
    }
  };
  add(rfiles, EPOLLIN);
  add(wfiles, EPOLLOUT);
  add(xfiles, EPOLLPRI);
  return {
    ...FOREIGN,
    timeout: limit === null ? -1 : limit * 1000,
    attempt: () => {
      const ready = select(rfiles, wfiles, xfiles, 0);
      return ready.some((list) => list.length > 0) ? ready : NOT_YET;
    },
    watched: () => masks,
    timed_out: (): [R[], W[], X[]] => [[], [], []],
    closed: bad_descriptor,
  };
}
