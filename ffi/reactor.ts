/**
 * Who waits for which descriptors, and the one epoll object that reports them.
 *
 * An eventfd in the same object ends a wait on it.
 *
 * @module
 */

import { EEXIST, ENOENT, EPERM } from "./errno.ts";
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  epoll_event_events,
  epoll_event_fd,
  epoll_event_set,
  EPOLL_EVENT_WORDS,
} from "./epoll_event.ts";
import { errno, libc } from "./libc.ts";
import { Pinned } from "./memory.ts";
import { last_error, os_error, syscall } from "./syscall.ts";

const EPOLL_CLOEXEC = 0o2000000;
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

/** Somebody who waits for a descriptor. */
export interface Waiter {
  /** Something happened to a descriptor, or may have: look again. */
  wake(): void;
  /** A descriptor is about to be closed by its owner. */
  closed(fd: number): void;
  /** Whether nothing need be reported for a while; it keeps its turn. */
  readonly paused?: boolean;
}

/** Who waits for a descriptor, and for which of its events. */
interface Expectation {
  readonly waiter: Waiter;
  readonly eventmask: number;
}

/** What is known of a descriptor, until it is closed. */
interface Known {
  // Those who came first go first. Another list when it changes: it may be walked.
  expectations: readonly Expectation[];
  // What the kernel was last told to report: -1, nothing; 0, it has reported once and is
  // disarmed; else the eventmask.
  armed: number;
}

// Not by the wait: whatever V8 takes from a Map and moves it keeps until a full collection.
const descriptors = new Map<number, Known>();
const nobody: readonly Expectation[] = [];
// How many expectations there are.
let expecting = 0;

const entry = new Pinned(new Int32Array(EPOLL_EVENT_WORDS));
const events = new Pinned(new Int32Array(MOST_EVENTS * EPOLL_EVENT_WORDS));
let epfd = -1;
let wakefd = -1;
let checked = 0;
let prepare = () => {};

/**
 * Opens the epoll object, if it is not open.
 *
 * @throws {OSError} EMFILE, if no descriptor is free.
 */
function open(): void {
  if (epfd !== -1) return;
  // One at a time: if the second finds no descriptor free, the first is kept for later.
  if (wakefd === -1) {
    const flags = EFD_CLOEXEC | EFD_NONBLOCK;
    wakefd = syscall("eventfd", () => libc.eventfd(0, flags));
  }
  const fd = syscall("epoll_create1", () => libc.epoll_create1(EPOLL_CLOEXEC));
  // Edge-triggered, so that it need not be read.
  epoll_event_set(entry.view, 0, EPOLLIN | EPOLLET, wakefd);
  if (libc.epoll_ctl(fd, EPOLL_CTL_ADD, wakefd, entry.address) === -1) {
    const error = last_error("epoll_ctl");
    libc.close(fd);
    throw error;
  }
  epfd = fd;
}

/**
 * Notes that a waiter waits for a descriptor, without telling the kernel yet.
 *
 * @param fd The descriptor.
 * @param eventmask EPOLLIN, EPOLLOUT, EPOLLPRI.
 * @param waiter Told when the descriptor is closed and, after `watch`, when it is ready.
 */
export function expect(fd: number, eventmask: number, waiter: Waiter): void {
  const known = descriptors.get(fd);
  const expectation = { waiter, eventmask };
  if (known === undefined) {
    descriptors.set(fd, { expectations: [expectation], armed: -1 });
  } else if (known.expectations.length === 0) {
    known.expectations = [expectation];
  } else {
    const others = known.expectations;
    const index = others.findIndex((other) => other.waiter === waiter);
    known.expectations = index === -1
      ? [...others, expectation]
      : others.with(index, expectation);
    if (index !== -1) return;
  }
  expecting++;
}

function of_descriptor(fd: number): readonly Expectation[] {
  return descriptors.get(fd)?.expectations ?? nobody;
}

/** Whether somebody waits for one of these events. */
export function expected(fd: number, eventmask: number): boolean {
  return of_descriptor(fd).some((other) => other.eventmask & eventmask);
}

/** Whether nobody has waited longer for the same events. */
export function is_first(
  waiter: Waiter,
  watched: Iterable<readonly [fd: number, eventmask: number]>,
): boolean {
  for (const [fd, eventmask] of watched) {
    for (const other of of_descriptor(fd)) {
      if (other.waiter === waiter) break;
      if (other.eventmask & eventmask) return false;
    }
  }
  return true;
}

/**
 * Has the kernel report a descriptor once, when it is ready for somebody who expects it.
 *
 * A regular file is not reported: it is always ready, and a call on it never waits.
 *
 * @throws {OSError} EBADF, if it is not open.
 */
export function watch(fd: number): void {
  open();
  let mask = 0, paused = 0;
  for (const { waiter, eventmask } of of_descriptor(fd)) {
    // Nor is it reported for those behind it: they would be woken in vain.
    if (waiter.paused) paused |= eventmask;
    else mask |= eventmask & ~paused;
  }
  // Asked for nothing, the kernel would still report a hang-up, again and again.
  if (mask !== 0) arm(fd, mask);
}

function arm(fd: number, mask: number): void {
  epoll_event_set(entry.view, 0, mask | EPOLLONESHOT, fd);
  const control = (op: number) =>
    libc.epoll_ctl(epfd, op, fd, entry.address) === 0 ? 0 : errno();
  const known = descriptors.get(fd)!;
  // The kernel's list and ours differ once a descriptor was closed and its number reused.
  const first = known.armed === -1 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  let error = control(first);
  if (error === ENOENT) error = control(EPOLL_CTL_ADD);
  if (error === EEXIST) error = control(EPOLL_CTL_MOD);
  if (error === EPERM) return;
  if (error !== 0) throw os_error(error, { syscall: "epoll_ctl" });
  known.armed = mask;
}

function forget(fd: number, known: Known): void {
  if (known.armed === -1) return;
  known.armed = -1;
  libc.epoll_ctl(epfd, EPOLL_CTL_DEL, fd, entry.address);
}

/** Takes a waiter from a descriptor; without others the kernel need not report it. */
export function unwatch(fd: number, waiter: Waiter): void {
  const known = descriptors.get(fd);
  if (known === undefined) return;
  const { expectations } = known;
  const index = expectations.findIndex((other) => other.waiter === waiter);
  if (index === -1) return;
  expecting--;
  known.expectations = expectations.length === 1
    ? nobody
    : expectations.toSpliced(index, 1);
  // Reported already, it is disarmed and may stay for the next wait.
  if (expectations.length === 1 && known.armed > 0) forget(fd, known);
  // Paused, it kept those behind it from being reported.
  if (waiter.paused && expectations.length > 1) rearm(fd);
}

/** To be called by the owner of a descriptor before it is closed or given away. */
export function closing(fd: number): void {
  const known = descriptors.get(fd);
  if (known === undefined) return;
  descriptors.delete(fd);
  forget(fd, known);
  const { expectations } = known;
  known.expectations = nobody;
  expecting -= expectations.length;
  for (const { waiter } of expectations) waiter.closed(fd);
}

/** Whether anybody waits for anything. */
export function expects(): boolean {
  return expecting > 0;
}

/** Has something done whenever the event loop has waited, before anybody is woken. */
export function before_dispatch(action: () => void): void {
  prepare = action;
}

/** Wakes those whose descriptors are ready now. */
export function look(): void {
  dispatch(libc.epoll_wait(epfd, events.address, MOST_EVENTS, 0));
}

/**
 * Waits on a thread of the runtime's pool, then wakes those whose descriptors are ready.
 *
 * Once at a time, and after `open`.
 *
 * @param returned Called when the thread is back, before anybody is woken.
 */
export async function wait_parked(returned: () => void): Promise<void> {
  const { view } = events, limit = CHECK_EVERY;
  const ready = await libc.epoll_wait_parked(epfd, view, MOST_EVENTS, limit);
  returned();
  // -1 is EINTR: its errno stayed on the other thread.
  dispatch(ready);
}

/** Ends `wait_parked`, the next one if there is none now. */
export function interrupt(): void {
  libc.eventfd_write(wakefd, 1n);
}

function dispatch(ready: number): void {
  prepare();
  // All of them first: a waiter may run the caller's code, and that may wait anew.
  const reported: Array<[fd: number, known: Known, events: number]> = [];
  for (let i = 0; i < ready; i++) {
    const fd = epoll_event_fd(events.view, i);
    const known = descriptors.get(fd);
    if (known === undefined) continue;
    // One shot: the kernel has disarmed it.
    known.armed = 0;
    reported.push([fd, known, epoll_event_events(events.view, i)]);
  }
  for (const [fd, known, reported_events] of reported) {
    for (const { waiter, eventmask } of known.expectations) {
      if (waiter.paused) continue;
      // A hang-up or an error concerns everybody.
      if (reported_events & (eventmask | EPOLLERR | EPOLLHUP)) waiter.wake();
    }
    if (known.armed === 0) rearm(fd);
  }
  check_all();
}

/** Watches again, for those who still wait. */
function rearm(fd: number): void {
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
  const all = new Set<Waiter>();
  for (const [fd, known] of descriptors) {
    // A number may belong to another file by now, of which the kernel was told nothing.
    known.armed = -1;
    if (known.expectations.length === 0) descriptors.delete(fd);
    for (const { waiter } of known.expectations) all.add(waiter);
  }
  for (const waiter of all) waiter.wake();
  for (const fd of [...descriptors.keys()]) rearm(fd);
}
