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
  epoll_event_events,
  epoll_event_fd,
  epoll_event_set,
  EPOLL_EVENT_WORDS,
} from "./epoll_event.ts";
import { errno, libc, Pinned } from "./libc.ts";
import { os_error, syscall } from "./syscall.ts";

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 1;
const EPOLLERR = 8;
const EPOLLHUP = 16;
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
  closed(fd: number): void;
  /** Whether nothing need be reported for a while; it keeps its turn. */
  readonly paused?: boolean;
}

// Who waits for a descriptor, and for which of its events: those who came first go first.
const waiters = new Map<number, Map<Waiter, number>>();
// What the kernel was last told to report of a descriptor: absent, nothing; 0, it has
// reported once and is disarmed; else the eventmask.
const armed = new Map<number, number>();
// Waiters that somebody awaits: for them a thread is parked, and the program held.
const held = new Set<Waiter>();

const entry = new Pinned(new Int32Array(EPOLL_EVENT_WORDS));
const events = new Pinned(new Int32Array(MOST_EVENTS * EPOLL_EVENT_WORDS));
let epfd = -1;
let wakefd = -1;
let parked = false;
let sleeping = false;
let looking = false;
let checked = 0;

function open(): void {
  if (epfd !== -1) return;
  epfd = syscall("epoll_create1", () => libc.epoll_create1(EPOLL_CLOEXEC));
  wakefd = syscall(
    "eventfd",
    () => libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
  );
  // Edge-triggered, so that it need not be read.
  epoll_event_set(entry.view, 0, EPOLLIN | EPOLLET, wakefd);
  syscall(
    "epoll_ctl",
    () => libc.epoll_ctl(epfd, EPOLL_CTL_ADD, wakefd, entry.address),
  );
}

/**
 * Notes that a waiter waits for a descriptor, without telling the kernel yet.
 *
 * @param fd The descriptor.
 * @param eventmask EPOLLIN, EPOLLOUT, EPOLLPRI.
 * @param waiter Told when the descriptor is closed and, after `watch`, when it is ready.
 */
export function expect(fd: number, eventmask: number, waiter: Waiter): void {
  let of_fd = waiters.get(fd);
  if (of_fd === undefined) waiters.set(fd, of_fd = new Map());
  of_fd.set(waiter, eventmask);
}

/** Whether nobody waits for anything. */
export function idle(): boolean {
  return waiters.size === 0;
}

/** Whether somebody waits for one of these events. */
export function expected(fd: number, eventmask: number): boolean {
  const of_fd = waiters.get(fd);
  if (of_fd === undefined) return false;
  for (const mask of of_fd.values()) if (mask & eventmask) return true;
  return false;
}

/** Whether nobody has waited longer for the same events. */
export function is_first(
  waiter: Waiter,
  fds: ReadonlyMap<number, number>,
): boolean {
  for (const [fd, eventmask] of fds) {
    for (const [other, mask] of waiters.get(fd) ?? []) {
      if (other === waiter) break;
      if (mask & eventmask) return false;
    }
  }
  return true;
}

/**
 * Has the kernel report a descriptor once, when it is ready for somebody who expects it.
 *
 * @returns Whether it can be waited on: a regular file cannot, it is always ready.
 * @throws {OSError} EBADF, if it is not open.
 */
export function watch(fd: number): boolean {
  open();
  let mask = 0, paused = 0;
  for (const [waiter, wanted] of waiters.get(fd) ?? []) {
    // Nor is it reported for those behind it: they would be woken in vain.
    if (waiter.paused) paused |= wanted;
    else mask |= wanted & ~paused;
  }
  // Asked for nothing, the kernel would still report a hang-up, again and again.
  return mask === 0 || arm(fd, mask);
}

function arm(fd: number, mask: number): boolean {
  epoll_event_set(entry.view, 0, mask | EPOLLONESHOT, fd);
  const control = (op: number) =>
    libc.epoll_ctl(epfd, op, fd, entry.address) === 0 ? 0 : errno();
  // The kernel's list and ours differ once a descriptor was closed and its number reused.
  const first = armed.has(fd) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
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
  libc.epoll_ctl(epfd, EPOLL_CTL_DEL, fd, entry.address);
}

/** To be called by the owner of a descriptor before it is closed or given away. */
export function closing(fd: number): void {
  if (armed.delete(fd)) libc.epoll_ctl(epfd, EPOLL_CTL_DEL, fd, entry.address);
  const of_fd = waiters.get(fd);
  if (of_fd === undefined) return;
  waiters.delete(fd);
  for (const waiter of of_fd.keys()) waiter.closed(fd);
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
  open();
  dispatch(libc.epoll_wait(epfd, events.address, MOST_EVENTS, 0));
  check_all();
  if (waiters.size > 0) look_after();
}

async function park(): Promise<void> {
  parked = true;
  try {
    while (held.size > 0) {
      sleeping = true;
      const ready = await libc.epoll_wait_parked(
        epfd,
        events.view,
        MOST_EVENTS,
        CHECK_EVERY,
      );
      sleeping = false;
      // -1 is EINTR: its errno stayed on the other thread.
      dispatch(ready);
      check_all();
    }
  } finally {
    parked = false;
  }
  if (waiters.size > 0) look_after();
}

function dispatch(ready: number): void {
  // All of them first: a waiter may run the caller's code, and that may wait anew.
  const reported: Array<[fd: number, events: number]> = [];
  for (let i = 0; i < ready; i++) {
    const fd = epoll_event_fd(events.view, i);
    if (fd === wakefd) continue;
    // One shot: the kernel has disarmed it.
    armed.set(fd, 0);
    reported.push([fd, epoll_event_events(events.view, i)]);
  }
  for (const [fd, reported_events] of reported) {
    for (const [waiter, mask] of [...waiters.get(fd) ?? []]) {
      if (waiter.paused) continue;
      // A hang-up or an error concerns everybody.
      if (reported_events & (mask | EPOLLERR | EPOLLHUP)) waiter.wake();
    }
    if (armed.get(fd) === 0) rearm(fd);
  }
}

/** Watches again, for those who still wait. */
function rearm(fd: number): void {
  if (!waiters.has(fd)) return;
  try {
    watch(fd);
  } catch {
    // Closed meanwhile by somebody else: check_all() lets its waiters find out.
  }
}

/** Has everybody look again from time to time, whatever the kernel reports. */
function check_all(): void {
  const now = performance.now();
  if (now - checked < CHECK_EVERY) return;
  checked = now;
  // A number may belong to another file by now, of which the kernel was told nothing.
  armed.clear();
  const all = new Set<Waiter>();
  for (const of_fd of waiters.values()) {
    for (const waiter of of_fd.keys()) all.add(waiter);
  }
  for (const waiter of all) waiter.wake();
  for (const fd of [...waiters.keys()]) rearm(fd);
}
