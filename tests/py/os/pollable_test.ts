import { assertEquals } from "@std/assert";
import { errno, os, type OSError, select, socket } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { encode } from "./setup.ts";

const { EPOLLIN, EPOLLOUT, POLLIN, POLLOUT } = select;

/** Something of `os` that is waited on beside a socket. */
interface Case {
  readonly fd: number;
  /** POLLIN or POLLOUT, what is waited for. */
  readonly events: number;
  /** What poll and epoll report beside `events` once it is ready. */
  readonly more?: number;
  /** Makes it ready; it is not before. */
  act(): void | Promise<void>;
  /** Closes what the case opened. */
  close(): void | Promise<void>;
}

type Find = () => { case: boolean; socket: boolean; events: number };

/** select, poll and epoll, each waiting on a descriptor and a socket's reading. */
function waits(
  fd: number,
  events: number,
  sock: socket.Socket,
): { find: Record<string, Find> } & Disposable {
  const poller = select.poll();
  const epoller = select.epoll();
  for (const object of [poller, epoller]) {
    object.register(fd, events);
    object.register(sock, POLLIN);
  }
  const found = (ready: Array<[number, number]>): ReturnType<Find> => {
    const by_fd = new Map(ready);
    return {
      case: by_fd.has(fd),
      socket: by_fd.has(sock.fileno()),
      events: by_fd.get(fd) ?? 0,
    };
  };
  return {
    find: {
      select() {
        const reads = events === POLLIN;
        const [r, w] = select.select(
          reads ? [fd, sock] : [sock],
          reads ? [] : [fd],
          [],
          0,
        );
        const ready = reads ? r.includes(fd) : w.includes(fd);
        return {
          case: ready,
          socket: r.includes(sock),
          events: ready ? events : 0,
        };
      },
      poll: () => found(poller.poll(0)),
      epoll: () => found(epoller.poll(0)),
    },
    [Symbol.dispose]: () => epoller.close(),
  };
}

/** Shows that nothing, the socket, both, and the case alone are found by each wait. */
async function check(made: Case): Promise<void> {
  const [sock, peer] = socket.socketpair();
  try {
    using all = waits(made.fd, made.events, sock);
    const expect = (ready: boolean, heard: boolean) => {
      for (const [name, find] of Object.entries(all.find)) {
        const more = name === "select" ? 0 : made.more ?? 0;
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

const cases: Record<string, () => Case> = {
  "an eventfd that is written to"() {
    const fd = os.eventfd(0);
    return {
      fd,
      events: POLLIN,
      act: () => os.eventfd_write(fd, 1),
      close: () => os.close(fd),
    };
  },
  "an eventfd that has room again"() {
    const fd = os.eventfd(0);
    os.eventfd_write(fd, 2n ** 64n - 2n);
    return {
      fd,
      events: POLLOUT,
      act: () => void os.eventfd_read(fd),
      close: () => os.close(fd),
    };
  },
  "a timerfd that expires"() {
    const fd = os.timerfd_create(os.CLOCK_MONOTONIC);
    return {
      fd,
      events: POLLIN,
      act() {
        os.timerfd_settime(fd, { initial: 0.001 });
        until_readable(fd);
      },
      close: () => os.close(fd),
    };
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
      // Reaped by then: Linux adds a hang-up.
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
    return {
      fd: r,
      events: POLLIN,
      act: () => void os.write(w, encode("x")),
      close() {
        os.close(r);
        os.close(w);
      },
    };
  },
  "a pipe that has room again"() {
    const [r, w] = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC);
    os.write(w, new Uint8Array(10_000_000));
    return {
      fd: w,
      events: POLLOUT,
      act: () => void os.read(r, 10_000_000),
      close() {
        os.close(r);
        os.close(w);
      },
    };
  },
  "a terminal at which a line is typed"() {
    const [master, slave] = os.openpty();
    return {
      fd: slave,
      events: POLLIN,
      act() {
        os.write(master, encode("line\n"));
        until_readable(slave);
      },
      close() {
        os.close(master);
        os.close(slave);
      },
    };
  },
  "a terminal's master to which a program writes"() {
    const [master, slave] = os.openpty();
    return {
      fd: master,
      events: POLLIN,
      act() {
        os.write(slave, encode("output"));
        until_readable(master);
      },
      close() {
        os.close(master);
        os.close(slave);
      },
    };
  },
};

/** What poll reports of a process that was waited for: POLLHUP since Linux 6.9. */
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
  test(`select, poll and epoll find ${name}, beside a socket`, () =>
    check(make()));
}

test("select and poll find a memfd always ready, and epoll refuses it", () => {
  const fd = os.memfd_create("file");
  assertEquals(select.select([fd], [fd], [], 0), [[fd], [fd], []]);
  const poller = select.poll();
  poller.register(fd, POLLIN | POLLOUT);
  assertEquals(poller.poll(0), [[fd, POLLIN | POLLOUT]]);
  using ep = select.epoll();
  try {
    ep.register(fd, EPOLLIN | EPOLLOUT);
    throw new Error("epoll took a regular file");
  } catch (error) {
    assertEquals((error as OSError).errno, errno.EPERM);
  }
  os.close(fd);
});
