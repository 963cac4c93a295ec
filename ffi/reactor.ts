/**
 * Waiting without stopping the event loop: one parked thread for all waits.
 *
 * Every pending wait has its descriptors in one epoll object, and one thread of the
 * runtime's pool waits on that, however many waits there are (the pool has 32 threads).
 * An eventfd in the same object wakes it when it is no longer needed.
 *
 * @module
 */

import { EEXIST, ENOENT, EPERM } from "./errno.ts";
import {
  epoll_event_fd,
  epoll_event_set,
  EPOLL_EVENT_WORDS,
} from "./epoll_event.ts";
import { errno, libc } from "./libc.ts";
import { os_error, syscall } from "./syscall.ts";

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 1;
const EPOLLONESHOT = 1 << 30;
const EPOLLET = 1 << 31;
const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

// Descriptors reported at a time; the others come with the next wait.
const MOST_EVENTS = 256;

// Milliseconds until waits are looked at though nothing was reported: the kernel
// forgets a descriptor without a word when somebody else closes it.
const CHECK_EVERY = 1000;

// Milliseconds between looks while waits are pending that nobody awaits.
const LOOK_EVERY = 10;

/** Somebody who waits for a descriptor. */
export interface Waiter {
  /** Something happened to a descriptor, or may have: look again. */
  wake(): void;
  /** A descriptor is about to be closed by its owner. */
  closed(): void;
}

const waiters = new Map<number, Map<Waiter, number>>();
// What the kernel was last told to report of a descriptor, once.
const armed = new Map<number, number>();
// Waiters that somebody awaits: for them a thread is parked, and the program held.
const held = new Set<Waiter>();

const entry = new Int32Array(EPOLL_EVENT_WORDS);
const events = new Int32Array(MOST_EVENTS * EPOLL_EVENT_WORDS);
let epfd = -1;
let wakefd = -1;
let parked = false;
let sleeping = false;
let looking = false;

function open(): void {
  if (epfd !== -1) return;
  epfd = syscall("epoll_create1", () => libc.epoll_create1(EPOLL_CLOEXEC));
  wakefd = syscall(
    "eventfd",
    () => libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
  );
  // Edge-triggered, so that it need not be read.
  epoll_event_set(entry, 0, EPOLLIN | EPOLLET, wakefd);
  syscall(
    "epoll_ctl",
    () => libc.epoll_ctl(epfd, EPOLL_CTL_ADD, wakefd, entry),
  );
}

/**
 * Has a waiter woken when something happens to a descriptor.
 *
 * @param fd The descriptor.
 * @param eventmask EPOLLIN, EPOLLOUT, EPOLLPRI.
 * @param waiter Woken once; to be told again it must watch again.
 * @returns Whether the descriptor can be waited on: a regular file cannot, it is always ready.
 * @throws {OSError} EBADF, if it is not open.
 */
export function watch(fd: number, eventmask: number, waiter: Waiter): boolean {
  open();
  let of_fd = waiters.get(fd);
  if (of_fd === undefined) waiters.set(fd, of_fd = new Map());
  of_fd.set(waiter, (of_fd.get(waiter) ?? 0) | eventmask);
  let mask = 0;
  for (const wanted of of_fd.values()) mask |= wanted;
  try {
    return arm(fd, mask);
  } catch (error) {
    unwatch(fd, waiter);
    throw error;
  }
}

function arm(fd: number, mask: number): boolean {
  const known = armed.get(fd);
  if (known === mask) return true;
  epoll_event_set(entry, 0, mask | EPOLLONESHOT, fd);
  const control = (op: number) =>
    libc.epoll_ctl(epfd, op, fd, entry) === 0 ? 0 : errno();
  // The kernel's list and ours differ once a descriptor was closed and its number reused.
  const first = known === undefined ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  let error = control(first);
  if (error === ENOENT) error = control(EPOLL_CTL_ADD);
  if (error === EEXIST) error = control(EPOLL_CTL_MOD);
  if (error === EPERM) return false;
  if (error !== 0) throw os_error(error, { syscall: "epoll_ctl" });
  armed.set(fd, mask);
  return true;
}

/** Takes a waiter from a descriptor; without others the kernel need not report it. */
export function unwatch(fd: number, waiter: Waiter): void {
  const of_fd = waiters.get(fd);
  if (of_fd === undefined || !of_fd.delete(waiter) || of_fd.size > 0) return;
  waiters.delete(fd);
  // Reported already, it is disarmed and may stay for the next wait.
  if ((armed.get(fd) ?? 0) === 0) return;
  armed.delete(fd);
  libc.epoll_ctl(epfd, EPOLL_CTL_DEL, fd, entry);
}

/** To be called by the owner of a descriptor before it is closed or given away. */
export function closing(fd: number): void {
  if (armed.delete(fd)) libc.epoll_ctl(epfd, EPOLL_CTL_DEL, fd, entry);
  const of_fd = waiters.get(fd);
  if (of_fd === undefined) return;
  waiters.delete(fd);
  for (const waiter of of_fd.keys()) waiter.closed();
}

/** Parks a thread for a waiter, and with it holds the program. */
export function hold(waiter: Waiter): void {
  held.add(waiter);
  if (!parked) park();
}

/** Lets a waiter go; without others the parked thread is free again. */
export function release(waiter: Waiter): void {
  if (!held.delete(waiter) || held.size > 0 || !sleeping) return;
  libc.eventfd_write(wakefd, 1n);
}

/** Looks after a waiter that nobody awaits, as long as the program runs anyway. */
export function look_after(): void {
  if (looking || parked) return;
  looking = true;
  Deno.unrefTimer(setTimeout(look, LOOK_EVERY));
}

function look(): void {
  looking = false;
  if (parked || waiters.size === 0) return;
  dispatch(libc.epoll_wait(epfd, events, MOST_EVENTS, 0));
  if (waiters.size > 0) look_after();
}

async function park(): Promise<void> {
  parked = true;
  try {
    while (held.size > 0) {
      sleeping = true;
      const ready = await libc.epoll_wait_parked(
        epfd,
        events,
        MOST_EVENTS,
        CHECK_EVERY,
      );
      sleeping = false;
      // -1 is EINTR: its errno stayed on the other thread.
      if (ready === 0) wake_all();
      else dispatch(ready);
    }
  } finally {
    parked = false;
  }
  if (waiters.size > 0) look_after();
}

function dispatch(ready: number): void {
  for (let i = 0; i < ready; i++) {
    const fd = epoll_event_fd(events, i);
    if (fd === wakefd) continue;
    // One shot: the kernel has disarmed it.
    armed.set(fd, 0);
    const of_fd = waiters.get(fd);
    if (of_fd === undefined) continue;
    for (const waiter of [...of_fd.keys()]) waiter.wake();
  }
}

function wake_all(): void {
  const all = new Set<Waiter>();
  for (const of_fd of waiters.values()) {
    for (const waiter of of_fd.keys()) all.add(waiter);
  }
  for (const waiter of all) waiter.wake();
}
