import { assert, assertEquals, assertThrows } from "@std/assert";
import { libc, untraced } from "../../ffi/libc.ts";
import { select, socket } from "../../mod.ts";
import { shapes } from "../../trace/calls.ts";
import { Draft } from "../../trace/draft.ts";
import { Printer } from "../../trace/print.ts";
import { leave, record } from "../../trace/record.ts";
import type { Call, TraceEvent } from "../../trace/event.ts";
import { test } from "../descriptors.ts";

/** Records the calls of some code. */
function calls(action: () => void): Call[] {
  const seen: Call[] = [];
  const recorder = {
    event: (event: TraceEvent) => {
      // select() looks for itself whether a descriptor above 63 is open.
      if (event.kind !== "mark" && event.name !== "fcntl") seen.push(event);
    },
  };
  record(recorder);
  try {
    action();
  } finally {
    leave(recorder);
  }
  return seen;
}

test("a recorder receives each call as an object", () => {
  const [a, b] = socket.socketpair();
  const seen = calls(() => {
    a.send(new TextEncoder().encode("hello"));
    select.select([b], [a], [], 2);
    b.recv(100);
  });
  assertEquals(seen.map(({ name }) => name), ["send", "select", "recv"]);
  const [send, wait, recv] = seen as [Call, Call, Call];
  assertEquals([send.fd, send.asked, send.result], [a.fileno(), 5, 5]);
  assertEquals(wait.timeout, 2);
  const [reads, writes] = [[b.fileno(), 1], [a.fileno(), 4]] as const;
  assertEquals(wait.watched, [reads, writes]);
  assertEquals(wait.ready, [reads, writes]);
  assertEquals(recv.data, new TextEncoder().encode("hello"));
  assert(send.time <= wait.time && wait.time <= recv.time);
  a.close();
  b.close();
});

test("select's sets are those of the call, also beyond the descriptors that its line names", () => {
  const pairs = Array.from({ length: 20 }, () => socket.socketpair());
  const files = pairs.map(([a]) => a);
  const other = files.with(18, pairs[18]![1]);
  const seen = calls(() => {
    for (const list of [files, other]) select.select(list, [], [], 0);
  });
  assertEquals(
    seen.map(({ watched }) => watched!.map(([fd]) => fd).sort()),
    [files, other].map((list) => list.map((file) => file.fileno()).sort()),
  );
  for (const one of pairs.flat()) one.close();
});

test("calls go straight to libc before a trace and after it", () => {
  assertEquals(libc.recv, untraced.recv);
  const within = calls(() => assert(libc.recv !== untraced.recv));
  assertEquals(within, []);
  for (const name in libc) {
    const key = name as keyof typeof libc;
    assertEquals(libc[key], untraced[key], name);
  }
});

test("a recorder's own calls are not recorded, and the program does not get its errors", () => {
  const [a, b] = socket.socketpair();
  let count = 0;
  const recorder = {
    event: () => {
      count++;
      a.send(new Uint8Array(1));
    },
  };
  record(recorder);
  b.send(new Uint8Array(1));
  leave(recorder);
  assertEquals(count, 1);
  a.close();
  b.close();
});

test("every function of the table is described, or asks the kernel nothing", () => {
  const silent = [
    // Memory and tables of libc's own; clock_gettime is no system call (vdso(7)).
    "__cxa_thread_atexit_impl",
    "__errno_location",
    "calloc",
    "clock_gettime",
    "free",
    "freeaddrinfo",
    "gai_strerror",
    "hstrerror",
    "if_freenameindex",
    "inet_aton",
    "inet_ntop",
    "inet_pton",
    "strerror",
    // Files of names, read by libc.
    "getprotobyname_r",
    "getservbyname_r",
    "getservbyport_r",
    // The reactor's own, which go through the other table.
    "ppoll_parked",
    "syscall",
  ];
  const missing = Object.keys(libc).filter((name) =>
    !(name in shapes) && !silent.includes(name)
  );
  assertEquals(missing, []);
  assertEquals(Object.keys(shapes).filter((name) => !(name in libc)), []);
});

/** A call at a time, in milliseconds. */
function called(at: number): Draft {
  return Object.assign(new Draft("close"), { time: at / 1000, result: at });
}

test("a printer writes a line at once, and later lines together if they follow fast", () => {
  const written: string[] = [];
  const printer = new Printer((text) => written.push(text));
  for (const at of [0, 1, 2, 3, 20, 21]) printer.event(called(at));
  printer.waits();
  assertEquals(
    written.map((text) => [...text.matchAll(/ = (\d+) /g)].map(([, at]) => at)),
    [["0"], ["1", "2", "3", "20"], ["21"]],
  );
});

const waits: ReadonlyArray<
  readonly [name: string, wait: (b: socket.Socket) => void]
> = [
  ["select", (b) => select.select([b], [], [], 0.001)],
  ["poll", (b) => {
    const poll = select.poll();
    poll.register(b, select.POLLIN);
    poll.poll(1);
  }],
  ["epoll_wait", (b) => {
    using epoll = select.epoll();
    epoll.register(b, select.EPOLLIN);
    epoll.poll(0.001);
  }],
  ["recv", (b) => {
    b.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, A_MILLISECOND);
    assertThrows(() => b.recv(1));
  }],
];
// struct timeval.
const A_MILLISECOND = new Uint8Array(new BigInt64Array([0n, 1000n]).buffer);

for (const [name, wait] of waits) {
  test(`calls before ${name}() are printed before it waits`, () => {
    const [a, b] = socket.socketpair();
    let written = "";
    const printer = new Printer((text) => written += text);
    record(printer);
    for (let i = 0; i < 10; i++) a.send(new Uint8Array(1));
    b.recv(100);
    const before: string[] = [];
    const told = printer.waits.bind(printer);
    printer.waits = () => {
      told();
      before.push(written.trimEnd().split("\n").at(-1)!);
    };
    wait(b);
    leave(printer);
    printer.flush();
    const lines = written.trimEnd().split("\n");
    const at = lines.findLastIndex((line) => line.includes(` ${name}(`));
    assertEquals(before, [lines[at - 1]]);
    a.close();
    b.close();
  });
}
