import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { libc, untraced } from "../../ffi/libc.ts";
import { os, OSError, select, selectors, socket } from "../../mod.ts";
import * as socketserver from "../../py/socketserver/mod.ts";
import { shapes } from "../../trace/calls.ts";
import { Draft } from "../../trace/draft.ts";
import type { Call, TraceEvent } from "../../trace/event.ts";
import { line, Printer } from "../../trace/print.ts";
import { leave, record } from "../../trace/record.ts";
import { test } from "../descriptors.ts";

/** Records the calls and waits of some code. */
async function calls(action: () => unknown): Promise<Call[]> {
  const seen: Call[] = [];
  const recorder = {
    event: (event: TraceEvent) => {
      if (event.kind !== "mark") seen.push(event);
    },
  };
  record(recorder);
  try {
    await action();
  } finally {
    leave(recorder);
  }
  return seen;
}

/** The calls and waits of some code, as lines that name the descriptors `a` and `b`. */
async function lines(
  action: (a: socket.Socket, b: socket.Socket) => Promise<unknown>,
): Promise<string[]> {
  const [a, b] = socket.socketpair();
  const letters = new Map([[a.fileno(), "a"], [b.fileno(), "b"]]);
  using _a = a, _b = b;
  const seen = await calls(() => action(a, b));
  for (const { time, took } of seen) assert(time >= 0 && took >= 0);
  return seen.map((call) =>
    line(call).replace(/\b\d+\b/g, (fd) => letters.get(Number(fd)) ?? fd)
  );
}

const text = (words: string) => new TextEncoder().encode(words);

test("record() gives a recorder each call as an object", async () => {
  const [a, b] = socket.socketpair();
  const seen = await calls(() => {
    a.send(text("hello"));
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
  assertEquals(recv.data, text("hello"));
  assert(send.time <= wait.time && wait.time <= recv.time);
  a.close();
  b.close();
});

test("record() gives the sets of each select(), also beyond the descriptors that its line names", async () => {
  const pairs = Array.from({ length: 20 }, () => socket.socketpair());
  const files = pairs.map(([a]) => a);
  const other = files.with(18, pairs[18]![1]);
  const seen = await calls(() => {
    for (const list of [files, other]) select.select(list, [], [], 0);
  });
  assertEquals(
    seen.map(({ watched }) => watched!.map(([fd]) => fd).sort()),
    [files, other].map((list) => list.map((file) => file.fileno()).sort()),
  );
  for (const one of pairs.flat()) one.close();
});

test("record() wraps the functions of libc only during a trace", async () => {
  assertEquals(libc.recv, untraced.recv);
  const within = await calls(() => assert(libc.recv !== untraced.recv));
  assertEquals(within, []);
  for (const name in libc) {
    const key = name as keyof typeof libc;
    assertEquals(libc[key], untraced[key], name);
  }
});

test("record() hides a recorder's own calls", () => {
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

test("record() names the commands of fcntl() and the requests of ioctl()", async () => {
  const found = await lines(async (a) => {
    await null;
    const fd = a.fileno();
    os.set_inheritable(fd, true);
    os.close(os.dup(fd));
    a.setblocking(false);
    os.get_blocking(fd);
    using link = socket.socket({
      family: socket.AF_PACKET,
      fileno: os.dup(fd),
    });
    assertThrows(() => link.bind(["lo", 0]), OSError);
    assertThrows(() => link.bind(["no-such", 0]), OSError);
  });
  assertEquals(
    found.filter((line) => /^(fcntl|ioctl)/.test(line))
      .map((line) => line.replace(/(?<=ioctl\(|CLOEXEC\) = )\d+/, "c")),
    [
      "fcntl(a, F_GETFD) = 1",
      "fcntl(a, F_SETFD, 0) = 0",
      "fcntl(a, F_DUPFD_CLOEXEC) = c",
      "ioctl(a, FIONBIO, 1) = 0",
      "fcntl(a, F_GETFL) = O_RDWR|O_NONBLOCK",
      "fcntl(a, F_DUPFD_CLOEXEC) = c",
      "ioctl(c, SIOCGIFINDEX) = 0",
      "ioctl(c, SIOCGIFINDEX) = -1 ENODEV",
    ],
  );
});

test("record() names the call of a look-up on a thread like the call itself", async () => {
  const seen = await calls(async () => {
    await socket.getaddrinfoAsync("localhost", 80);
    await socket.getnameinfoAsync(["127.0.0.1", 80], 0);
    await socket.gethostbyname_exAsync("localhost");
    await socket.gethostbyaddrAsync("127.0.0.1");
  });
  assertEquals(
    new Set(seen.map(({ name }) => name)),
    new Set([
      "getaddrinfo",
      "getnameinfo",
      "gethostbyname_r",
      "gethostbyaddr_r",
    ]),
  );
});

test("shapes describe each function of libc that makes a system call", () => {
  const silent = [
    // libc's own memory and tables; clock_gettime makes no system call (vdso(7)).
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
    // libc reads files of names.
    "getprotobyname_r",
    "getservbyname_r",
    "getservbyport_r",
    // The reactor calls these through the untraced table.
    "ppoll_parked",
    "syscall",
  ];
  const missing = Object.keys(libc).filter((name) =>
    !(name in shapes) && !silent.includes(name)
  );
  assertEquals(missing, []);
  assertEquals(Object.keys(shapes).filter((name) => !(name in libc)), []);
});

/** A call that starts `at` milliseconds after the start. */
function called(at: number): Draft {
  return Object.assign(new Draft("close"), { time: at / 1000, result: at });
}

test("Printer.event() writes a line at once, and joins the lines of the next 10 ms", () => {
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
  test(`Printer.waits() prints the earlier calls before ${name}() waits`, () => {
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

test("record() shows a twin's wait, and the call that succeeds", async () => {
  const found = await lines(async (a, b) => {
    const received = b.recvAsync(100);
    setTimeout(() => a.send(text("hello")), 20);
    await received;
  });
  assertEquals(found, [
    'send(a, 5) = 5 "hello"',
    "wait([b EPOLLIN], None) = ready",
    'recv(b, 100) = 5 "hello"',
  ]);
});

test("record() shows only the call of a twin that need not wait", async () => {
  const found = await lines(async (a, b) => {
    await a.sendallAsync(text("hi"));
    await b.recvAsync(100);
  });
  assertEquals(found, ['send(a, 2) = 2 "hi"', 'recv(b, 100) = 2 "hi"']);
});

test("record() shows why a wait ended, and hides its polls", async () => {
  const found = await lines(async (_a, b) => {
    await select.selectAsync([b], [], [], 0.05);
    const signal = AbortSignal.timeout(20);
    await assertRejects(() => b.recvAsync(100, 0, { signal }));
  });
  assertEquals(found, [
    "wait([b EPOLLIN], 0.05) = timed out",
    "wait([b EPOLLIN], None) = given up",
  ]);
});

test("record() shows the wait of a selector's twin, and its result", async () => {
  const found = await lines(async (a, b) => {
    const selector = new selectors.PollSelector();
    selector.register(b, selectors.EVENT_READ);
    const events = selector.selectAsync(5);
    setTimeout(() => a.send(text("x")), 20);
    assertEquals((await events).length, 1);
    b.recv(10);
    selector.close();
  });
  assertEquals(found, [
    'send(a, 1) = 1 "x"',
    "wait([b EPOLLIN], 5.0) = ready",
    "poll([b POLLIN], 0.0) = fd b POLLIN",
    'recv(b, 10) = 1 "x"',
  ]);
});

test("record() shows each part that a twin sends", async () => {
  const size = 1_000_000;
  const found = await lines(async (a, b) => {
    const sent = a.sendallAsync(new Uint8Array(size));
    for (let left = size; left > 0;) left -= (await b.recvAsync(left)).length;
    await sent;
  });
  const parts = found.filter((call) => call.startsWith("send("))
    .map((call) => Number(/ = (\d+)/.exec(call)![1]));
  assert(parts.length > 1, found.join("\n"));
  assertEquals(parts.reduce((sum, part) => sum + part), size);
  assertEquals(found.filter((call) => call.includes("EAGAIN")), []);
});

test("record() shows socketserver's wait for a client, the request and the answer", async () => {
  class Echo extends socketserver.StreamRequestHandler {
    override async handle() {
      for await (const line of this.rfile) await this.wfile.writeAsync(line);
    }
  }
  const found = await lines(async () => {
    using server = socketserver.TCPServer(["127.0.0.1", 0], Echo);
    const served = server.serve_foreverAsync();
    using client = socket.create_connection(server.server_address);
    await client.sendallAsync(text("hi\n"));
    await client.recvAsync(64);
    client.shutdown(socket.SHUT_WR);
    assertEquals(await client.recvAsync(64), new Uint8Array());
    server.shutdown();
    await served;
  });
  const order = [
    String.raw`wait\(\[(\d+) listener EPOLLIN\], 0\.5\) = .*`,
    String.raw`accept4\(\1\) = (\d+) from 127\.0\.0\.1:\d+`,
    String.raw`recv\(\2, 8192\) = 3 "hi\\n"`,
    String.raw`send\(\2, 3\) = 3 "hi\\n"`,
    String.raw`recv\(\2, 8192\) = 0 \(the end\)`,
    String.raw`close\(\2\) = 0`,
    String.raw`close\(\1 listener\) = 0`,
  ];
  const pattern = order.map((line) => `^${line}$`).join("[^]*");
  assertMatch(found.join("\n"), new RegExp(pattern, "m"));
});
