/**
 * Finds faults of a loop.
 *
 * @module
 */

import { is_readable, unread } from "../ffi/descriptor.ts";
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  POLLNVAL,
} from "../py/select.ts";
import type { Descriptors } from "./descriptors.ts";
import type { Call, Mark, Trouble } from "./event.ts";

const TO_READ = EPOLLIN | EPOLLPRI | EPOLLHUP | EPOLLERR | EPOLLRDHUP;

// A sound loop has a spurious wake-up now and then; one that spins has thousands a second.
const MOST_FRUITLESS = 50;
const MOST_SECONDS_APART = 0.02;
// One idle report is common: the loop finds its queue empty, and drops the interest.
const MOST_IDLE = 20;

// Seconds that a client may wait while others are served.
const STARVED = 1;
// A call this long blocks a loop, if the loop serves at least this many descriptors.
const BLOCKED = 0.2;
const MANY = 3;

/** The paragraphs of docs/guide.md. */
const PARAGRAPHS: Readonly<Record<Trouble, string>> = {
  "spin": "a-loop-that-spins",
  "idle write interest": "a-write-interest-with-nothing-to-write",
  "left behind": "a-single-read-after-an-edge",
  "closed but registered": "a-descriptor-closed-but-registered",
  "starved": "a-client-that-waits",
  "blocked": "a-call-that-blocks-a-loop",
};

// Calls that only ask do not count as progress.
const QUESTIONS = new Set([
  "fcntl",
  "getpeername",
  "getsockname",
  "getsockopt",
  "ioctl",
  "isatty",
]);

/** A series of reports on which the loop did not act. */
interface Run {
  times: number;
  /** The time of the first. */
  since: number;
  /** The loop's progress at that time; more progress begins a new series. */
  progress: number;
}

/** The state of a descriptor. */
interface Watched {
  /** Reported readable, and nothing was read. */
  readonly fruitless: Run;
  /** Reported writable, and nothing was written. */
  readonly idle: Run;
  /** The last read or accept. */
  last: Call | null;
  /** When it was reported readable, if it has not been read since. */
  waiting: number | null;
  /** The number of the loop's reads and writes at that time. */
  served: number;
  /** A reported edge: its epoll object, the reads since, and whether they drained it. */
  edge: { epoll: number; reads: number; drained: boolean } | null;
  /** Whether its last send fell short: it may be left unread on purpose. */
  congested: boolean;
  /** The troubles that were reported for it. */
  readonly marked: Set<Trouble>;
}

/** Watches the calls of a loop and marks what is wrong. */
export class Troubles {
  readonly #known: Descriptors;
  readonly #report: (mark: Mark) => void;
  readonly #descriptors = new Map<number, Watched>();
  /** The registered descriptors and their events, by epoll object. */
  readonly #registered = new Map<number, Map<number, number>>();
  /** Closed while registered, by epoll object. */
  readonly #left = new Map<number, Set<number>>();
  /** Descriptors with an edge since the last wait, and descriptors that wait to be read. */
  readonly #edges = new Set<number>();
  readonly #waiting = new Set<number>();
  #progress = 0;
  #served = 0;
  #loop = 0;

  /**
   * @param known What descriptors are.
   * @param report Takes each mark.
   */
  constructor(known: Descriptors, report: (mark: Mark) => void) {
    this.#known = known;
    this.#report = report;
  }

  /** Checks edges that were not drained, before a wait. */
  before_wait(epoll: number, time: number): void {
    for (const fd of this.#edges) {
      const watched = this.#descriptors.get(fd);
      const edge = watched?.edge;
      if (watched === undefined || !edge || edge.epoll !== epoll) continue;
      this.#edges.delete(fd);
      watched.edge = null;
      if (edge.reads === 0 || edge.drained || watched.congested) continue;
      if (!is_readable(fd)) continue;
      const listener = this.#known.get(fd)?.kind === "listener";
      const count = listener ? 0 : unread(fd);
      const what = listener
        ? "more clients wait to be accepted"
        : count > 0
        ? `${count.toLocaleString("en")} bytes are left`
        : "there is more to read";
      this.#mark(
        "left behind",
        fd,
        time,
        `fd ${fd} is registered with EPOLLET, was read ${times(edge.reads)} ` +
          `after its edge, and ${what}: they are not reported again. ` +
          `Read until EAGAIN.`,
      );
    }
  }

  /** Checks a call that has returned. */
  see(call: Call): void {
    // The calls after a twin's wait show what it found.
    if (call.kind === "wait") return;
    const end = call.time + call.took;
    if (call.name === "epoll_ctl") this.#registers(call);
    if (call.ready !== null || call.watched !== null) this.#waits(call, end);
    else this.#acts(call);
    this.#blocks(call, end);
  }

  #of(fd: number): Watched {
    let watched = this.#descriptors.get(fd);
    if (watched === undefined) {
      watched = {
        fruitless: { times: 0, since: 0, progress: -1 },
        idle: { times: 0, since: 0, progress: -1 },
        last: null,
        waiting: null,
        served: 0,
        edge: null,
        congested: false,
        marked: new Set(),
      };
      this.#descriptors.set(fd, watched);
    }
    return watched;
  }

  #registers({ epoll, fd, watched, result }: Call): void {
    if (result === -1) return;
    let registered = this.#registered.get(epoll);
    if (registered === undefined) {
      this.#registered.set(epoll, registered = new Map());
    }
    const events = watched?.[0]?.[1] ?? 0;
    if (events === 0 && registered.has(fd)) registered.delete(fd);
    else registered.set(fd, events);
    this.#left.get(epoll)?.delete(fd);
    this.#progress++;
    this.#forget(fd);
  }

  /** Forgets a closed descriptor, but remembers the epoll objects that still have it. */
  #closes(fd: number): void {
    this.#descriptors.delete(fd);
    this.#edges.delete(fd);
    this.#waiting.delete(fd);
    this.#registered.delete(fd);
    this.#left.delete(fd);
    for (const [epoll, registered] of this.#registered) {
      if (!registered.delete(fd)) continue;
      const left = this.#left.get(epoll);
      if (left === undefined) this.#left.set(epoll, new Set([fd]));
      else left.add(fd);
    }
  }

  #waits(call: Call, time: number): void {
    if (call.name === "epoll_ctl") return;
    const { ready, watched, error } = call;
    const size = watched?.length ?? this.#registered.get(call.epoll)?.size ?? 0;
    if (size > 1) this.#loop = size;
    if (error === "EBADF" && watched !== null) {
      for (const [fd] of watched) {
        if (this.#known.get(fd) === undefined) this.#closed(call, fd, time);
      }
    }
    for (const [fd, events] of ready ?? []) {
      this.#reported(call, fd, events, time);
    }
    for (const fd of this.#waiting) this.#starves(fd, call.time);
  }

  #closed(call: Call, fd: number, time: number): void {
    this.#mark(
      "closed but registered",
      fd,
      time,
      `fd ${fd} is closed, and ${call.name} still watches it. Take it out of ` +
        `the list before you close it.`,
    );
  }

  #reported(call: Call, fd: number, events: number, time: number): void {
    if (call.name === "poll" && events & POLLNVAL) {
      return this.#closed(call, fd, time);
    }
    // epoll forgets a closed descriptor, unless a duplicate keeps it open.
    if (this.#left.get(call.epoll)?.has(fd)) {
      return this.#mark(
        "closed but registered",
        fd,
        time,
        `epoll ${call.epoll} still reports fd ${fd}, which was closed while it ` +
          `was registered: a duplicate keeps it open. Unregister it first.`,
      );
    }
    const watched = this.#of(fd);
    const registered = this.#registered.get(call.epoll)?.get(fd) ?? 0;
    if (registered & EPOLLET) {
      if (events & TO_READ) {
        watched.edge = { epoll: call.epoll, reads: 0, drained: false };
        this.#edges.add(fd);
      }
      return;
    }
    if (events & TO_READ) this.#to_read(watched, call, fd, events, time);
    if (events & EPOLLOUT) this.#to_write(watched, call, fd, time);
  }

  #to_read(
    watched: Watched,
    call: Call,
    fd: number,
    events: number,
    time: number,
  ): void {
    // Deno reads its standard input itself, which no trace sees.
    const unseen = this.#known.get(fd)?.kind === "stdin";
    if (unseen && watched.last === null) return;
    if (watched.waiting === null) {
      watched.waiting = time;
      watched.served = this.#served;
      this.#waiting.add(fd);
    }
    if (!repeats(watched.fruitless, this.#progress, time, MOST_FRUITLESS)) {
      return;
    }
    const { last } = watched;
    const came = last === null
      ? "nothing was called"
      : `${last.name} = ${last.outcome}`;
    const why = events & (EPOLLHUP | EPOLLERR)
      ? " It has hung up or failed, which is reported for ever."
      : "";
    this.#mark(
      "spin",
      fd,
      time,
      `${call.name} reported fd ${fd} ${watched.fruitless.times} times in a ` +
        `row, and nothing came of it: ${came}.${why} Close it, or stop ` +
        `watching it.`,
    );
  }

  #to_write(watched: Watched, call: Call, fd: number, time: number): void {
    // Progress 0: other descriptors' progress does not end this series.
    if (!repeats(watched.idle, 0, time, MOST_IDLE)) return;
    this.#mark(
      "idle write interest",
      fd,
      time,
      `${call.name} reported ${watched.idle.times} times that fd ${fd} can be ` +
        `written, and nothing was. Ask for it only while something is queued.`,
    );
  }

  #starves(fd: number, time: number): void {
    const watched = this.#descriptors.get(fd);
    if (watched?.waiting == null) return;
    const others = this.#served - watched.served;
    if (others === 0 || time - watched.waiting <= STARVED) return;
    this.#mark(
      "starved",
      fd,
      time,
      `fd ${fd} has been ready to read for ${
        (time - watched.waiting).toFixed(1)
      } s, while others were served ${times(others)}. Serve all that a wait ` +
        `returns before the next one.`,
    );
  }

  #acts(call: Call): void {
    const { fd, result } = call;
    if (call.name === "close") {
      this.#closes(fd);
      this.#progress++;
      return;
    }
    if (fd === -1) return;
    const accepts = call.name === "accept4";
    if (call.moves === null && !accepts) {
      if (result !== -1 && !QUESTIONS.has(call.name)) this.#progress++;
      return;
    }
    const watched = this.#descriptors.get(fd);
    if (call.moves === "out") {
      if (result > 0) this.#progresses();
      if (watched === undefined) return;
      watched.idle.times = 0;
      watched.congested = result < call.asked;
      return;
    }
    if (result > 0 || (accepts && result >= 0)) this.#progresses();
    if (watched === undefined) return;
    watched.last = call;
    if (watched.waiting !== null) {
      watched.waiting = null;
      this.#waiting.delete(fd);
    }
    const { edge } = watched;
    if (edge === null) return;
    edge.reads++;
    edge.drained = accepts ? result < 0 : result < call.asked;
  }

  #progresses(): void {
    this.#progress++;
    this.#served++;
  }

  #forget(fd: number): void {
    const watched = this.#descriptors.get(fd);
    if (watched === undefined) return;
    watched.idle.times = 0;
    watched.waiting = null;
    this.#waiting.delete(fd);
    // EPOLL_CTL_MOD checks the level: it reports bytes that are left again.
    watched.edge = null;
    this.#edges.delete(fd);
  }

  #blocks(call: Call, time: number): void {
    if (call.took < BLOCKED) return;
    const alone = call.name === "poll" && call.watched?.length === 1;
    const loop = call.ready !== null && !alone;
    if (loop || this.#loop < MANY) return;
    const fd = alone ? call.watched![0]![0] : call.fd;
    const known = this.#known.get(fd);
    if (known?.kind === "epoll") return;
    // A non-blocking call that is slow was only not scheduled.
    if (known?.nonblocking && !alone) return;
    this.#mark(
      "blocked",
      fd,
      time,
      `${call.name}(${call.arguments}) took ${call.took.toFixed(1)} s, and ` +
        `${
          this.#loop - 1
        } others that the loop serves waited meanwhile. Make ` +
        `it non-blocking, or wait with the Async twin.`,
    );
  }

  #mark(trouble: Trouble, fd: number, time: number, text: string): void {
    const { marked } = this.#of(fd);
    if (marked.has(trouble)) return;
    marked.add(trouble);
    const page = `../docs/guide.md#${PARAGRAPHS[trouble]}`;
    const link = new URL(page, import.meta.url).href;
    this.#report({ kind: "mark", trouble, time, fd, text, link });
  }
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** Counts a report; returns whether there were `most` in a short time. */
function repeats(
  run: Run,
  progress: number,
  time: number,
  most: number,
): boolean {
  if (run.times === 0 || run.progress !== progress) {
    run.times = 0;
    run.since = time;
    run.progress = progress;
  }
  run.times++;
  if (run.times < most) return false;
  if ((time - run.since) / run.times < MOST_SECONDS_APART) return true;
  run.times = 0;
  return false;
}
