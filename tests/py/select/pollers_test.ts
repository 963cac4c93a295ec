// What select.select(), select.poll() and select.epoll() have in common.

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  errno,
  OverflowError,
  select,
  selectors,
  socket,
  ValueError,
} from "@iomux/py";
import { test } from "../../descriptors.ts";
import { alarm, type Descriptor, lasts, pipe } from "../../ffi/kernel.ts";
import { record } from "../../ffi/storm.ts";
import { raises } from "../raises.ts";
import { address_of, tcp_pair, unix_pair, unused } from "../socket/setup.ts";

// Those of poll(2) have the same values.
const { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } = select;
const BYTE = new Uint8Array([1]);

// What TypeScript would refuse, and JavaScript would not.
// deno-lint-ignore no-explicit-any
type Any = any;

type Poller = (select.Poll | select.Epoll) & Disposable;

/** Both objects, and how their time-outs differ. */
const pollers = {
  Poll: {
    make: (): Poller => Object.assign(select.poll(), { [Symbol.dispose]() {} }),
    kinds: [select.Poll, select.poll],
    /** A second, as it counts. */
    second: 1000,
    longest: [2 ** 31 - 1, 2 ** 31 - 1.5],
    too_long: [2 ** 31, 2 ** 31 - 0.5, 2 ** 32],
    syscall: "poll",
    timeout_of: (call: unknown[]) => call[2],
    mask_of: (): number => {
      using calls = record("poll");
      const poller = select.poll();
      poller.register(1);
      poller.poll(0);
      return (calls.calls[0]![0] as Int32Array)[1]!;
    },
  },
  Epoll: {
    make: (): Poller => select.epoll(),
    kinds: [select.Epoll, select.epoll],
    second: 1,
    longest: [2147483.647],
    too_long: [2147483.648, 1e9],
    syscall: "epoll_wait",
    timeout_of: (call: unknown[]) => call[3],
    mask_of: (): number => {
      using calls = record("epoll_ctl");
      using fds = pipe();
      using ep = select.epoll();
      ep.register(fds.w);
      return (calls.calls[0]![3] as Uint32Array)[0]!;
    },
  },
} as const;

for (const [name, poller] of Object.entries(pollers)) {
  const { make, second } = poller;

  test(`${name.toLowerCase()}() makes an object that watches nothing, and shares nothing with others`, () => {
    using fds = pipe();
    using one = make();
    using two = make();
    for (const kind of poller.kinds) assert((one as unknown) instanceof kind);
    assertEquals(one.poll(0), []);
    one.register(fds.w, EPOLLOUT);
    two.register(fds.r, EPOLLIN);
    assertEquals(two.poll(0), []);
    assertEquals(one.poll(0), [[fds.w.fileno(), EPOLLOUT]]);
    fds.w.write(BYTE);
    assertEquals(two.poll(), [[fds.r.fileno(), EPOLLIN]]);
  });

  test(`${name}.poll() returns descriptors with their events`, () => {
    using pair = unix_pair();
    const { a, b } = pair;
    using poller = make();
    poller.register(a, EPOLLIN | EPOLLOUT);
    poller.register(b.fileno(), EPOLLIN);
    assertEquals(poller.poll(0), [[a.fileno(), EPOLLOUT]]);
    b.send(BYTE);
    a.send(BYTE);
    assertEquals(
      new Map(poller.poll()),
      new Map([[a.fileno(), EPOLLIN | EPOLLOUT], [b.fileno(), EPOLLIN]]),
    );
  });

  test(`${name}.poll() reports a ready descriptor again: level-triggered`, () => {
    using fds = pipe();
    fds.w.write(BYTE);
    using poller = make();
    poller.register(fds.r, EPOLLIN);
    for (let i = 0; i < 2; i++) {
      assertEquals(poller.poll(), [[fds.r.fileno(), EPOLLIN]]);
    }
    fds.r.read(1);
    assertEquals(poller.poll(0), []);
  });

  test(`${name}.register() watches for input, urgent data and output by default`, () => {
    assertEquals(poller.mask_of(), EPOLLIN | EPOLLPRI | EPOLLOUT);
  });

  test(`${name}.modify() changes what is watched for`, () => {
    using pair = unix_pair();
    const { a, b } = pair;
    b.send(BYTE);
    using poller = make();
    poller.register(a, EPOLLIN);
    assertEquals(poller.poll(0), [[a.fileno(), EPOLLIN]]);
    poller.modify(a, EPOLLOUT);
    assertEquals(poller.poll(0), [[a.fileno(), EPOLLOUT]]);
    poller.modify(a.fileno(), 0);
    assertEquals(poller.poll(0), []);
  });

  test(`${name}.unregister() forgets; register() may come again`, () => {
    using fds = pipe();
    using poller = make();
    poller.register(fds.w, EPOLLOUT);
    poller.unregister(fds.w);
    assertEquals(poller.poll(0), []);
    poller.register(fds.w, EPOLLOUT);
    assertEquals(poller.poll(0), [[fds.w.fileno(), EPOLLOUT]]);
  });

  test(`${name}.poll() reports POLLHUP and POLLERR whether asked for or not`, () => {
    using fds = pipe(), others = pipe();
    using poller = make();
    poller.register(fds.r, 0);
    fds.w.write(BYTE);
    assertEquals(poller.poll(0), []);
    fds.w.close();
    assertEquals(poller.poll(), [[fds.r.fileno(), EPOLLHUP]]);
    poller.modify(fds.r, EPOLLIN);
    assertEquals(poller.poll(), [[fds.r.fileno(), EPOLLIN | EPOLLHUP]]);
    poller.unregister(fds.r);

    poller.register(others.w, 0);
    assertEquals(poller.poll(0), []);
    others.r.close();
    assertEquals(poller.poll(), [[others.w.fileno(), EPOLLERR]]);
    poller.modify(others.w, EPOLLOUT);
    assertEquals(poller.poll(), [[others.w.fileno(), EPOLLOUT | EPOLLERR]]);
  });

  test(`${name}.poll() reports POLLRDHUP and POLLPRI where asked for`, () => {
    using pair = tcp_pair();
    const { a, b } = pair, fd = b.fileno();
    using poller = make();
    poller.register(b, EPOLLPRI);
    assertEquals(poller.poll(0), []);
    a.send(BYTE, socket.MSG_OOB);
    assertEquals(poller.poll(10 * second), [[fd, EPOLLPRI]]);
    poller.modify(b, EPOLLRDHUP);
    assertEquals(poller.poll(0), []);
    a.shutdown(socket.SHUT_WR);
    assertEquals(poller.poll(10 * second), [[fd, EPOLLRDHUP]]);
    poller.modify(b, EPOLLIN);
    assertEquals(poller.poll(), [[fd, EPOLLIN]]);
  });

  test(`${name}.poll() waits without a limit for no time-out, null and negative ones`, () => {
    using fds = pipe();
    const negative = [-1, -1000, -0.1, -0.5, -1e-100].map((time) => [time]);
    for (const timeout of [[], [null], [undefined], ...negative]) {
      using timer = alarm(10);
      using poller = make();
      poller.register(fds.r, EPOLLIN);
      poller.register(timer, EPOLLIN);
      const ready = poller.poll(...timeout as [number?]);
      assertEquals(ready, [[timer.fileno(), EPOLLIN]], `time-out ${timeout}`);
    }
  });

  test(`${name}.poll() does not return before its time, also with nothing registered`, () => {
    using fds = pipe();
    for (const watched of [true, false]) {
      using poller = make();
      if (watched) poller.register(fds.r, EPOLLIN);
      for (const milliseconds of [0.1, 1, 1.5, 10.5, 30]) {
        const wait = () => poller.poll(milliseconds / 1000 * second);
        assertEquals(lasts(milliseconds, wait), []);
      }
    }
  });

  test(`${name}.poll() rounds up to milliseconds, so that a short wait does not spin`, () => {
    using calls = record(poller.syscall);
    using polled = make();
    for (const milliseconds of [0, -0, 0.1, 1e-97, 1, 1.1]) {
      polled.poll(milliseconds / 1000 * second);
    }
    assertEquals(calls.calls.map(poller.timeout_of), [0, 0, 1, 1, 1, 2]);
  });

  test(`${name}.poll() takes the longest time-out of ${poller.syscall}(2)`, () => {
    using fds = pipe();
    using polled = make();
    polled.register(fds.w, EPOLLOUT);
    for (const timeout of poller.longest) {
      assertEquals(polled.poll(timeout), [[fds.w.fileno(), EPOLLOUT]]);
    }
  });

  test(`${name}.register() and modify() raise TypeError for a mask of another type`, () => {
    using fds = pipe();
    using poller = make();
    poller.register(fds.w, EPOLLOUT);
    for (const [mask, shown] of other_types) {
      raises(TypeError, {
        [`eventmask must be an integer, not ${shown}`]: [
          () => poller.register(fds.r, mask as Any),
          () => poller.modify(fds.w, mask as Any),
        ],
      });
    }
    assertEquals(poller.poll(0), [[fds.w.fileno(), EPOLLOUT]]);
    assertEquals(select.select([fds.r], [], [], 0)[0], []);
  });
}

const other_types = [
  [1.5, "1.5"],
  [NaN, "NaN"],
  [Infinity, "Infinity"],
  ["1", '"1"'],
  [null, "null"],
  [1n, "1n"],
  [[], "an object"],
] as const;

/** Each call that waits, with a time-out and something ready: it never hangs. */
const waits: Record<
  string,
  [wait: (file: Descriptor, timeout: Any) => unknown, Any[]]
> = {
  "select()": [
    (file, timeout) => select.select([], [file], [], timeout),
    [1e10],
  ],
};
for (const [name, { make, too_long }] of Object.entries(pollers)) {
  waits[`${name}.poll()`] = [(file, timeout) => {
    using poller = make();
    poller.register(file, EPOLLOUT);
    poller.poll(timeout);
  }, [...too_long]];
}

for (const [name, [call, too_long]] of Object.entries(waits)) {
  test(`${name} raises for a time-out that is not a number, or too large`, () => {
    using fds = pipe();
    const wait = (timeout: Any) => call(fds.w, timeout);
    for (const [timeout, shown] of other_types.slice(3)) {
      if (timeout === null) continue;
      raises(TypeError, {
        [`timeout must be a number or null, not ${shown}`]: () => wait(timeout),
      });
    }
    raises(ValueError, { "timeout must not be NaN": () => wait(NaN) });
    for (const timeout of [...too_long, 1e100, Infinity, -Infinity]) {
      raises(OverflowError, {
        [`timeout is too large: ${timeout}`]: () => wait(timeout),
      });
    }
  });
}

/** Each call that takes a descriptor. */
const takers: Record<string, (fd: Any) => unknown> = {
  "select() of rlist": (fd) => select.select([fd], [], [], 0),
  "select() of wlist": (fd) => select.select([], [fd], [], 0),
  "select() of xlist": (fd) => select.select([], [], [fd], 0),
  "Poll.register()": (fd) => select.poll().register(fd, EPOLLIN),
  "Poll.modify()": (fd) => {
    const poller = select.poll();
    poller.register(0);
    poller.modify(fd, EPOLLIN);
  },
  "Poll.unregister()": (fd) => select.poll().unregister(fd),
};
for (const name of ["register", "modify", "unregister"] as const) {
  takers[`Epoll.${name}()`] = (fd) => {
    using ep = select.epoll();
    ep[name](fd, EPOLLIN);
  };
}

for (const [name, take] of Object.entries(takers)) {
  test(`${name} raises TypeError for values that are not descriptors`, () => {
    const wrong: unknown[] = [
      {},
      [],
      { fileno: 3 },
      { fileno: null },
      select.poll(),
      undefined,
      () => 3,
      true,
    ];
    for (const value of [...wrong, ...other_types.map(([value]) => value)]) {
      assertThrows(
        () => take(value),
        TypeError,
        "argument must be an int, or have a fileno() method",
        Deno.inspect(value),
      );
    }
    const others = [...other_types, [undefined, "undefined"]] as const;
    for (const [value, shown] of others) {
      raises(TypeError, {
        [`fileno() returned ${shown}, not an integer`]: () =>
          take({ fileno: () => value }),
      });
    }
  });

  test(`${name} raises ValueError for a negative descriptor, or a closed object`, () => {
    const sock = socket.socket(), ep = select.epoll();
    sock.close();
    ep.close();
    for (const fd of [-1, -5, -(2 ** 31)]) {
      raises(ValueError, {
        [`file descriptor cannot be a negative integer (${fd})`]: [
          () => take(fd),
          () => take({ fileno: () => fd }),
        ],
      });
    }
    raises(ValueError, {
      "file descriptor cannot be a negative integer (-1)": () => take(sock),
      "I/O operation on closed epoll object": () => take(ep),
    });
  });

  test(`${name} raises OverflowError for a descriptor above the highest int`, () => {
    for (const fd of [2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER, 1e300]) {
      raises(OverflowError, {
        [`file descriptor is above 2147483647: ${fd}`]: () => take(fd),
      });
    }
  });
}

/** A connection that is refused: the error is on the socket, and nowhere else. */
function refused(): socket.Socket {
  using refusing = unused();
  const sock = socket.socket();
  sock.setblocking(false);
  sock.connect_ex(address_of(refusing));
  return sock;
}

/** Each way to wait for a socket, asked for nothing or for output; fails without an error. */
const reports: Record<string, (sock: socket.Socket) => unknown> = {
  "select() reports a refused connection as readable and writable": (sock) =>
    assertEquals(select.select([sock], [sock], [], 1), [[sock], [sock], []]),
  "EpollSelector.select() reports a refused connection as writable": (sock) => {
    using s = selectors.EpollSelector();
    const key = s.register(sock, selectors.EVENT_WRITE);
    assertEquals(s.select(1), [[key, selectors.EVENT_WRITE]]);
  },
};
for (const [asked, mask] of [["nothing", 0], ["output", EPOLLOUT]] as const) {
  const reported =
    `reports POLLERR for a refused connection asked for ${asked}`;
  const check = (sock: socket.Socket, ready: [number, number][]) => {
    const [[fd, events]] = ready as [[number, number]];
    assertEquals(fd, sock.fileno());
    assert(events & EPOLLERR, `${events}`);
  };
  for (const [name, { make, second }] of Object.entries(pollers)) {
    reports[`${name}.poll() ${reported}`] = (sock) => {
      using poller = make();
      poller.register(sock, mask);
      check(sock, poller.poll(second));
    };
  }
  reports[`Epoll.pollAsync() ${reported}`] = async (sock) => {
    using ep = select.epoll();
    ep.register(sock, mask);
    check(sock, await ep.pollAsync(1));
  };
}

for (const [name, wait] of Object.entries(reports)) {
  test(name, async () => {
    using sock = refused();
    await wait(sock);
    // SO_ERROR reports the error once, and clears it.
    const error = () => sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR);
    assertEquals([error(), error()], [errno.ECONNREFUSED, 0]);
    const poller = select.poll();
    poller.register(sock, 0);
    const [[, events]] = poller.poll(0) as [[number, number]];
    assertEquals(events & EPOLLERR, 0, "The error is still there");
  });
}
