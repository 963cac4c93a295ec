/**
 * select, poll and epoll behind one face: what is watched, and what is ready, in the
 * three lists that `select` returns.
 *
 * @module
 */

import { os, select, type socket } from "../mod.ts";
import { PATIENCE } from "../cli/stop.ts";
import type { Watcher } from "./acceptor.ts";
import { Table } from "./table.ts";

/** The three lists of `select.select`. */
export type Ready = [
  readable: readonly socket.Socket[],
  writable: readonly socket.Socket[],
  exceptional: readonly socket.Socket[],
];

/** A way to wait on many sockets. */
export interface Backend extends Watcher, Disposable {
  /**
   * Waits for some socket to be ready.
   *
   * @param timeout Seconds at most; it may be over sooner, with nothing ready.
   */
  wait(timeout: number): Ready;
  /** Whether it is time to turn the event loop: once in PATIENCE, however busy. */
  ticked(): boolean;
}

/** The backends by name. */
export const backends: Readonly<Record<string, () => Backend>> = {
  select: () => new SelectBackend(),
  poll: () => new PollBackend(),
  epoll: () => new EpollBackend(),
};

/** The lists that `select.select` takes. */
export class Lists implements Watcher {
  /** Sockets from which we expect to read. */
  readonly inputs: Set<socket.Socket> = new Set();
  /** Sockets to which we expect to write. */
  readonly outputs: Set<socket.Socket> = new Set();

  /** Puts a socket into the lists, or takes it out. */
  watch(sock: socket.Socket, read: boolean, write: boolean): void {
    if (read) this.inputs.add(sock);
    else this.inputs.delete(sock);
    if (write) this.outputs.add(sock);
    else this.outputs.delete(sock);
  }

  /** Takes a socket out of both. */
  forget(sock: socket.Socket): void {
    this.inputs.delete(sock);
    this.outputs.delete(sock);
  }
}

/** Tells when so much time has gone by. */
class Ticker {
  #last = performance.now();

  ticked(): boolean {
    const now = performance.now();
    if (now - this.#last < PATIENCE * 1000) return false;
    this.#last = now;
    return true;
  }
}

class SelectBackend extends Lists implements Backend {
  #ticker = new Ticker();

  wait(timeout: number): Ready {
    return select.select(this.inputs, this.outputs, this.inputs, timeout);
  }

  ticked(): boolean {
    return this.#ticker.ticked();
  }

  [Symbol.dispose](): void {}
}

class PollBackend implements Backend {
  #poll = select.poll();
  #ticker = new Ticker();
  #socks = new Table<socket.Socket>();

  watch(sock: socket.Socket, read: boolean, write: boolean): void {
    this.#socks.set(sock.fileno(), sock);
    this.#poll.register(sock, eventmask(read, write));
  }

  forget(sock: socket.Socket): void {
    if (this.#socks.delete(sock.fileno())) this.#poll.unregister(sock);
  }

  wait(timeout: number): Ready {
    return sort(this.#poll.poll(timeout * 1000), this.#socks);
  }

  ticked(): boolean {
    return this.#ticker.ticked();
  }

  [Symbol.dispose](): void {}
}

class EpollBackend implements Backend {
  #epoll = select.epoll();
  #socks = new Table<socket.Socket>();
  // Ends long waits. A time-out costs each wait a timer of the kernel's and a look at the
  // clock, 0.16 us; a timer that ticks by itself costs them nothing.
  #tick = os.timerfd_create(os.CLOCK_MONOTONIC);
  #ticked = false;

  constructor() {
    this.#epoll.register(this.#tick, select.EPOLLIN);
    const every = { initial: PATIENCE, interval: PATIENCE };
    os.timerfd_settime(this.#tick, every);
  }

  watch(sock: socket.Socket, read: boolean, write: boolean): void {
    const fd = sock.fileno();
    if (this.#socks.get(fd) !== undefined) {
      this.#epoll.modify(fd, eventmask(read, write));
    } else {
      this.#epoll.register(fd, eventmask(read, write));
      this.#socks.set(fd, sock);
    }
  }

  forget(sock: socket.Socket): void {
    if (this.#socks.delete(sock.fileno())) this.#epoll.unregister(sock);
  }

  wait(timeout: number): Ready {
    const events = this.#epoll.poll(timeout < PATIENCE ? timeout : null);
    for (const [fd] of events) {
      if (fd !== this.#tick) continue;
      os.read(fd, 8);
      this.#ticked = true;
    }
    return sort(events, this.#socks);
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
  socks: Table<socket.Socket>,
): Ready {
  let readable = NONE, writable = NONE, exceptional = NONE;
  for (const [fd, event] of events) {
    const sock = socks.get(fd);
    if (sock === undefined) continue;
    // A hang-up or an error comes unasked; recv and send tell what it is.
    if (event & (POLLIN | POLLHUP | POLLERR)) readable = add(readable, sock);
    if (event & (POLLOUT | POLLHUP | POLLERR)) writable = add(writable, sock);
    if (event & POLLPRI) exceptional = add(exceptional, sock);
  }
  return [readable, writable, exceptional];
}

const NONE: readonly socket.Socket[] = [];

// An array made with its first item is small; one made empty gets room for 17 by it.
function add(
  list: readonly socket.Socket[],
  sock: socket.Socket,
): readonly socket.Socket[] {
  if (list === NONE) return [sock];
  (list as socket.Socket[]).push(sock);
  return list;
}
