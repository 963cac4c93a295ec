import { assert, assertEquals, assertThrows } from "@std/assert";
import { closeSync, constants, openSync } from "node:fs";
import { os, PermissionError, select, selectors, socket } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { encode } from "./setup.ts";

const { EPOLLIN, EPOLLOUT, POLLIN, POLLOUT } = select;
const { EVENT_READ, EVENT_WRITE } = selectors;

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  // int inotify_init1(int flags)
  inotify_init1: { parameters: ["i32"], result: "i32" },
  // int inotify_add_watch(int fd, const char *pathname, uint32_t mask)
  inotify_add_watch: { parameters: ["i32", "buffer", "u32"], result: "i32" },
});

/** A descriptor that is waited on beside a socket. */
interface Case {
  readonly fd: number;
  /** The event that is waited for: POLLIN or POLLOUT. */
  readonly events: number;
  /** What poll and epoll report beside `events` once it is ready. */
  readonly more?: number;
  /** Makes it ready. */
  act(): void | Promise<void>;
  /** Closes what the case opened. */
  close(): void | Promise<void>;
}

type Find = () => { case: boolean; socket: boolean; events: number };

/** Each way to wait, on a descriptor and a socket's reading. */
function waits(
  fd: number,
  events: number,
  sock: socket.Socket,
): { find: Record<string, Find> } & Disposable {
  const reads = events === POLLIN;
  const found = (ready: Iterable<[number, number]>): ReturnType<Find> => {
    const by_fd = new Map(ready);
    return {
      case: by_fd.has(fd),
      socket: by_fd.has(sock.fileno()),
      events: by_fd.get(fd) ?? 0,
    };
  };
  const poller = select.poll(), epoller = select.epoll();
  for (const object of [poller, epoller]) {
    object.register(fd, events);
    object.register(sock, POLLIN);
  }
  const find: Record<string, Find> = {
    select() {
      const readers = reads ? [fd, sock.fileno()] : [sock.fileno()];
      const [r, w] = select.select(readers, reads ? [] : [fd], [], 0);
      return found([...r, ...w].map((fd) => [fd, events]));
    },
    poll: () => found(poller.poll(0)),
    epoll: () => found(epoller.poll(0)),
  };
  const made = [
    selectors.SelectSelector(),
    selectors.PollSelector(),
    selectors.EpollSelector(),
  ];
  for (const selector of made) {
    selector.register(fd, reads ? EVENT_READ : EVENT_WRITE);
    selector.register(sock, EVENT_READ);
    find[selector.constructor.name] = () =>
      found(selector.select(0).map(([key]) => [key.fd, events]));
  }
  return {
    find,
    [Symbol.dispose]() {
      for (const object of [epoller, ...made]) object.close();
    },
  };
}

/** Checks that each wait finds nothing, the socket, both, and the case alone. */
async function check(made: Case): Promise<void> {
  const [sock, peer] = socket.socketpair();
  try {
    using all = waits(made.fd, made.events, sock);
    const expect = (ready: boolean, heard: boolean) => {
      for (const [name, find] of Object.entries(all.find)) {
        const more = name === "poll" || name === "epoll" ? made.more ?? 0 : 0;
        const events = ready ? made.events | more : 0;
        assertEquals(find(), { case: ready, socket: heard, events }, name);
      }
    };
    expect(false, false);
    peer.send(new Uint8Array(1));
    expect(false, true);
    await made.act();
    expect(true, true);
    sock.recv(1);
    expect(true, false);
  } finally {
    await made.close();
    sock.close();
    peer.close();
  }
}

/** Waits until a descriptor can be read. */
function until_readable(fd: number): void {
  assertEquals(select.select([fd], [], [], 10)[0], [fd]);
}

/** Closes each of some descriptors. */
function closing(...fds: number[]): () => void {
  return () => fds.forEach(os.close);
}

/** A case of a descriptor that an action makes readable. */
function read_case(fd: number, act: () => unknown, close: () => void): Case {
  return {
    fd,
    events: POLLIN,
    act() {
      act();
      until_readable(fd);
    },
    close,
  };
}

const cases: Record<string, () => Case> = {
  "an eventfd that is written to"() {
    const fd = os.eventfd(0);
    return read_case(fd, () => os.eventfd_write(fd, 1), closing(fd));
  },
  "an eventfd that has room again"() {
    const fd = os.eventfd(0);
    os.eventfd_write(fd, 2n ** 64n - 2n);
    return {
      fd,
      events: POLLOUT,
      act: () => void os.eventfd_read(fd),
      close: closing(fd),
    };
  },
  "a timerfd that expires"() {
    const fd = os.timerfd_create(os.CLOCK_MONOTONIC);
    const act = () => os.timerfd_settime(fd, { initial: 0.001 });
    return read_case(fd, act, closing(fd));
  },
  "a pidfd of a child that ends"() {
    const child = new Deno.Command("cat", {
      stdin: "piped",
      stdout: "null",
    }).spawn();
    const fd = os.pidfd_open(child.pid);
    let ended = false;
    return {
      fd,
      events: POLLIN,
      async act() {
        await child.stdin.close();
        until_readable(fd);
        await child.status;
        ended = true;
      },
      // The child is reaped by then: Linux adds a hang-up.
      get more() {
        return ended ? hangup_of_reaped : 0;
      },
      async close() {
        os.close(fd);
        await child.status;
      },
    };
  },
  "a pipe that is written to"() {
    const [r, w] = os.pipe();
    return read_case(r, () => os.write(w, encode("x")), closing(r, w));
  },
  "a pipe that has room again"() {
    const [r, w] = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC);
    os.write(w, new Uint8Array(10_000_000));
    return {
      fd: w,
      events: POLLOUT,
      act: () => void os.read(r, 10_000_000),
      close: closing(r, w),
    };
  },
  "a terminal at which a line is typed"() {
    const [master, slave] = os.openpty();
    const act = () => os.write(master, encode("line\n"));
    return read_case(slave, act, closing(master, slave));
  },
  "a terminal's master to which a program writes"() {
    const [master, slave] = os.openpty();
    const act = () => os.write(slave, encode("output"));
    return read_case(master, act, closing(master, slave));
  },
  "a FIFO that node:fs opened"() {
    const folder = Deno.makeTempDirSync();
    const path = `${folder}/fifo`;
    assert(new Deno.Command("mkfifo", { args: [path] }).outputSync().success);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY);
    return read_case(reader, () => os.write(writer, encode("x")), () => {
      for (const fd of [reader, writer]) closeSync(fd);
      Deno.removeSync(folder, { recursive: true });
    });
  },
  "an inotify descriptor"() {
    const IN_CREATE = 0x100;
    const folder = Deno.makeTempDirSync();
    const fd = libc.inotify_init1(os.O_CLOEXEC);
    const path = encode(`${folder}\0`);
    assertEquals(libc.inotify_add_watch(fd, path, IN_CREATE), 1);
    const act = () => Deno.writeTextFileSync(`${folder}/news`, "");
    return read_case(fd, act, () => {
      os.close(fd);
      Deno.removeSync(folder, { recursive: true });
    });
  },
  "a descriptor that came over a UNIX socket"() {
    const [ours, theirs] = socket.socketpair();
    const [r, w] = os.pipe();
    socket.send_fds(ours, [new Uint8Array(1)], [r]);
    const [, [fd]] = socket.recv_fds(theirs, 1, 1);
    for (const s of [ours, theirs]) s.close();
    os.close(r);
    return read_case(fd!, () => os.write(w, encode("x")), closing(fd!, w));
  },
  "standard input's number, whatever it is connected to"() {
    const kept = os.dup(0);
    const [r, w] = os.pipe();
    os.dup2(r, 0);
    os.close(r);
    return read_case(0, () => os.write(w, encode("x")), () => {
      os.dup2(kept, 0);
      closing(kept, w)();
    });
  },
  "an epoll object's descriptor"() {
    const epoll = select.epoll();
    const [r, w] = os.pipe();
    epoll.register(r, EPOLLIN);
    return read_case(epoll.fileno(), () => os.write(w, encode("x")), () => {
      epoll.close();
      closing(r, w)();
    });
  },
  "a listening UNIX socket with a client"() {
    const [server, client] = [0, 0].map(() =>
      socket.socket(socket.AF_UNIX)
    ) as [socket.Socket, socket.Socket];
    server.bind("");
    server.listen();
    const act = () => client.connect(server.getsockname());
    return read_case(server.fileno(), act, () => {
      for (const s of [client, server]) s.close();
    });
  },
};

/** The event that poll adds once a process is reaped: POLLHUP since Linux 6.9. */
const hangup_of_reaped = await (async () => {
  const child = new Deno.Command("cat", { stdin: "piped", stdout: "null" })
    .spawn();
  const fd = os.pidfd_open(child.pid);
  await child.stdin.close();
  await child.status;
  const poller = select.poll();
  poller.register(fd, POLLIN);
  const [[, events]] = poller.poll() as [[number, number]];
  os.close(fd);
  return events & select.POLLHUP;
})();

for (const [name, make] of Object.entries(cases)) {
  test(`select(), poll(), epoll() and the selectors find ${name}, beside a socket`, () =>
    check(make()));
}

test("select() and poll() find a memfd always ready, and epoll() refuses it", () => {
  const fd = os.memfd_create("file");
  assertEquals(select.select([fd], [fd], [], 0), [[fd], [fd], []]);
  const poller = select.poll();
  poller.register(fd, POLLIN | POLLOUT);
  assertEquals(poller.poll(0), [[fd, POLLIN | POLLOUT]]);
  using ep = select.epoll();
  assertThrows(() => ep.register(fd, EPOLLIN | EPOLLOUT), PermissionError);
  os.close(fd);
});

const mod = new URL("../../../mod.ts", import.meta.url).href;
const config = new URL("../../../deno.json", import.meta.url).pathname;

/** Waits for standard input in each way, aborts the wait, and reads the line that comes then. */
const program = `
  import { os, select, selectors } from "${mod}";
  const ways = {
    selectAsync: (options) => select.selectAsync([0], [], [], null, options),
    async pollAsync(options) {
      const poller = select.poll();
      poller.register(0, select.POLLIN);
      return await poller.pollAsync(null, options);
    },
    async "EpollSelector.selectAsync"(options) {
      using s = selectors.EpollSelector();
      s.register(0, selectors.EVENT_READ);
      return await s.selectAsync(null, options);
    },
  };
  const decoder = new TextDecoder();
  for (const way of Deno.args) {
    const controller = new AbortController();
    const { signal } = controller;
    const wait = ways[way]({ signal }).then(() => "served", (e) => e);
    // Time to reach the reactor.
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort("enough");
    const outcome = await wait;
    os.write(1, new TextEncoder().encode(way + " " + outcome + "\\n"));
    await select.selectAsync([0], [], []);
    console.log(decoder.decode(os.read(0, 100)).trim());
  }
`;

/** Types a line after each aborted wait, and checks that the program reads it. */
async function typed(ways: string[]): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", config, program, ...ways],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (const [i, way] of ways.entries()) {
    assertEquals((await lines.read()).value, `${way} enough\n`);
    await writer.write(new TextEncoder().encode(`line ${i}\n`));
    assertEquals((await lines.read()).value, `line ${i}\n`);
  }
  await writer.close();
  await lines.cancel();
  assertEquals((await child.status).success, true);
}

test("select.selectAsync(), Poll.pollAsync() and EpollSelector.selectAsync() leave the next line of standard input unread once they are aborted", () =>
  typed(["selectAsync", "pollAsync", "EpollSelector.selectAsync"]));
