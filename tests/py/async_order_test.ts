import {
  errno,
  os,
  OSError,
  select,
  selectors,
  socket,
  TimeoutError,
  ValueError,
} from "@iomux/py";
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";

import { is_writable } from "../../ffi/descriptor.ts";
import { libc } from "../../ffi/libc.ts";
import { has_waiters } from "../../ffi/reactor.ts";
import { fail, may_go_on, settle_later, turned } from "../../py/turns.ts";
import { test } from "../sanitized.ts";
import { WATCHDOG } from "../scripts.ts";
import { drain, fill, one, turns } from "./async_twins.ts";
import {
  decode,
  encode,
  Pair,
  replaced,
  tcp_pair,
  unix_pair,
} from "./socket/setup.ts";
import { record } from "../ffi/storm.ts";

/** Starts a wait as an `await` does, so that it holds the program. */
function awaited<T>(promise: Promise<T>): Promise<T> {
  return promise.then((value) => value);
}

test("Socket.recvAsync() gives the bytes to the waiting calls in turn", async () => {
  for (const count of [0, 8]) {
    using pair = unix_pair();
    const received = Promise.all(
      [1, 1, 2].map((size) => pair.b.recvAsync(size)),
    );
    await turns(count);
    pair.a.send(encode("abcd"));
    const late = pair.b.recvAsync(9);
    assertEquals((await received).map(decode), ["a", "b", "cd"]);
    pair.a.send(encode("e"));
    assertEquals(decode(await late), "e");
  }
});

test("Socket.recvAsync() settles calls in the order in which they were made, many turns later too", async () => {
  using pair = unix_pair();
  for (let round = 0; round < 20; round++) {
    pair.a.send(encode("abc"));
    spin();
    const order: string[] = [];
    await Promise.all(
      [1, 1, 1].map((size) =>
        pair.b.recvAsync(size).then((data) => order.push(decode(data)))
      ),
    );
    assertEquals(order, ["a", "b", "c"]);
  }
});

test("Socket.sendallAsync() sends all of one call before the next", async () => {
  using pair = unix_pair();
  const sizes = [600_000, 1_000, 300_000];
  const sent = sizes.map((size, i) =>
    awaited(pair.a.sendallAsync(new Uint8Array(size).fill(i + 1)))
  );
  await turns();
  // Makes room before the last call.
  const received = [pair.b.recv(200_000)];
  sent.push(awaited(pair.a.sendallAsync(new Uint8Array(10).fill(4))));
  let left = 901_010 - received[0]!.length;
  while (left > 0) {
    const bytes = await pair.b.recvAsync(65536);
    received.push(bytes);
    left -= bytes.length;
  }
  await Promise.all(sent);
  const expected = [...sizes, 10].flatMap((size, i) =>
    new Uint8Array(size).fill(i + 1)
  );
  assert(concatenated(received) === concatenated(expected));
});

function concatenated(parts: Uint8Array[]): string {
  const decoder = new TextDecoder("latin1");
  return parts.map((part) => decoder.decode(part)).join("");
}

for (const first of ["reader", "writer"]) {
  test(`Socket.recvAsync() and sendallAsync() of one socket are served side by side, the ${first} first`, async () => {
    using pair = unix_pair();
    fill(pair.b);
    const order: string[] = [];
    const read = pair.b.recvAsync(9).then((bytes) => {
      order.push("reader");
      return decode(bytes);
    });
    const written = pair.b.sendallAsync(one).then(() => order.push("writer"));
    await turns();
    const actions = [
      () => {
        pair.a.send(encode("hello"));
        return read;
      },
      () => {
        drain(pair.a);
        return written;
      },
    ];
    if (first === "writer") actions.reverse();
    for (const action of actions) await action();
    assertEquals(await read, "hello");
    await written;
    assertEquals(order[0], first);
    assertEquals(await pair.a.recvAsync(9), one);
  });
}

test("Socket.recvAsync() loses no byte when another wait aborts it as both wake", async () => {
  using pair = unix_pair();
  const controller = new AbortController(), reason = new Error("stop");
  let armed = false;
  const meddler = {
    fileno() {
      if (armed) controller.abort(reason);
      return pair.b.fileno();
    },
  };
  const selected = awaited(select.selectAsync([meddler], [], []));
  const { signal } = controller;
  const rejected = assertRejects(() => pair.b.recvAsync(9, 0, { signal }));
  await turns();
  armed = true;
  pair.a.send(one);
  assertEquals(await selected, [[meddler], [], []]);
  assertStrictEquals(await rejected, reason);
  assertEquals(pair.b.recv(9), one);
});

test("selectAsync() rejects when a fileno() aborts its own signal", async () => {
  using pair = unix_pair();
  const controller = new AbortController(), reason = new Error("stop");
  const meddler = {
    fileno() {
      controller.abort(reason);
      return pair.b.fileno();
    },
  };
  const { signal } = controller;
  const error = await assertRejects(() =>
    select.selectAsync([meddler], [], [], null, { signal })
  );
  assertStrictEquals(error, reason);
});

test("selectAsync() rejects with the signal's reason alone when a fileno() aborts it and throws", async () => {
  using pair = unix_pair();
  const controller = new AbortController(), reason = new Error("stop");
  let armed = false;
  const meddler = {
    fileno() {
      if (!armed) return pair.b.fileno();
      controller.abort(reason);
      throw new Error("another reason, which nothing handles");
    },
  };
  const { signal } = controller;
  const rejected = assertRejects(() =>
    select.selectAsync([meddler], [], [], null, { signal })
  );
  await turns();
  armed = true;
  pair.a.send(one);
  assertStrictEquals(await rejected, reason);
  await turns();
});

test("Socket.sendallAsync() keeps its turn while the buffer drains in small steps, and does not pause", async () => {
  using pair = unix_pair();
  pair.a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192);
  const long = new Uint8Array(1_000_000).fill(1), short = new Uint8Array(9);
  const sent = [awaited(pair.a.sendallAsync(long))];
  let received = 0;
  while (received < long.length) {
    const data = await pair.b.recvAsync(4096);
    const end = data.subarray(0, long.length - received);
    assert(end.every((byte) => byte === 1), `other bytes at ${received}`);
    received += data.length;
    // By then each wake-up has made room for only a few bytes.
    if (received > 300_000 && sent.length === 1) {
      sent.push(awaited(pair.a.sendallAsync(short)));
    }
  }
  await Promise.all(sent);
  while (received < long.length + short.length) {
    received += (await pair.b.recvAsync(4096)).length;
  }
});

test("Socket.recvAsync() whose time is up takes nothing that is for those before it", async () => {
  using pair = unix_pair();
  const first = pair.b.recvAsync(1);
  pair.b.settimeout(0.001);
  const second = assertRejects(() => pair.b.recvAsync(1), TimeoutError);
  // Its time-out expires before the event loop turns, and the byte is there by then.
  spin(5);
  pair.a.send(one);
  await second;
  assertEquals(await first, one);
});

test("selectAsync() that came first sees the byte that a later recvAsync() takes", async () => {
  using pair = unix_pair();
  // Makes its queue of waiters before that of selectAsync().
  const before = pair.b.recvAsync(1);
  await turns();
  pair.a.send(one);
  await before;
  const selected = select.selectAsync([pair.b], [], [], 20);
  const received = pair.b.recvAsync(1);
  await turns();
  pair.a.send(one);
  assertEquals(await selected, [[pair.b], [], []]);
  assertEquals(await received, one);
});

test("selectAsync() and pollAsync() do not queue behind those that wait already, and recvAsync() does", async () => {
  using pair = unix_pair();
  const { a, b } = pair, fd = b.fileno();
  const poller = select.poll();
  poller.register(b, select.POLLIN);
  const found = [[b], [], []], events = [[fd, select.POLLIN]];
  const waits = [
    select.selectAsync([b], [], []),
    poller.pollAsync(),
    b.recvAsync(1),
  ];
  await turns();
  a.send(encode("ab"));
  // Without a wait, though the others have not been woken yet.
  assertEquals(await select.selectAsync([b], [], [], 0), found);
  assertEquals(await poller.pollAsync(0), events);
  const second = b.recvAsync(1);
  assertEquals(await Promise.all(waits), [found, events, encode("a")]);
  assertEquals(decode(await second), "b");
});

test("Socket.recvAsync() leaves the bytes when it is aborted as they arrive", async () => {
  for (const count of [0, 1, 2, 3, 8]) {
    using pair = unix_pair();
    const controller = new AbortController();
    const { signal } = controller;
    const rejected = assertRejects(() => pair.b.recvAsync(9, 0, { signal }));
    await turns(count);
    pair.a.send(one);
    controller.abort();
    await rejected;
    await turns();
    assertEquals(pair.b.recv(9), one);
  }
});

test("Socket.recvAsync() that is aborted takes no bytes from the calls behind it", async () => {
  using pair = unix_pair();
  const controller = new AbortController();
  const { signal } = controller;
  const rejected = assertRejects(() => pair.b.recvAsync(1, 0, { signal }));
  const second = awaited(pair.b.recvAsync(1));
  await turns();
  controller.abort();
  pair.a.send(encode("xy"));
  await rejected;
  assertEquals([await second, pair.b.recv(9)].map(decode), ["x", "y"]);
});

/** Overstates its length. */
class Liar extends Uint8Array<ArrayBuffer> {
  override get length(): number {
    return 32;
  }
}

/** Twins of `a`, which can send no more, and of `b`, which has nothing to receive. */
const of_bytes: Record<string, (pair: Pair, bytes: Liar) => Promise<unknown>> =
  {
    "Socket.recv_intoAsync()": ({ b }, bytes) => b.recv_intoAsync(bytes),
    "Socket.recvfrom_intoAsync()": ({ b }, bytes) =>
      b.recvfrom_intoAsync(bytes),
    "Socket.recvmsg_intoAsync()": ({ b }, bytes) =>
      b.recvmsg_intoAsync([new Uint8Array(1), bytes]),
    "readvAsync()": ({ b }, bytes) =>
      os.readvAsync(b.fileno(), [new Uint8Array(1), bytes]),
    "Socket.sendAsync()": ({ a }, bytes) => a.sendAsync(bytes),
    "Socket.sendallAsync()": ({ a }, bytes) => a.sendallAsync(bytes),
    "Socket.sendtoAsync()": ({ a, b }, bytes) =>
      a.sendtoAsync(bytes, b.getsockname()),
    "Socket.sendmsgAsync()": ({ a }, bytes) => a.sendmsgAsync([one, bytes]),
    "writeAsync()": ({ a }, bytes) => os.writeAsync(a.fileno(), bytes),
    "writevAsync()": ({ a }, bytes) => os.writevAsync(a.fileno(), [one, bytes]),
  };

for (const [name, use] of Object.entries(of_bytes)) {
  test(`${name} rejects when its bytes are transferred or shrunk meanwhile`, async () => {
    for (const how of ["transfer", "resize"] as const) {
      using pair = unix_pair(socket.SOCK_DGRAM);
      pair.b.bind("");
      fill(pair.a);
      const receives = /read|recv/.test(name);
      if (receives) drain(pair.b);
      const bytes = new Liar(new ArrayBuffer(16, { maxByteLength: 16 }));
      const rejected = assertRejects(
        () => use(pair, bytes),
        ValueError,
        "shrank",
      );
      await turns();
      bytes.buffer[how](3);
      if (receives) pair.a.send(one);
      else drain(pair.b);
      await rejected;
      // Neither was anything sent, nor the message lost.
      assertEquals(drain(pair.b), receives ? 1 : 0);
    }
  });
}

test("Async twins let timers run in a loop that never waits", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  using ep = select.epoll();
  ep.register(b, select.EPOLLIN);
  const poller = select.poll();
  poller.register(b, select.POLLIN);
  const loops: Record<string, () => Promise<unknown>> = {
    "Epoll.pollAsync(0)": () => ep.pollAsync(0),
    "Poll.pollAsync(0)": () => poller.pollAsync(0),
    "selectAsync(0)": () => select.selectAsync([b], [], [], 0),
    "Socket.recvAsync()": () => {
      a.send(one);
      return b.recvAsync(1);
    },
    "Socket.sendallAsync()": async () => {
      await a.sendallAsync(one);
      b.recv(1);
    },
    "Socket.recvAsync() aborted": () =>
      b.recvAsync(1, 0, { signal: AbortSignal.abort() }).catch(() => {}),
    "Socket.recvAsync() aborted at once": () => {
      const controller = new AbortController();
      const { signal } = controller;
      const received = b.recvAsync(1, 0, { signal });
      controller.abort();
      return received.catch(() => {});
    },
    "Socket.recvAsync() closed at once": () => {
      using pair = unix_pair();
      return pair.b.recvAsync(1).catch(() => {});
    },
    "Socket.recvAsync() of no size": () => b.recvAsync(-1).catch(() => {}),
  };
  for (const [name, loop] of Object.entries(loops)) {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    // Without a tick this spins until the watchdog; on a busy machine a tick takes a while.
    const until = performance.now() + WATCHDOG;
    while (ticks < 3 && performance.now() < until) await loop();
    clearInterval(timer);
    assertGreaterOrEqual(ticks, 3, `${name}: ${ticks} ticks`);
  }
});

test("Socket.recvAsync() settles before its promise is awaited", async () => {
  using pair = unix_pair();
  const promise = pair.b.recvAsync(9);
  await turns();
  pair.a.send(one);
  // Once the byte is taken, the wait is served.
  while (select.select([pair.b], [], [], 0)[0].length > 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assertEquals(await promise, one);
});

/** Spins: after 12 ms, timers and the runtime are due for a turn. */
function spin(time = 12): void {
  for (const until = performance.now() + time; performance.now() < until;);
}

for (const timeout of [null, 0.005]) {
  test(`Socket.recvAsync() with a time-out of ${timeout} settles a call that was served before one that has to wait`, async () => {
    for (let round = 0; round < 10; round++) {
      using pair = unix_pair();
      pair.b.settimeout(timeout);
      const order: string[] = [];
      const receive = async () => {
        order.push(decode(await pair.b.recvAsync(1)));
      };
      pair.a.send(encode("a"));
      spin(12);
      const both = [receive(), receive()];
      pair.a.send(encode("b"));
      if (timeout !== null) spin(8);
      await Promise.all(both);
      assertEquals(order, ["a", "b"]);
    }
  });
}

test("may_go_on() counts results of few bytes, and ends a burst of many by its time", () => {
  const MANY = 0x4000;
  {
    using _ = replaced(libc, "clock_gettime", () => () => 0);
    turned();
    for (let i = 0; i < 100; i++) assert(may_go_on(MANY));
    for (let i = 0; i < 3; i++) assert(may_go_on(MANY - 1));
    assert(!may_go_on(MANY - 1));
    turned();
    assert(may_go_on(MANY - 1));
    // An earlier result that waits for the turn is settled before.
    settle_later(() => {});
    assert(!may_go_on(MANY));
  }
  turned();
  assert(may_go_on(MANY));
  spin();
  assert(!may_go_on(MANY));
  turned();
});

test("fail() rejects 64 promises in a turn at once, and further ones in the next", () => {
  turned();
  let failed = 0;
  for (let i = 0; i < 65; i++) fail(() => failed++, null);
  assertEquals(failed, 64);
  turned();
  assertEquals(failed, 65);
});

/** Where the package finds the timers of the runtime. */
const timers = globalThis as unknown as {
  setTimeout(action: () => void, delay: number): number;
};

test("Socket.recvAsync() waits on when a timer ends before its time-out", async () => {
  using pair = tcp_pair();
  // More milliseconds than a timer takes.
  pair.b.settimeout(3e6);
  const delays: number[] = [];
  let tick = () => {};
  const waits = replaced(timers, "setTimeout", () => (action, delay) => {
    tick = action;
    return delays.push(delay);
  });
  const received = pair.b.recvAsync(9);
  tick();
  waits[Symbol.dispose]();
  assertEquals(delays, [0x7fffffff, 0x7fffffff]);
  pair.a.send(one);
  assertEquals(await received, one);
});

/** The twins that use and set `Handle.drained`. */
const receives: Record<
  string,
  (sock: socket.Socket, size: number, flags?: number) => Promise<Uint8Array>
> = {
  "Socket.recvAsync()": (sock, size, flags) => sock.recvAsync(size, flags),
  "Socket.recv_intoAsync()": async (sock, size, flags) => {
    const buffer = new Uint8Array(size);
    return buffer.subarray(0, await sock.recv_intoAsync(buffer, { flags }));
  },
};

for (const [name, receive] of Object.entries(receives)) {
  test(`${name} after a short result fails at once on a closed socket`, async () => {
    using pair = tcp_pair();
    pair.a.send(one);
    await receive(pair.b, 9);
    pair.b.close();
    const error = await assertRejects(() => receive(pair.b, 9), OSError);
    assertEquals([error.errno, error.syscall], [errno.EBADF, "recv"]);
  });

  test(`${name} returns every byte after a short result, and the end`, async () => {
    for (const count of [0, 1, 8]) {
      for (const make of [tcp_pair, unix_pair]) {
        using pair = make();
        pair.a.send(encode("ab"));
        assertEquals(decode(await receive(pair.b, 9)), "ab");
        pair.a.send(encode("cd"));
        await turns(count);
        assertEquals(decode(await receive(pair.b, 9)), "cd");
        pair.a.close();
        await turns(count);
        assertEquals(await receive(pair.b, 9), new Uint8Array());
        assertEquals(await receive(pair.b, 9), new Uint8Array());
      }
    }
  });

  test(`${name} tries at once, unless a short result showed that TCP has no more`, async () => {
    const { MSG_PEEK, SOCK_DGRAM } = socket;
    const looks = async (pair: Pair, first: number, flags = 0) => {
      using _ = pair;
      // The first one waits: otherwise nothing is known of the socket.
      const begun = receive(pair.b, first, flags);
      pair.a.send(encode("abc"));
      await begun;
      pair.a.send(encode("d"));
      using calls = record("recvfrom");
      const received = receive(pair.b, 9);
      const looked = calls.calls.length > 0;
      await received;
      return looked;
    };
    assertEquals(await looks(tcp_pair(), 9), false);
    assertEquals(await looks(tcp_pair(), 2), true);
    assertEquals(await looks(tcp_pair(), 9, MSG_PEEK), true);
    // Of another protocol it proves nothing, whatever the caller says.
    const { a, b } = unix_pair();
    const { AF_INET, IPPROTO_TCP, SOCK_STREAM } = socket;
    const other = socket.fromfd(b.fileno(), AF_INET, SOCK_STREAM, IPPROTO_TCP);
    assertEquals(await looks(new Pair([a, other]), 9), true);
    b.close();
    // The end stays.
    using ended = tcp_pair();
    ended.a.close();
    await receive(ended.b, 9);
    using calls = record("recvfrom");
    const end = receive(ended.b, 9);
    assertEquals(calls.calls.length, 1);
    await end;
    // A UNIX stream gives the bytes of one sender at a time.
    assertEquals(await looks(unix_pair(), 9), true);
    assertEquals(await looks(unix_pair(SOCK_DGRAM), 9), true);
  });
}

test("Socket.recvAsync() tries at once after a short result if another call has taken the report of more bytes", async () => {
  const others: Record<string, (sock: socket.Socket) => Promise<unknown>> = {
    receive: (sock) => sock.recvmsgAsync(1),
    send: (sock) => {
      // The first try fills the buffer.
      using _ = replaced(libc, "sendto", (real) => (...given) => {
        while (real(...given) !== -1);
        return -1;
      });
      return sock.sendallAsync(new Uint8Array(4096));
    },
  };
  for (const [name, other] of Object.entries(others)) {
    using pair = tcp_pair();
    const first = pair.b.recvAsync(9);
    pair.a.send(encode("a"));
    assertEquals(decode(await first), "a");
    const served = other(pair.b);
    pair.a.send(encode("bc"));
    // Room to send comes in the same report as the bytes.
    while (!is_writable(pair.b.fileno())) drain(pair.a);
    await served;
    using calls = record("recvfrom");
    const second = pair.b.recvAsync(9);
    const looked = calls.calls.length > 0;
    // Another edge: this would serve it anyway.
    pair.a.send(encode("d"));
    await second;
    assert(looked, name);
  }
});

test("Socket.recvAsync() returns a plain promise without fields of its own", async () => {
  using pair = unix_pair();
  const received = pair.b.recvAsync(1);
  assertEquals(Deno.inspect(received), "Promise { <pending> }");
  assert(received instanceof Promise);
  assert(Promise.resolve(received) === received);
  pair.a.send(one);
  assertEquals(await received, one);
});

for (const behind of [false, true]) {
  const others = behind ? " behind a call that is aborted" : "";
  test(`Socket.recvAsync()${others} returns what arrived after a short result, though its time-out has expired`, async () => {
    // TCP: only there does a short result show that nothing is left.
    using pair = tcp_pair();
    pair.b.settimeout(0.001);
    for (let round = 0; round < 10; round++) {
      const controller = new AbortController();
      const other = behind &&
        select.selectAsync([pair.b], [], [], null, controller).catch(() => {});
      const received = pair.b.recvAsync(9);
      controller.abort();
      pair.a.send(encode("ab"));
      // The loopback may deliver late.
      select.select([pair.b], [], []);
      spin();
      assertEquals(decode(await received), "ab");
      await other;
    }
  });
}

const loops: Record<string, (pair: ReturnType<typeof unix_pair>) => unknown> = {
  "Socket.recvAsync()": ({ a, b }) => {
    a.send(one);
    return b.recvAsync(1);
  },
  "selectAsync()": ({ a, b }) => {
    a.send(one);
    return select.selectAsync([b], [], []).then(() => b.recv(1));
  },
};

for (const [name, call] of Object.entries(loops)) {
  test(`${name} does not starve Deno's own sockets in a loop that never waits`, async () => {
    using pair = unix_pair();
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    let trips = 0, over = false;
    const trip = async () => {
      const [client, server] = await Promise.all([
        Deno.connect({ port }),
        listener.accept(),
      ]);
      await client.write(one);
      await server.read(new Uint8Array(1));
      client.close();
      server.close();
    };
    const tripping = (async () => {
      for (; trips < 20 && !over; trips++) await trip();
    })();
    // Counted in calls, not in time: on a busy machine there are fewer.
    const MOST_CALLS = 300_000;
    let calls = 0;
    for (; trips < 20 && calls < MOST_CALLS; calls++) await call(pair);
    over = true;
    assertLessOrEqual(calls, MOST_CALLS - 1);
    await tripping;
  });
}

test("select.selectAsync() that its own fileno() aborts leaves the descriptor to other waits", async () => {
  using pair = unix_pair(), other = unix_pair();
  using twin = pair.b.dup();
  const controller = new AbortController();
  let ending = false;
  const file = {
    fileno() {
      if (ending) controller.abort();
      return other.b.fileno();
    },
  };
  const { signal } = controller;
  const wait = select.selectAsync([file, pair.b], [], [], null, { signal });
  const rejected = assertRejects(() => wait, DOMException);
  await turns();
  ending = true;
  // A spurious wake-up: the bytes are gone.
  pair.a.send(new Uint8Array(1));
  twin.recv(1);
  await rejected;
  assert(!has_waiters(other.b.fileno(), select.EPOLLIN));
  other.a.send(encode("x"));
  const received = other.b.recvAsync(1, 0, {
    signal: AbortSignal.timeout(30_000),
  });
  assertEquals(decode(await received), "x");
});

for (const when of ["begins to wait", "waits again"]) {
  test(`Selector.selectAsync() that its own get_map() aborts as it ${when} leaves no waiter`, async () => {
    using pair = unix_pair();
    using twin = pair.b.dup();
    const controller = new AbortController();
    let ending = when === "begins to wait";
    class Own extends selectors.SelectSelector {
      override get_map() {
        const map = super.get_map();
        const values = () => {
          if (ending) controller.abort();
          return map!.values();
        };
        return map && Object.create(map, { values: { value: values } });
      }
    }
    using selector = new Own();
    selector.register(pair.b, selectors.EVENT_READ);
    const wait = selector.selectAsync({ signal: controller.signal });
    const rejected = assertRejects(() => wait, DOMException);
    if (!ending) {
      assert(has_waiters(pair.b.fileno(), select.EPOLLIN));
      ending = true;
      // A spurious wake-up: the bytes are gone.
      pair.a.send(one);
      twin.recv(1);
    }
    await rejected;
    assert(!has_waiters(pair.b.fileno(), select.EPOLLIN));
  });
}

test("Socket.recvAsync() gives a SOCK_SEQPACKET's last message, sent between its try and a close", async () => {
  const pair = unix_pair(socket.SOCK_SEQPACKET);
  using reader = pair.b;
  let tries = 0;
  {
    using _ = replaced(libc, "recvfrom", (real) => (...given) => {
      const result = real(...given);
      if (++tries === 1) {
        pair.a.send(encode("last"));
        pair.a.close();
      }
      return result;
    });
    assertEquals(decode(await reader.recvAsync(9)), "last");
  }
  assertEquals(tries, 2);
  assertEquals((await reader.recvAsync(9)).length, 0);
});
