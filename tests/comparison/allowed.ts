import { errno, socket } from "@iomux/py";
import type { Op, Outcome } from "./program.ts";

/** An earlier call, and its outcome in CPython. */
type Past = readonly [op: Op, theirs: Outcome];

/** An intended difference: a row of the table in docs/porting.md. */
export interface Allowed {
  /** The row's first words. */
  readonly name: string;
  /** The minor version of CPython 3 that has changed to this behaviour; such an entry has no row. */
  readonly before?: number;
  /** Whether only Async twins differ. */
  readonly twins?: boolean;
  /** Whether the rest of the program differs, too. */
  readonly ends?: boolean;
  /** Whether it ends the comparison even if these outcomes are equal. */
  readonly always?: boolean;
  /** Whether it explains two different outcomes. */
  readonly when?: (
    op: Op,
    theirs: Outcome,
    ours: Outcome,
    before: readonly Past[],
  ) => boolean;
  /** Removes the difference from an outcome; another entry may explain the rest. */
  readonly without?: (outcome: string) => string;
}

// Errors that a call returns at once for a socket that is never ready.
const at_once = [
  errno.ENOTCONN,
  errno.EISCONN,
  errno.EOPNOTSUPP,
  errno.EINVAL,
  errno.EPIPE,
];

/** All intended differences. */
export const allowed: readonly Allowed[] = [
  {
    name: "getaddrinfo() and a port beyond a C long (gh-74895)",
    before: 13,
    when: ({ call, args }, theirs) =>
      call === "socket.getaddrinfo" && theirs[1] === "OverflowError" &&
      JSON.stringify(args[1]).includes('{"number":'),
  },
  {
    name: "setblocking() takes integers alone",
    before: 13,
    ends: true,
    when: ({ call }, theirs, ours) =>
      call.endsWith("blocking") && theirs[0] === "error" &&
      ours[0] === "value",
  },
  {
    name: "setblocking() cuts a C long to a C int",
    before: 12,
    ends: true,
    always: true,
    // -2 ** 63 becomes 0: the descriptor does not block, though the socket says that it does.
    when: ({ call, args }) =>
      call.endsWith(".setblocking") &&
      JSON.stringify(args).includes('{"number":'),
  },
  {
    name: "names of abstract sockets",
    without: (outcome) =>
      outcome.replaceAll('"abstract ', '"').replace(
        /=b'([^']*)'/g,
        "=$1",
      ),
  },
  {
    name: "`String(sock)`",
    without: (outcome) =>
      outcome.replace(
        /=(AF|SOCK)_\w+/g,
        (name) => `=${socket[name.slice(1) as "AF_INET"]}`,
      ),
  },
  {
    name: "a listener after `acceptAsync`",
    twins: true,
    when: ({ call }, theirs, ours, before) => {
      if (!before.some(([op]) => op.call.endsWith(".accept"))) return false;
      if (call === "os.get_blocking") return theirs[1] === true && !ours[1];
      // Its duplicates are non-blocking, too.
      if (theirs[0] === "would block") return ours[0] === "error";
      // It does not notice that a duplicate has made it non-blocking.
      return ours[0] === "would block";
    },
  },
  {
    name: "a call with a time-out",
    when: ({ call, args }, theirs, ours, before) =>
      theirs[1] === "TimeoutError" &&
      // Data that fits is sent, and available data is received; more has to wait here, too.
      ((ours[0] === "value" &&
        (/\.send\w*$/.test(call)
          ? !JSON.stringify(args).includes("400000")
          : /\.recv\w*$/.test(call) && has_low_water_mark(before))) ||
        at_once.includes(ours[2] as number) ||
        (ours[2] === errno.EBADF && JSON.stringify(args).includes("-1"))),
  },
  {
    name: "a selector's wrong events",
    ends: true,
    always: true,
    // modify() of CPython accepts them, or has unregistered the file before it fails.
    when: ({ call, args }, theirs, ours) =>
      call.startsWith("$s") &&
      (call.endsWith(".modify") ||
        (call.endsWith(".register") && theirs[1] !== ours[1])) &&
      (ours[1] === "ValueError" || ours[1] === "TypeError") &&
      ![1, 2, 3].includes(args[1] as number),
  },
  {
    name: "`select()` and a closed descriptor above all others",
    ends: true,
    when: ({ call }, theirs, ours) =>
      call.endsWith(".select") && theirs[0] === "value" &&
      ours[2] === errno.EBADF,
  },
  {
    name: "`select()` and descriptors above 1,023",
    ends: true,
    when: ({ call, args }, theirs, ours) =>
      call.endsWith(".select") && theirs[1] === "ValueError" &&
      (ours[2] === 9 || JSON.stringify(args).includes("5000")),
  },
  {
    name: "numbers above 2^53",
    when: (_, theirs, ours) =>
      theirs[0] === "value" && typeof theirs[1] === "string" &&
      Number(theirs[1]) === Number(ours[1]),
  },
  {
    name: "an item that a `PriorityQueue` cannot compare",
    ends: true,
    when: ({ call }, theirs, ours, before) => {
      const [owner] = call.split(".");
      const failed = (outcome: Outcome) => outcome[1] === "TypeError";
      return owner!.startsWith("$q") &&
        (failed(theirs) || failed(ours) ||
          before.some(([{ call }, outcome]) =>
            call.startsWith(`${owner}.`) && failed(outcome)
          ));
    },
  },
  {
    name: "`send_fds()`, `recv_fds()`",
    ends: true,
    always: true,
    // After equal results, the received bytes may differ in the next call.
    when: ({ call, args }, theirs, ours) =>
      call === "socket.recv_fds" && args.length > 3 && args[3] !== 0 &&
      (theirs[0] === "value" || theirs[2] !== ours[2] ||
        theirs[1] !== ours[1]),
  },
  {
    name: "of two wrong arguments",
    when: ({ call, args }, theirs, ours, before) => {
      const [owner] = call.split(".");
      const closed = before.some(([op]) => op.call === `${owner}.close`);
      const wrong = JSON.stringify(args).match(
        /"number":|"long":|null|true|-\d|\.5|"text"|"\d*"|\[\]|\[1,2\]|\\u0000|<|65536|70000|\d{6}/g,
      ) ?? [];
      const is_of_arguments = ([, name, number]: Outcome) =>
        ["TypeError", "ValueError", "OverflowError"].includes(name as string) ||
        // A path that is too long, or a host of another family.
        (name === "OSError" && number === null);
      return wrong.length + (closed ? 1 : 0) > 1 && is_of_arguments(theirs) &&
        is_of_arguments(ours);
    },
  },
  {
    name: "`MSG_TRUNC`",
    when: ({ args }, theirs, ours) =>
      JSON.stringify(args).includes("MSG_TRUNC") && theirs[0] === "value" &&
      ours[0] === "value",
  },
  {
    name: "received descriptors",
    without: (outcome) =>
      outcome.replaceAll(/(\["received \d+"),(true|false)\]/g, "$1]"),
  },
  {
    name: "truth",
    ends: true,
    when: ({ call, args }, _, ours) =>
      call.endsWith("blocking") && ours[1] === "TypeError" &&
      !["number", "boolean"].includes(typeof args.at(-1)),
  },
  {
    name: "a twin where nothing is ready",
    twins: true,
    ends: true,
    when: ({ call }, theirs, ours, before) => {
      const would_block = theirs[1] === "BlockingIOError";
      if (would_block && ours[1] === "NeverSettled") return true;
      // A full queue of an AF_UNIX listener, or a slow connection.
      if (/\.connect(_ex)?$/.test(call)) return would_block;
      // The kernel reports the shutdown of a datagram socket, or of a listener of AF_UNIX, only to
      // blocking calls.
      return (would_block || theirs[1] === "TimeoutError") &&
        before.some(([op]) => op.call.endsWith(".shutdown")) &&
        (/\.recv\w*$/.test(call)
          ? is_of_no_bytes(ours)
          : call.endsWith(".accept") && ours[2] === errno.EINVAL);
    },
  },
  {
    name: "a time-out, and a duplicate that blocks",
    ends: true,
    when: (_, theirs, ours, before) =>
      theirs[0] === "value" &&
      (ours[1] === "TimeoutError" || ours[1] === "BlockingIOError") &&
      before.some(([{ call }]) => call.endsWith(".shutdown")) &&
      before.some(([{ call }]) => call.endsWith("blocking")),
  },
  {
    name: "`MSG_ZEROCOPY`",
    when: ({ args }, _, ours) =>
      ours[1] === "ValueError" && args.some((arg) => arg === -1),
  },
  {
    name: "`sendfile()`",
    ends: true,
    // For a record socket, or a file without bytes, CPython checks nothing else.
    when: ({ call }, theirs, ours, before) =>
      call.endsWith(".sendfile") && ours[0] === "error" &&
      (theirs[0] === "error" || theirs[1] === 0 ||
        JSON.stringify(before).includes("SOCK_SEQPACKET")),
  },
  {
    name: "`sendfile()` that fails",
    ends: true,
    always: true,
    when: ({ call, args }, theirs, ours) =>
      /^\$.*\.sendfile$/.test(call) && theirs[0] === "error" &&
      ours[0] === "error" &&
      // CPython changes the offset after it has sent data.
      (ours[2] !== null || args[1] === null),
  },
  {
    name: "`modify()` of a `SelectSelector`",
    ends: true,
    when: ({ call }, theirs, ours, before) =>
      (theirs[0] === "value" ||
        // A closed file is unregistered, and cannot be registered again.
        (call.endsWith(".modify") && theirs[1] === "ValueError")) &&
      ours[0] === "value" &&
      is_select_selector(call, before) &&
      before.some(([{ call: earlier }]) =>
        call.endsWith(".modify") ||
        earlier === `${call.split(".")[0]}.modify`
      ),
  },
  {
    name: "a string for bytes or for a list",
    ends: true,
    when: ({ call, args }, theirs, ours) =>
      /\.(select|send\w*|recv\w*|setsockopt|readv|writev)$/.test(call) &&
      (theirs[1] === "TypeError" || ours[1] === "TypeError") &&
      args.some((arg) => typeof arg === "string"),
  },
  {
    name: "numbers beyond a C int",
    ends: true,
    when: ({ call, args }, _, ours) =>
      call !== "socket.getaddrinfo" && ours[1] === "OverflowError" &&
      JSON.stringify(args).includes('{"number":'),
  },
  {
    name: "bytes as a host or a port",
    // CPython makes the call.
    ends: true,
    when: ({ args }, theirs, ours) =>
      theirs[1] !== "TypeError" && ours[1] === "TypeError" &&
      JSON.stringify(args).includes('{"hex":'),
  },
  {
    name: "a port of another type",
    when: ({ call, args }, theirs, ours) =>
      call === "socket.getaddrinfo" && typeof args[1] !== "string" &&
      !Number.isInteger(args[1]) && theirs[0] === "error" &&
      ours[1] === "TypeError",
  },
  {
    name: "a host or a path with a NUL",
    ends: true,
    when: ({ args }, _, ours) =>
      ours[1] === "ValueError" &&
      JSON.stringify(args).includes("\\u0000"),
  },
  {
    name: "`%scope` in an address",
    ends: true,
    when: ({ call, args }, _, ours) =>
      !call.startsWith("socket.inet_") && ours[1] !== "TypeError" &&
      JSON.stringify(args).includes("%lo"),
  },
  {
    name: "a port out of range",
    when: (_, theirs, ours) =>
      theirs[1] === "gaierror" && ours[1] === "OverflowError",
  },
  {
    name: "the order of `SelectSelector.select()`",
    when: ({ call }, theirs, ours, before) => {
      const sorted = ([, list]: Outcome) =>
        (list as unknown[]).map((it) => JSON.stringify(it)).sort().join();
      return call.endsWith(".select") && theirs[0] === "value" &&
        ours[0] === "value" && is_select_selector(call, before) &&
        sorted(theirs) === sorted(ours);
    },
  },
  {
    name: "`inet_aton()` and a space",
    when: ({ call, args }, theirs, ours) =>
      call === "socket.inet_aton" && /\s/.test(String(args[0])) &&
      theirs[0] === "value" && ours[2] === null,
  },
  {
    name: "`os.eventfd_read()` of another descriptor",
    when: ({ call }, theirs, ours) =>
      call === "os.eventfd_read" && theirs[2] === 0 && ours[2] === 22,
  },
];

/** Whether poll(2) may wait for more bytes than a non-blocking recv(2) needs. */
function has_low_water_mark(before: readonly Past[]): boolean {
  return before.some(([{ call, args }]) =>
    call.endsWith(".setsockopt") &&
    JSON.stringify(args).includes("SO_RCVLOWAT")
  );
}

/** Whether a call received no bytes: `b""`, 0, or a tuple that begins with one of these. */
function is_of_no_bytes([kind, result]: Outcome): boolean {
  const data = Array.isArray(result) ? result[0] : result;
  return kind === "value" && (data === "bytes " || data === 0);
}

/** Whether a call is a method of a SelectSelector. */
function is_select_selector(call: string, before: readonly Past[]): boolean {
  const [owner] = call.split(".");
  return before.some(([{ call, out }]) =>
    call === "selectors.SelectSelector" && `$${out}` === owner
  );
}

/** The entries that explain two different outcomes; `null` if there are none. */
export function allow(
  list: readonly Allowed[],
  op: Op,
  theirs: Outcome,
  ours: Outcome,
  before: readonly Past[],
): Allowed[] | null {
  const entries: Allowed[] = [];
  let [a, b] = [JSON.stringify(theirs), JSON.stringify(ours)];
  for (const entry of list) {
    if (entry.when?.(op, theirs, ours, before)) return [entry];
    if (entry.without === undefined) continue;
    const [c, d] = [entry.without(a), entry.without(b)];
    if (c !== a || d !== b) entries.push(entry);
    [a, b] = [c, d];
    if (a === b) return entries;
  }
  return null;
}
