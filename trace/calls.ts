/**
 * How each system call is described: its arguments and its result, in words.
 *
 * @module
 */

import {
  EPOLL_CTL_DEL,
  epoll_event_events,
  epoll_event_fd,
  EPOLL_EVENT_WORDS,
  FD_ISSET,
  fd_set_words,
  pollfd_events,
  pollfd_fd,
  pollfd_revents,
  POLLFD_WORDS,
  timeval_fields,
  TIMEVAL_SIZE,
} from "../ffi/structs.ts";
import { iovec_fields, IOVEC_WORDS, msghdr_iov } from "../ffi/msghdr.ts";
import { peek, peek_latin1, peek_string, peek_words } from "../ffi/peek.ts";
import {
  sockaddr_family,
  sockaddr_in6_fields,
  sockaddr_in_text,
  sockaddr_port,
  SOCKADDR_STORAGE_SIZE,
  sockaddr_un_path,
} from "../ffi/sockaddr.ts";
import { is_readable, is_writable, PATH_MAX } from "../ffi/descriptor.ts";
import { EPOLL_CLOEXEC, EPOLLIN, EPOLLOUT, EPOLLPRI } from "../py/select.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  inet_ntop,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
} from "../py/socket/mod.ts";
import type { Descriptors } from "./descriptors.ts";
import type { Draft } from "./draft.ts";
import { PREVIEW, type Readiness } from "./event.ts";
import {
  epoll_events,
  escaped,
  family_name,
  flags,
  level_name,
  message_flags,
  option_name,
  poll_events,
  seconds,
  type_name,
} from "./names.ts";

/** Arguments as libc takes them. */
export type Arguments = readonly unknown[];

/** Describes the calls of one function of libc. */
export interface Shape {
  /** The name to show, if it is not the table's. */
  readonly name?: string;
  /** Whether the call may wait; by default it does not. */
  readonly waits?: (args: Arguments, known: Descriptors) => boolean;
  /** Describes what the call will overwrite. */
  readonly before?: (draft: Draft, args: Arguments, known: Descriptors) => void;
  /** Describes the rest once it has returned. */
  readonly after: (draft: Draft, args: Arguments, known: Descriptors) => void;
}

const int = (argument: unknown): number => Number(argument);
const quoted = (text: unknown): string =>
  `"${escaped(peek_string(text, PATH_MAX))}"`;
const two_numbers = (args: Arguments): string => `${args[0]}, ${args[1]}`;

// A list shows this many descriptors and counts the rest.
const MOST_LISTED = 16;

function listed<T>(items: readonly T[], one: (item: T) => string): string {
  const shown = items.slice(0, MOST_LISTED).map(one);
  const left = items.length - shown.length;
  if (left > 0) shown.push(`and ${left} more`);
  return shown.join(", ");
}

/** An address as text: `127.0.0.1:80`, `[::1]:80`, a path, `@` and an abstract name. */
function address(memory: unknown, length: number): string {
  const bytes = peek(memory, Math.min(length, SOCKADDR_STORAGE_SIZE)).slice();
  if (bytes.length < 2) return "";
  const family = sockaddr_family(bytes);
  if (family === AF_INET) {
    return `${sockaddr_in_text(bytes)}:${sockaddr_port(bytes)}`;
  }
  if (family === AF_INET6) {
    const { address } = sockaddr_in6_fields(bytes);
    return `[${inet_ntop(AF_INET6, address)}]:${sockaddr_port(bytes)}`;
  }
  if (family !== AF_UNIX) return family_name(family);
  const path = new TextDecoder().decode(sockaddr_un_path(bytes, bytes.length));
  return escaped(path.replace(/^\0/, "@"));
}

/** An address that libc has filled in, with its length behind a pointer. */
function filled(memory: unknown, length: unknown): string {
  return address(memory, peek_words(length, 1)[0] ?? 0);
}

/** A call of which only numbers are shown, its first arguments. */
function plain(...names: ReadonlyArray<"fd" | "int">): Shape {
  return {
    after: (draft, args) => {
      draft.arguments = args.slice(0, names.length).join(", ");
      if (names[0] === "fd") draft.fd = int(args[0]);
    },
  };
}

const O_NONBLOCK = 2048;
/** Whether the flags in an argument have O_NONBLOCK. */
const nonblocking_at = (at: number) => (args: Arguments) =>
  (int(args[at]) & O_NONBLOCK) !== 0;

/** A call that makes a descriptor. */
function makes(
  kind: string,
  describe: (args: Arguments) => string,
  nonblocking: (args: Arguments) => boolean = () => false,
): Shape {
  return {
    after: (draft, args, known) => {
      draft.arguments = describe(args);
      if (draft.result < 0) return;
      draft.fd = draft.result;
      known.open(draft.result, kind, nonblocking(args));
    },
  };
}

/** A call that makes two descriptors, in an `int[2]`; its second argument has O_NONBLOCK. */
function makes_two(
  kind: string,
  describe: (args: Arguments) => string,
  where: number,
): Shape {
  return {
    after: (draft, args, known) => {
      draft.arguments = describe(args);
      if (draft.result < 0) return;
      const pair = [...peek_words(args[where], 2)];
      const nonblocking = nonblocking_at(1)(args);
      for (const fd of pair) known.open(fd, kind, nonblocking, true);
      draft.fd = pair[0]!;
      draft.outcome = `[${pair.join(", ")}]`;
      draft.watched = pair.map((fd) => [fd, 0]);
    },
  };
}

/** Whether a call on a descriptor may wait; `options`: which argument has flags. */
const blocks =
  (options: number | null) => (args: Arguments, known: Descriptors) =>
    known.get(int(args[0]))?.nonblocking !== true &&
    (options === null || (int(args[options]) & MSG_DONTWAIT) === 0);

// A stream that poll(2) calls writable has room for this much.
const ROOM = 4096;

/** Whether a call that moves bytes may wait. */
function may_wait(direction: "in" | "out", options: number | null) {
  const may_block = blocks(options);
  return (args: Arguments, known: Descriptors): boolean => {
    const fd = int(args[0]);
    return may_block(args, known) &&
      !(direction === "in"
        ? is_readable(fd)
        : int(args[2]) <= ROOM && is_writable(fd));
  };
}

// What the library adds to each call is not the program's.
const ADDED = MSG_DONTWAIT | MSG_NOSIGNAL;

function moved(
  draft: Draft,
  known: Descriptors,
  moves: "in" | "out",
  data: unknown,
): void {
  draft.moves = moves;
  const { result } = draft;
  if (result > 0) draft.preview = peek_latin1(data, Math.min(result, PREVIEW));
  else if (result === 0 && moves === "in" && known.get(draft.fd)?.stream) {
    draft.outcome = "0 (the end)";
  }
}

// Most calls ask a descriptor for as many bytes as before: a picture then keeps one text.
const pairs = new Map<number, { asked: number; text: string }>();

function pair(fd: number, asked: number): string {
  let known = pairs.get(fd);
  if (known === undefined || known.asked !== asked) {
    known = { asked, text: `${fd}, ${asked}` };
    pairs.set(fd, known);
  }
  return known.text;
}

/** Shows the descriptor, the bytes asked for, and flags; `options`: which argument has them. */
function asks(draft: Draft, args: Arguments, options: number | null): void {
  const shown = options === null ? 0 : int(args[options]) & ~ADDED;
  draft.arguments = pair(draft.fd, draft.asked);
  if (shown !== 0) draft.arguments += `, ${message_flags(shown)}`;
}

/** recv(2), send(2), read(2), write(2); `options`: which argument has flags. */
function moves(direction: "in" | "out", options: number | null): Shape {
  return {
    waits: may_wait(direction, options),
    after: (draft, args, known) => {
      draft.fd = int(args[0]);
      draft.asked = int(args[2]);
      asks(draft, args, options);
      moved(draft, known, direction, args[1]);
    },
  };
}

const received = moves("in", 3), sent = moves("out", 3);

const message_of = (args: Arguments) => msghdr_iov(args[1] as BigUint64Array);
const vector_of = (args: Arguments) => ({
  address: args[1],
  length: int(args[2]),
});

/** A call that moves bytes by an array of `struct iovec`; `options`: which argument has flags. */
function moves_parts(
  direction: "in" | "out",
  iov_of: (args: Arguments) => { address: unknown; length: number },
  options: number | null,
): Shape {
  return {
    waits: direction === "in" ? may_wait(direction, options) : blocks(options),
    after: (draft, args, known) => {
      draft.fd = int(args[0]);
      const iov = iov_of(args);
      const words = new BigUint64Array(
        peek(iov.address, 8 * IOVEC_WORDS * iov.length).slice().buffer,
      );
      let first = 0n, part = 0;
      for (let i = 0; i < iov.length; i++) {
        const { address, length } = iovec_fields(words, i);
        draft.asked += length;
        if (part === 0) [first, part] = [address, length];
      }
      asks(draft, args, options);
      moved(draft, known, direction, null);
      // The preview ends with the first part.
      const shown_length = Math.min(part, draft.result, PREVIEW);
      draft.preview = shown_length > 0 ? peek_latin1(first, shown_length) : "";
    },
  };
}

/** One of select's sets in the last call: most calls pass the same set again. */
class FdSet {
  #words = new Int32Array(0);
  #version = -1;
  fds: number[] = [];
  text = "";

  read(memory: unknown, nfds: number, known: Descriptors): this {
    const words = peek_words(memory, memory === 0n ? 0 : fd_set_words(nfds));
    const same = this.#words.length === words.length &&
      words.every((word, i) => word === this.#words[i]);
    if (same && this.#version === known.version) return this;
    if (!same) {
      this.#words = words.slice();
      this.fds = members(words, nfds);
    }
    this.#version = known.version;
    this.text = `[${listed(this.fds, (fd) => known.name(fd))}]`;
    return this;
  }
}

function members(words: Int32Array, nfds: number): number[] {
  const found: number[] = [];
  for (let fd = 0; fd < nfds && fd < 32 * words.length; fd++) {
    if (words[fd >>> 5] === 0) fd |= 31;
    else if (FD_ISSET(fd, words)) found.push(fd);
  }
  return found;
}

const sets = [new FdSet(), new FdSet(), new FdSet()] as const;
const EVENTS = [EPOLLIN, EPOLLOUT, EPOLLPRI] as const;
// The sets of the last call; most calls use them again.
let selected: readonly number[][] = [];
let watched: readonly Readiness[] = [];

/** What select's three sets watch or report. */
function readiness(sets: readonly number[][]): Readiness[] {
  return sets.flatMap((fds, i) => fds.map((fd): Readiness => [fd, EVENTS[i]!]));
}

const select: Shape = {
  waits: () => true,
  before: (draft, args, known) => {
    const nfds = int(args[0]);
    const lists = sets.map((set, i) => set.read(args[i + 1], nfds, known));
    const text = lists.map((list) => list.text).join(", ");
    // A set that has not changed keeps its array.
    if (lists.some(({ fds }, i) => fds !== selected[i])) {
      selected = lists.map(({ fds }) => fds);
      watched = readiness(selected);
    }
    draft.watched = watched;
    if (args[4] !== 0n) {
      const timeval = timeval_fields(peek(args[4], TIMEVAL_SIZE));
      draft.timeout = timeval.tv_sec + timeval.tv_usec / 1e6;
    }
    draft.arguments = `${text}, ${seconds(draft.timeout)}`;
  },
  after: (draft, args) => {
    draft.ready = [];
    if (draft.result < 0) return;
    const nfds = int(args[0]);
    const found = [1, 2, 3].map((at) =>
      draft.result === 0 || args[at] === 0n
        ? []
        : members(peek_words(args[at], fd_set_words(nfds)), nfds)
    );
    draft.ready = readiness(found);
    if (draft.result === 0) return timed_out(draft);
    if (found[2]!.length === 0) found.pop();
    draft.outcome = found.map((fds) => `[${listed(fds, String)}]`).join(", ");
  },
};

function timed_out(draft: Draft): void {
  draft.outcome = draft.timeout === 0 ? "nothing ready" : "timed out";
}

const limit = (milliseconds: unknown) =>
  int(milliseconds) < 0 ? null : int(milliseconds) / 1000;

function reported(
  draft: Draft,
  ready: readonly Readiness[],
  events: (mask: number) => string,
): void {
  draft.ready = ready;
  if (ready.length === 0) return timed_out(draft);
  draft.outcome = listed(ready, ([fd, mask]) => `fd ${fd} ${events(mask)}`);
}

const poll: Shape = {
  waits: (args) => int(args[2]) !== 0,
  after: (draft, args, known) => {
    const count = int(args[1]);
    const pollfds = peek_words(args[0], POLLFD_WORDS * count);
    const watched: Readiness[] = [], ready: Readiness[] = [];
    for (let i = 0; i < count; i++) {
      const fd = pollfd_fd(pollfds, i), revents = pollfd_revents(pollfds, i);
      watched.push([fd, pollfd_events(pollfds, i)]);
      if (revents !== 0) ready.push([fd, revents]);
    }
    draft.watched = watched;
    draft.ready = [];
    draft.timeout = limit(args[2]);
    const list = listed(
      watched,
      ([fd, events]) => `${known.name(fd)} ${poll_events(events)}`,
    );
    draft.arguments = `[${list}], ${seconds(draft.timeout)}`;
    if (draft.result >= 0) reported(draft, ready, poll_events);
  },
};

const epoll_wait: Shape = {
  // An epoll descriptor is readable while it has events.
  waits: (args) => int(args[3]) !== 0 && !is_readable(int(args[0])),
  after: (draft, args) => {
    draft.epoll = int(args[0]);
    draft.timeout = limit(args[3]);
    draft.arguments = `${draft.epoll}, ${seconds(draft.timeout)}`;
    draft.ready = [];
    if (draft.result < 0) return;
    const entries = peek_words(args[1], EPOLL_EVENT_WORDS * draft.result);
    const ready: Readiness[] = [];
    for (let i = 0; i < draft.result; i++) {
      ready.push([epoll_event_fd(entries, i), epoll_event_events(entries, i)]);
    }
    reported(draft, ready, epoll_events);
  },
};

const OPERATIONS = ["", "EPOLL_CTL_ADD", "EPOLL_CTL_DEL", "EPOLL_CTL_MOD"];

const epoll_ctl: Shape = {
  after: (draft, args, known) => {
    const [epoll, operation, fd] = [int(args[0]), int(args[1]), int(args[2])];
    draft.epoll = epoll;
    draft.fd = fd;
    draft.arguments = `${epoll}, ${OPERATIONS[operation]}, ${known.name(fd)}`;
    const entry = operation === EPOLL_CTL_DEL
      ? null
      : peek_words(args[3], EPOLL_EVENT_WORDS);
    const events = entry === null ? 0 : epoll_event_events(entry, 0);
    draft.watched = [[fd, events]];
    if (entry !== null) draft.arguments += `, ${epoll_events(events)}`;
  },
};

const accept4: Shape = {
  waits: may_wait("in", null),
  after: (draft, args, known) => {
    draft.fd = int(args[0]);
    draft.arguments = String(draft.fd);
    if (draft.result < 0) return;
    const nonblocking = nonblocking_at(3)(args);
    const client = known.open(draft.result, "client", nonblocking, true);
    draft.peer = client.address = filled(args[1], args[2]);
    const from = draft.peer === "" ? "" : ` from ${draft.peer}`;
    draft.outcome = `${draft.result}${from}`;
  },
};

const getaddrinfo: Shape = {
  waits: () => true,
  after: (draft, args) => {
    const [node, service] = args.slice(0, 2).map((text) =>
      text === null || text === 0n ? "None" : quoted(text)
    );
    draft.arguments = `${node}, ${service}`;
    draft.outcome = draft.result === 0 ? "found" : `${draft.result}`;
  },
};

/** A look-up of an address, which is not shown. */
const looks_back: Shape = { waits: () => true, after: () => {} };

/** A look-up of a name, which is in a buffer. */
const looks_up: Shape = {
  waits: () => true,
  after: (draft, args) => {
    draft.arguments = quoted(args[0]);
  },
};

const COMMANDS: Readonly<Record<number, string>> = {
  1: "F_GETFD",
  2: "F_SETFD",
  3: "F_GETFL",
  1030: "F_DUPFD_CLOEXEC",
};
const STATUS = { O_WRONLY: 1, O_RDWR: 2, O_APPEND: 1024, O_NONBLOCK };
const F_SETFD = 2, F_GETFL = 3, F_DUPFD_CLOEXEC = 1030;

const fcntl: Shape = {
  after: (draft, args, known) => {
    const [fd, command, argument] = args.map(int) as [number, number, number];
    draft.fd = fd;
    draft.arguments = `${fd}, ${COMMANDS[command] ?? command}`;
    if (command === F_SETFD) {
      draft.arguments += `, ${flags(argument, { FD_CLOEXEC: 1 })}`;
    }
    if (draft.result < 0) return;
    if (command === F_DUPFD_CLOEXEC) known.duplicate(fd, draft.result);
    if (command !== F_GETFL) return;
    draft.outcome = flags(draft.result & ~0x8000, STATUS);
    const descriptor = known.get(fd);
    if (descriptor !== undefined) {
      descriptor.nonblocking = (draft.result & O_NONBLOCK) !== 0;
    }
  },
};

const duplicates: Shape = {
  after: (draft, args, known) => {
    draft.fd = int(args[0]);
    draft.arguments = two_numbers(args);
    if (draft.result >= 0) known.duplicate(draft.fd, draft.result);
  },
};

const REQUESTS: Readonly<Record<number, string>> = {
  0x5421: "FIONBIO",
  0x8910: "SIOCGIFNAME",
  0x8933: "SIOCGIFINDEX",
};

/** A value of setsockopt(2): most are an int. */
function value(memory: unknown, length: number): string {
  return length === 4 ? String(peek_words(memory, 1)[0]) : `${length} bytes`;
}

/** The first arguments of getsockopt(2) and setsockopt(2): `5, SOL_SOCKET, SO_ERROR`. */
function names_option(draft: Draft, args: Arguments): void {
  const level = int(args[1]);
  const option = option_name(level, int(args[2]));
  draft.fd = int(args[0]);
  draft.arguments = `${draft.fd}, ${level_name(level)}, ${option}`;
}

/** bind(2) and connect(2): `5, 127.0.0.1:80`. */
function takes_address(draft: Draft, args: Arguments): string {
  draft.fd = int(args[0]);
  const peer = draft.peer = address(args[1], int(args[2]));
  draft.arguments = `${draft.fd}, ${peer}`;
  return peer;
}

/** getsockname(2) and getpeername(2). */
function returns_address(draft: Draft, args: Arguments): void {
  draft.fd = int(args[0]);
  draft.arguments = String(draft.fd);
  if (draft.result >= 0) draft.outcome = filled(args[1], args[2]) || "unnamed";
}

const HOW = ["SHUT_RD", "SHUT_WR", "SHUT_RDWR"];

/** The shapes of the functions in ffi/libc.ts. */
export const shapes: Readonly<Record<string, Shape>> = {
  select,
  poll,
  epoll_ctl,
  epoll_wait,
  accept4,
  recv: received,
  recvfrom: {
    name: "recv",
    waits: received.waits!,
    after: (draft, args, known) => {
      received.after(draft, args, known);
      if (args[4] === 0n) return;
      draft.name = "recvfrom";
      if (draft.result < 0) return;
      draft.peer = filled(args[4], args[5]);
      if (draft.peer !== "") draft.outcome += ` from ${draft.peer}`;
    },
  },
  sendto: {
    name: "send",
    waits: sent.waits!,
    after: (draft, args, known) => {
      sent.after(draft, args, known);
      if (args[4] === null) return;
      draft.name = "sendto";
      draft.peer = address(args[4], int(args[5]));
      draft.arguments += `, ${draft.peer}`;
    },
  },
  sendmsg: moves_parts("out", message_of, 2),
  recvmsg: moves_parts("in", message_of, 2),
  read: moves("in", null),
  write: moves("out", null),
  readv: moves_parts("in", vector_of, null),
  writev: moves_parts("out", vector_of, null),
  preadv2: moves_parts("in", vector_of, null),
  pwritev2: moves_parts("out", vector_of, null),
  statx: plain("fd"),
  sendfile: {
    waits: blocks(null),
    after: (draft, args, known) => {
      draft.fd = int(args[0]);
      draft.asked = int(args[3]);
      draft.arguments = `${draft.fd}, ${int(args[1])}, ${draft.asked}`;
      moved(draft, known, "out", null);
    },
  },
  ioctl: {
    after: (draft, args, known) => {
      draft.fd = int(args[0]);
      const name = REQUESTS[int(args[1])] ?? args[1];
      draft.arguments = `${draft.fd}, ${name}`;
      if (name === "FIONBIO") {
        const on = peek_words(args[2], 1)[0];
        draft.arguments += `, ${on}`;
        known.socket(draft.fd).nonblocking = on !== 0;
      }
    },
  },
  close: {
    after: (draft, args, known) => {
      draft.fd = int(args[0]);
      draft.arguments = known.name(draft.fd);
      known.close(draft.fd);
    },
  },

  socket: {
    after: (draft, args, known) => {
      const family = family_name(int(args[0])), type = int(args[1]);
      draft.arguments = `${family}, ${type_name(type)}, ${args[2]}`;
      if (draft.result < 0) return;
      draft.fd = draft.result;
      const nonblocking = nonblocking_at(1)(args), stream = (type & 15) === 1;
      known.open(draft.fd, "socket", nonblocking, stream);
    },
  },
  socketpair: makes_two(
    "socket",
    (args) => `${family_name(int(args[0]))}, ${type_name(int(args[1]))}`,
    3,
  ),
  bind: {
    after: (draft, args, known) => {
      const peer = takes_address(draft, args);
      if (draft.result === 0) known.socket(draft.fd).address = peer;
    },
  },
  connect: {
    waits: blocks(null),
    after: (draft, args, known) => {
      const peer = takes_address(draft, args);
      known.rename(draft.fd, "socket", peer);
    },
  },
  listen: {
    after: (draft, args, known) => {
      draft.fd = int(args[0]);
      draft.arguments = `${draft.fd}, ${int(args[1])}`;
      if (draft.result === 0) {
        known.rename(draft.fd, "listener", known.socket(draft.fd).address);
      }
    },
  },
  shutdown: {
    after: (draft, args) => {
      draft.fd = int(args[0]);
      draft.arguments = `${draft.fd}, ${HOW[int(args[1])] ?? args[1]}`;
    },
  },
  getsockname: {
    after: (draft, args, known) => {
      returns_address(draft, args);
      if (draft.result < 0) return;
      // After bind() to port 0, the kernel has chosen a port.
      const descriptor = known.get(draft.fd);
      if (descriptor?.address.endsWith(":0")) {
        descriptor.address = draft.outcome;
      }
    },
  },
  getpeername: { after: returns_address },
  getsockopt: {
    after: (draft, args) => {
      names_option(draft, args);
      if (draft.result < 0) return;
      draft.outcome = value(args[3], peek_words(args[4], 1)[0] ?? 0);
    },
  },
  setsockopt: {
    after: (draft, args) => {
      names_option(draft, args);
      draft.arguments += `, ${value(args[3], int(args[4]))}`;
    },
  },

  epoll_create1: makes(
    "epoll",
    (args) => flags(int(args[0]), { EPOLL_CLOEXEC }),
  ),
  eventfd: makes("eventfd", two_numbers, nonblocking_at(1)),
  eventfd_write: plain("fd", "int"),
  timerfd_create: makes("timer", two_numbers, nonblocking_at(1)),
  timerfd_settime: plain("fd", "int"),
  timerfd_gettime: plain("fd"),
  memfd_create: makes("file", (args) => quoted(args[0])),
  pidfd_open: makes("process", two_numbers),
  pipe2: makes_two("pipe", (args) => String(args[1]), 0),
  openat: makes(
    "file",
    (args) => `${args[0]}, ${quoted(args[1])}, ${args[2]}`,
  ),
  readlink: plain(),
  dup2: duplicates,
  dup3: duplicates,
  fcntl,
  lseek: plain("fd", "int", "int"),
  ftruncate: plain("fd", "int"),
  fsync: plain("fd"),
  fdatasync: plain("fd"),
  isatty: plain("fd"),
  ttyname_r: plain("fd"),
  posix_openpt: makes("terminal", (args) => String(args[0])),
  grantpt: plain("fd"),
  unlockpt: plain("fd"),
  ptsname_r: plain("fd"),

  getaddrinfo,
  getaddrinfo_parked: getaddrinfo,
  getnameinfo: looks_back,
  getnameinfo_parked: looks_back,
  gethostname: plain(),
  sethostname: looks_up,
  gethostbyname_r: looks_up,
  gethostbyname_r_parked: looks_up,
  gethostbyaddr_r: looks_back,
  gethostbyaddr_r_parked: looks_back,
  if_nameindex: plain(),
  if_nametoindex: looks_up,
  if_indextoname: plain("int"),
};
