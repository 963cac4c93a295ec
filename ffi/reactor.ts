/**
 * Maps descriptors to their waiters, on one epoll instance that a {@linkcode Waker} watches.
 *
 * Descriptors are watched edge-triggered and stay armed between waits, so that most waits cost no
 * system call. An edge is reported only once: a waiter tries its call before it waits, and if
 * waiters remain after a report, the registration is armed again, which makes the kernel check
 * the level.
 *
 * @module
 */

import { open_aio } from "./aio.ts";
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  epoll_event_events,
  epoll_event_fd,
  epoll_event_set,
  EPOLL_EVENT_WORDS,
  itimerspec_set,
  ITIMERSPEC_WORDS,
} from "./structs.ts";
import {
  EBADF,
  EEXIST,
  EINVAL,
  EMFILE,
  ENFILE,
  ENOENT,
  EPERM,
} from "./errno.ts";
import { close_at_thread_end, errno, untraced as libc } from "./libc.ts";
import { Pinned } from "./memory.ts";
import { OSError } from "./os_error.ts";
import { open_parking } from "./parking.ts";
import { now, os_error, strerror, syscall } from "./syscall.ts";
import type { OpenWaker, Waker } from "./waker.ts";

const EPOLL_CLOEXEC = 0o2000000;
const EPOLLIN = 1;
const EPOLLPRI = 2;
const EPOLLERR = 8;
const EPOLLHUP = 16;
const EPOLLRDHUP = 0x2000;
const EPOLLET = 1 << 31;
// Conditions that last without another edge: the next wait must check the level. recv() stops
// before the end and before urgent bytes, and recvAsync() waits after a short result.
const LASTING = EPOLLPRI | EPOLLERR | EPOLLHUP | EPOLLRDHUP;
const CLOCK_MONOTONIC = 1;
const TFD_CLOEXEC_NONBLOCK = 0o2004000;

// Events taken in one turn, by one or more looks; then the runtime serves its own sockets. With 256
// events and 1,000 busy pairs, Deno.serve answers in 13 ms instead of 0.6 (bench/beside.ts); a turn
// for every 32 costs 2 %.
const MOST_EVENTS = 32;
/**
 * The most milliseconds for which a turn looks for events, returns results in bulk, or sends to one
 * socket: without it, reads of 1 MiB make a timer 2.8 ms late.
 */
export const BURST = 0.5;

// Some conditions, such as a hang-up, are reported for ever, and no waiter's call consumes them.
// After MOST_FUTILE futile reports the descriptor pauses for BACK_OFF ms.
const MOST_FUTILE = 8;
const BACK_OFF = 10;

// Empty queues to keep for each descriptor.
const MOST_QUEUES = 4;

// Nanoseconds between checks of descriptors that others may close: epoll drops those silently.
const CHECK_EVERY = 1_000_000_000n;

/** Waits for descriptors. */
export interface Waiter {
  /**
   * Tries again: something may have happened.
   *
   * @returns Whether it made progress.
   */
  wake(): boolean;
  /** Ends the wait: the owner is about to close a descriptor. */
  closed(fd: number): void;
}

/** Waiters of one kind for the same events of a descriptor, in order of arrival. */
interface Queue {
  readonly eventmask: number;
  readonly in_turn: boolean;
  readonly owner: unknown;
  first: Place | null;
  last: Place | null;
}

/** A descriptor's waiters, and its state in the epoll instance. */
interface Registration {
  readonly fd: number;
  // An empty queue stays for the next wait.
  readonly queues: Queue[];
  waiters: number;
  // The armed events; 0 if the next wait must check the level; -1 if the descriptor is not in the
  // epoll instance.
  armed: number;
  // With another owner the number may belong to a new file.
  owner: unknown;
  // The last report, counted over all descriptors: a new registration never repeats an old one's.
  reports: number;
  futile: number;
  back_off: ReturnType<typeof setTimeout> | null;
}

/** A waiter's place in the queue of a descriptor. */
export interface Place {
  readonly registration: Registration;
  readonly queue: Queue;
  readonly waiter: Waiter;
  // Counts all places: a lower one came first.
  readonly number: number;
  previous: Place | null;
  next: Place | null;
  // Whether the waiter has left.
  left: boolean;
}

const registrations = new Map<number, Registration>();
let epfd = -1;
let waker: Waker;
let timerfd = -1;
let ticking = false;
let count = 0;
let reported = 0;
// Waiters, and those among them for descriptors that others may close.
let waiting = 0;
let foreign = 0;
let turned = () => {};
// This turn's beginning, and the events that it may still take.
let since = 0;
let left = 0;

const entry = new Pinned(Int32Array, EPOLL_EVENT_WORDS);
const events = new Pinned(Int32Array, MOST_EVENTS * EPOLL_EVENT_WORDS);

let candidates: readonly OpenWaker[] = [open_aio, open_parking];

/** Chooses the waker, for tests; call it before the first wait. */
export function use_waker(open_waker: OpenWaker): void {
  candidates = [open_waker];
}

/** Sets the function to call in each turn of the event loop that the waker makes. */
export function on_turn(action: () => void): void {
  turned = action;
}

/** Requests a turn of the event loop, in which the runtime also serves its own sockets. */
export function turn(): void {
  open();
  // Look no more before it: the results that wait for it come first.
  left = 0;
  waker.turn();
}

/** Opens the epoll instance and a waker, which stay open. */
function open(): void {
  if (epfd !== -1) return;
  let fd = -1;
  try {
    fd = syscall("epoll_create1", () => libc.epoll_create1(EPOLL_CLOEXEC));
    for (const open_waker of candidates) {
      const found = open_waker(fd, { woken, look });
      if (found === null) continue;
      waker = found;
      epfd = fd;
      close_at_thread_end(fd);
      return;
    }
    throw new Error("Cannot wait: the waker asked for does not work here");
  } catch (error) {
    if (fd !== -1) libc.close(fd);
    if (!(error instanceof OSError)) throw error;
    const { errno, syscall } = error;
    if (errno !== EMFILE && errno !== ENFILE) throw error;
    throw new OSError(
      errno,
      `${strerror(errno)}: the first wait takes two descriptors of its own`,
      { syscall },
    );
  }
}

function woken(ready: boolean): boolean {
  turned();
  left = MOST_EVENTS;
  since = now();
  const found = ready ? take() : 0;
  if (waiting > 0) waker.arm();
  else waker.disarm();
  // After one event alone its peer waits for the answer, and a look would find nothing.
  return found > 1;
}

function look(): boolean {
  return left > 0 && now() - since < BURST && take() > 0;
}

/** Takes events, and wakes their waiters; returns the number of events. */
function take(): number {
  if (waiting === 0) return 0;
  const found = libc.epoll_wait(epfd, events.address, left, 0);
  // Not EINTR: without a time-out the kernel looks at no signals.
  if (found === -1) abandon();
  else dispatch(found);
  left -= found;
  return found;
}

/**
 * Adds a waiter for a descriptor, and keeps the program running until it leaves.
 *
 * epoll never reports a regular file, which is always ready.
 *
 * @param fd The descriptor.
 * @param eventmask EPOLLIN, EPOLLOUT, EPOLLPRI and so on, by `|`.
 * @param waiter Woken when the descriptor is ready; notified when it is closed.
 * @param in_turn Whether it waits until earlier waiters for the same events are served.
 * @param owner The owner, which calls {@linkcode closing} before it closes the descriptor; `null`
 * if others may close it.
 * @returns The place, for {@linkcode leave}.
 * @throws {OSError} EBADF, if the descriptor is not open; EMFILE, if no descriptor is free to
 * open the reactor.
 */
export function wait_for_events(
  fd: number,
  eventmask: number,
  waiter: Waiter,
  in_turn: boolean,
  owner: unknown,
): Place {
  open();
  let registration = registrations.get(fd);
  if (registration === undefined) {
    registration = {
      fd,
      queues: [],
      waiters: 0,
      armed: -1,
      owner,
      reports: 0,
      futile: 0,
      back_off: null,
    };
    registrations.set(fd, registration);
  }
  const queue = queue_for(registration, eventmask, in_turn, owner);
  const place: Place = {
    registration,
    queue,
    waiter,
    number: count++,
    previous: queue.last,
    next: null,
    left: false,
  };
  if (queue.last === null) queue.first = place;
  else queue.last.next = place;
  queue.last = place;
  registration.waiters++;
  waiting++;
  if (owner === null && ++foreign === 1) start_ticking();
  waker.arm();
  if (owner !== registration.owner) {
    registration.owner = owner;
    if (registration.armed > 0) registration.armed = 0;
  }
  try {
    arm(registration);
  } catch (error) {
    leave(place);
    throw error;
  }
  return place;
}

function queue_for(
  { queues }: Registration,
  eventmask: number,
  in_turn: boolean,
  owner: unknown,
): Queue {
  for (const queue of queues) {
    if (
      queue.eventmask === eventmask && queue.in_turn === in_turn &&
      queue.owner === owner
    ) return queue;
  }
  const queue = { eventmask, in_turn, owner, first: null, last: null };
  // Reuse an empty queue: a program may use many masks over time.
  const free = queues.length < MOST_QUEUES
    ? -1
    : queues.findIndex(({ first }) => first === null);
  if (free === -1) queues.push(queue);
  else queues[free] = queue;
  return queue;
}

/** Removes a waiter; a descriptor with an owner stays armed for the next wait. */
export function leave(place: Place): void {
  if (place.left) return;
  place.left = true;
  const { registration, queue, previous, next } = place;
  if (previous === null) queue.first = next;
  else previous.next = next;
  if (next === null) queue.last = previous;
  else next.previous = previous;
  count_out(queue);
  registration.waiters--;
  const paused = stop_backing_off(registration);
  if (registration.waiters > 0) {
    if (paused) rearm(registration);
  } else if (registration.owner === null && registration.armed > 0) {
    // The number may belong to another file at the next wait.
    registration.armed = 0;
  }
}

function count_out(queue: Queue): void {
  if (queue.owner === null) foreign--;
  if (--waiting === 0) waker.disarm();
}

/**
 * Has the next wait check the level: the call stopped before EAGAIN, after which no edge comes.
 */
export function gave_way(fd: number): void {
  const registration = registrations.get(fd);
  if (registration !== undefined && registration.armed > 0) {
    registration.armed = 0;
  }
}

/**
 * Returns a number that each report about a descriptor changes: it may have given an edge to a
 * waiter; -1 if nothing has waited for it yet.
 */
export function reports(fd: number): number {
  return registrations.get(fd)?.reports ?? -1;
}

/** Returns whether any waiter waits for these events of a descriptor. */
export function has_waiters(fd: number, eventmask: number): boolean {
  const queues = registrations.get(fd)?.queues;
  return queues !== undefined &&
    queues.some((queue) => queue.first !== null && queue.eventmask & eventmask);
}

/** Returns whether a place is the oldest for its events. */
export function is_first({ registration, queue, number }: Place): boolean {
  for (const { eventmask, first } of registration.queues) {
    if (
      first !== null && first.number < number && eventmask & queue.eventmask
    ) {
      return false;
    }
  }
  return true;
}

/** Notifies the waiters of a descriptor; the owner calls this before it closes it. */
export function closing(fd: number): void {
  const registration = registrations.get(fd);
  if (registration === undefined) return;
  registrations.delete(fd);
  stop_backing_off(registration);
  if (registration.armed !== -1) forget(registration);
  for (const queue of registration.queues.splice(0)) {
    for (let place = queue.first; place !== null; place = place.next) {
      place.left = true;
      count_out(queue);
    }
    for (let place = queue.first; place !== null; place = place.next) {
      place.waiter.closed(fd);
    }
  }
  registration.waiters = 0;
}

/** Ends every wait: the program has closed the epoll instance, by its number. */
function abandon(): void {
  for (const [fd, registration] of registrations) {
    // The number may belong to another epoll instance by now.
    registration.armed = -1;
    closing(fd);
  }
}

/** Arms a descriptor for the events of its waiters. */
function arm(registration: Registration): void {
  const { fd, armed } = registration;
  let mask = Math.max(0, armed);
  for (const { eventmask, first } of registration.queues) {
    if (first !== null) mask |= eventmask;
  }
  if (mask === armed) return;
  epoll_event_set(entry.view, 0, mask | LASTING | EPOLLET, fd);
  const control = (op: number) =>
    libc.epoll_ctl(epfd, op, fd, entry.address) === 0 ? 0 : errno();
  // epoll's entries differ from these after a descriptor was closed and its number reused.
  let error = control(armed === -1 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD);
  if (error === ENOENT) error = control(EPOLL_CTL_ADD);
  if (error === EEXIST) error = control(EPOLL_CTL_MOD);
  if (error === EPERM) return;
  // The program has closed the epoll instance, and its number belongs to another file.
  if (error === EINVAL) error = EBADF;
  if (error !== 0) throw os_error(error, { syscall: "epoll_ctl" });
  registration.armed = mask;
}

function rearm(registration: Registration): void {
  try {
    arm(registration);
  } catch {
    // Another owner closed it: its waiters notice at their check once a second.
  }
}

function forget(registration: Registration): void {
  registration.armed = -1;
  libc.epoll_ctl(epfd, EPOLL_CTL_DEL, registration.fd, entry.address);
}

function dispatch(ready: number): void {
  const { view } = events;
  for (let i = 0; i < ready; i++) {
    const fd = epoll_event_fd(view, i);
    const registration = registrations.get(fd);
    if (registration !== undefined) {
      report(registration, epoll_event_events(view, i));
    } else if (fd === timerfd) check_foreign();
  }
}

/** Wakes the waiters for these events of a descriptor. */
function report(registration: Registration, events: number): void {
  registration.reports = ++reported;
  // Remove it after one unwanted report; the next wait adds it again.
  if (registration.waiters === 0) return forget(registration);
  if ((events & LASTING) !== 0) registration.armed = 0;
  let useful = false, concerns = false;
  for (const queue of registration.queues) {
    // A hang-up or an error concerns every waiter.
    if ((events & (queue.eventmask | EPOLLERR | EPOLLHUP)) === 0) continue;
    concerns ||= queue.first !== null;
    const moved = queue.in_turn ? wake_in_turn(queue) : wake_all(queue);
    useful ||= moved;
  }
  if (registration.waiters === 0) return;
  // Urgent bytes or an end that no waiter asked for: arming again would report them again.
  if (!concerns && (events & ~LASTING) === 0) return;
  if (registration.armed > 0) registration.armed = 0;
  registration.futile = useful ? 0 : registration.futile + 1;
  if (registration.futile <= MOST_FUTILE) return rearm(registration);
  registration.back_off ??= setTimeout(() => {
    registration.back_off = null;
    rearm(registration);
  }, BACK_OFF);
}

/** Wakes waiters in order, up to the first that keeps waiting. */
function wake_in_turn(queue: Queue): boolean {
  let moved = false;
  for (;;) {
    const { first } = queue;
    if (first === null || !is_first(first)) return moved;
    if (first.waiter.wake()) moved = true;
    if (queue.first === first) return moved;
  }
}

function wake_all(queue: Queue): boolean {
  const waiters: Waiter[] = [];
  for (let at = queue.first; at !== null; at = at.next) waiters.push(at.waiter);
  let moved = false;
  for (const waiter of waiters) if (waiter.wake()) moved = true;
  return moved;
}

/** Ends a pause; returns whether there was one. */
function stop_backing_off(registration: Registration): boolean {
  if (registration.back_off === null) return false;
  clearTimeout(registration.back_off);
  registration.back_off = null;
  return true;
}

// A timerfd: a timer of the runtime costs 3 us for each wait.
const setting = new BigInt64Array(ITIMERSPEC_WORDS);

function set_timer(interval: bigint): void {
  itimerspec_set(setting, interval, interval);
  libc.timerfd_settime(timerfd, 0, setting, null);
  ticking = interval !== 0n;
}

/** Starts the check once a second of descriptors that others may close. */
function start_ticking(): void {
  if (ticking) return;
  if (timerfd === -1) {
    timerfd = libc.timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC_NONBLOCK);
    // No free descriptor: waits go on, and the next one tries again.
    if (timerfd === -1) return;
    close_at_thread_end(timerfd);
    epoll_event_set(entry.view, 0, EPOLLIN, timerfd);
    libc.epoll_ctl(epfd, EPOLL_CTL_ADD, timerfd, entry.address);
  }
  set_timer(CHECK_EVERY);
}

/**
 * Wakes the waiters of descriptors that others may have closed, and adds the descriptors again.
 */
function check_foreign(): void {
  // Setting the timer also clears its readiness.
  set_timer(foreign > 0 ? CHECK_EVERY : 0n);
  const waiters = new Set<Waiter>();
  const in_turn: Queue[] = [];
  const checked: Registration[] = [];
  for (const registration of registrations.values()) {
    const { fd, queues } = registration;
    // A number without waiters may belong to another file by now.
    if (registration.waiters === 0 && registration.owner === null) {
      forget(registration);
      registrations.delete(fd);
    }
    if (queues.every(({ owner, first }) => owner !== null || first === null)) {
      continue;
    }
    checked.push(registration);
    for (const queue of queues) {
      if (queue.in_turn) {
        in_turn.push(queue);
        continue;
      }
      for (let at = queue.first; at !== null; at = at.next) {
        waiters.add(at.waiter);
      }
    }
  }
  for (const waiter of waiters) waiter.wake();
  in_turn.forEach(wake_in_turn);
  for (const registration of checked) {
    if (registration.waiters === 0) continue;
    registration.armed = -1;
    rearm(registration);
  }
}
