/**
 * select, poll and epoll behind one face: what is watched, and what is ready, in the
 * three lists that `select` returns.
 *
 * @module
 */

import { os, select, type socket } from "../../mod.ts";
import { PATIENCE } from "../../cli/server.ts";
import type { Client } from "./client.ts";
import { Table } from "./table.ts";

/** What can be watched: a client, or a socket that is none. */
export type Watched = Client | socket.Socket;

/** The three lists of `select.select`: what was watched, without another look-up. */
export type Ready = [
  readable: readonly Watched[],
  writable: readonly Watched[],
  exceptional: readonly Watched[],
];

/** What can be told what to watch. */
export interface Watcher {
  /** Watches for reading, writing or both; or changes for what. */
  watch(one: Watched, read: boolean, write: boolean): void;
  /** Stops watching; call it before the socket is closed. */
  forget(one: Watched): void;
}

/** A way to wait on many sockets. */
export interface Backend extends Watcher, Disposable {
  /**
   * Waits for some socket to be ready.
   *
   * @param timeout Seconds at most; it may be over sooner, with nothing ready.
   */
  wait(timeout: number): Ready;
  /** Whether it is time to turn the event loop: once every PATIENCE seconds, however busy. */
  ticked(): boolean;
}

/** The backends by name. */
export const backends: Readonly<Record<string, () => Backend>> = {
  select: () => new SelectBackend(),
  poll: () => new PollBackend(),
  epoll: () => new EpollBackend(),
};

/** Tells when PATIENCE has gone by. */
class Ticker {
  #last = performance.now();

  ticked(): boolean {
    const now = performance.now();
    if (now - this.#last < PATIENCE * 1000) return false;
    this.#last = now;
    return true;
  }
}

class SelectBackend implements Backend {
  readonly #inputs = new Set<Watched>();
  readonly #outputs = new Set<Watched>();
  #ticker = new Ticker();

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

  ticked(): boolean {
    return this.#ticker.ticked();
  }

  [Symbol.dispose](): void {}
}

class PollBackend implements Backend {
  #poll = select.poll();
  #ticker = new Ticker();
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

  ticked(): boolean {
    return this.#ticker.ticked();
  }

  [Symbol.dispose](): void {}
}

class EpollBackend implements Backend {
  #epoll = select.epoll();
  #watched = new Table<Watched>();
  // Ends long waits. A time-out costs each wait a timer of the kernel's and a look at the
  // clock, 0.16 us; a timer that ticks by itself costs them nothing.
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

// poll and epoll share the values of these.
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
    // A hang-up or an error comes unasked; recv and send tell what it is.
    if (event & (POLLIN | POLLHUP | POLLERR)) readable = add(readable, one);
    if (event & (POLLOUT | POLLHUP | POLLERR)) writable = add(writable, one);
    if (event & POLLPRI) exceptional = add(exceptional, one);
  }
  return [readable, writable, exceptional];
}

const NONE: readonly Watched[] = [];

// An array made with its first item is small; one made empty gets room for 17 by it.
function add(
  list: readonly Watched[],
  one: Watched,
): readonly Watched[] {
  if (list === NONE) return [one];
  (list as Watched[]).push(one);
  return list;
}
