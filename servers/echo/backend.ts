/**
 * select, poll and epoll behind one interface, which returns the three lists of `select`.
 *
 * @module
 */

import { os, select, type socket } from "../../mod.ts";
import { PATIENCE } from "../../cli/server.ts";
import type { Client } from "./client.ts";
import { Table } from "./table.ts";

/** A client, or another socket: the listener, or one that wakes a thread. */
export type Watched = Client | socket.Socket;

/** The three lists of `select.select`, with the objects that were watched. */
export type Ready = [
  readable: readonly Watched[],
  writable: readonly Watched[],
  exceptional: readonly Watched[],
];

/** Keeps the sockets to watch. */
export interface Watcher {
  /** Watches a socket for reading, writing or both, in place of what it was watched for. */
  watch(one: Watched, read: boolean, write: boolean): void;
  /** Stops watching; call it before the socket is closed. */
  forget(one: Watched): void;
}

/** A way to wait on many sockets. */
export interface Backend extends Watcher, Disposable {
  /**
   * Waits until a socket is ready.
   *
   * @param timeout Seconds at most; a wait may end sooner with nothing ready.
   */
  wait(timeout: number): Ready;
  /** Whether the event loop is due for a turn: every PATIENCE seconds, even under load. */
  ticked(): boolean;
}

/** The backends by name. */
export const backends: Readonly<Record<string, () => Backend>> = {
  select: () => new SelectBackend(),
  poll: () => new PollBackend(),
  epoll: () => new EpollBackend(),
};

/** Ticks by the clock, and has nothing to close. */
class Ticking {
  #last = performance.now();

  ticked(): boolean {
    const now = performance.now();
    if (now - this.#last < PATIENCE * 1000) return false;
    this.#last = now;
    return true;
  }

  [Symbol.dispose](): void {}
}

class SelectBackend extends Ticking implements Backend {
  readonly #inputs = new Set<Watched>();
  readonly #outputs = new Set<Watched>();

  watch(one: Watched, read: boolean, write: boolean): void {
    if (read) this.#inputs.add(one);
    else this.#inputs.delete(one);
    if (write) this.#outputs.add(one);
    else this.#outputs.delete(one);
  }

  forget(one: Watched): void {
    this.#inputs.delete(one);
    this.#outputs.delete(one);
  }

  wait(timeout: number): Ready {
    return select.select(this.#inputs, this.#outputs, this.#inputs, timeout);
  }
}

class PollBackend extends Ticking implements Backend {
  #poll = select.poll();
  #watched = new Table<Watched>();

  watch(one: Watched, read: boolean, write: boolean): void {
    this.#watched.set(one.fileno(), one);
    this.#poll.register(one, eventmask(read, write));
  }

  forget(one: Watched): void {
    if (this.#watched.delete(one.fileno())) this.#poll.unregister(one);
  }

  wait(timeout: number): Ready {
    return sort(this.#poll.poll(timeout * 1000), this.#watched);
  }
}

class EpollBackend implements Backend {
  #epoll = select.epoll();
  #watched = new Table<Watched>();
  // Ends long waits. A time-out costs each wait 0.16 us, for a kernel timer and the clock; a
  // periodic timer costs a wait nothing.
  #tick = os.timerfd_create(os.CLOCK_MONOTONIC);
  #ticked = false;

  constructor() {
    this.#epoll.register(this.#tick, select.EPOLLIN);
    const every = { initial: PATIENCE, interval: PATIENCE };
    os.timerfd_settime(this.#tick, every);
  }

  watch(one: Watched, read: boolean, write: boolean): void {
    const fd = one.fileno();
    if (this.#watched.get(fd) !== undefined) {
      this.#epoll.modify(fd, eventmask(read, write));
    } else {
      this.#epoll.register(fd, eventmask(read, write));
      this.#watched.set(fd, one);
    }
  }

  forget(one: Watched): void {
    if (this.#watched.delete(one.fileno())) this.#epoll.unregister(one);
  }

  wait(timeout: number): Ready {
    const events = this.#epoll.poll(timeout < PATIENCE ? timeout : null);
    for (const [fd] of events) {
      if (fd !== this.#tick) continue;
      os.read(fd, 8);
      this.#ticked = true;
    }
    return sort(events, this.#watched);
  }

  ticked(): boolean {
    const ticked = this.#ticked;
    this.#ticked = false;
    return ticked;
  }

  [Symbol.dispose](): void {
    os.close(this.#tick);
    this.#epoll.close();
  }
}

// poll and epoll use the same values.
const { POLLIN, POLLPRI, POLLOUT, POLLERR, POLLHUP } = select;

function eventmask(read: boolean, write: boolean): number {
  return (read ? POLLIN | POLLPRI : 0) | (write ? POLLOUT : 0);
}

function sort(
  events: Array<[fd: number, event: number]>,
  watched: Table<Watched>,
): Ready {
  let readable = NONE, writable = NONE, exceptional = NONE;
  for (const [fd, event] of events) {
    const one = watched.get(fd);
    if (one === undefined) continue;
    // A hang-up or an error is always reported; recv and send say which it is.
    if (event & (POLLIN | POLLHUP | POLLERR)) readable = add(readable, one);
    if (event & (POLLOUT | POLLHUP | POLLERR)) writable = add(writable, one);
    if (event & POLLPRI) exceptional = add(exceptional, one);
  }
  return [readable, writable, exceptional];
}

const NONE: readonly Watched[] = [];

// An array made with its first item is small; push() on an empty one reserves room for 17.
function add(
  list: readonly Watched[],
  one: Watched,
): readonly Watched[] {
  if (list === NONE) return [one];
  (list as Watched[]).push(one);
  return list;
}
