import {
  errno,
  os,
  OSError,
  OverflowError,
  select,
  selectors,
  socket,
  TimeoutError,
  ValueError,
} from "@iomux/py";
import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { has_waiters } from "../../ffi/reactor.ts";
import { idle, test } from "../sanitized.ts";
import { Descriptor } from "../ffi/kernel.ts";
import { drain, fill, one, turns, type Twin, twins } from "./async_twins.ts";
import { address_of, listening, tcp_pair, unix_pair } from "./socket/setup.ts";
import { open_descriptors } from "../descriptors.ts";
import { ran } from "../scripts.ts";
import * as socketserver from "../../py/socketserver/mod.ts";

const moments = [["in its first turn", 0], ["later", 8]] as const;

for (const [name, twin] of Object.entries(twins)) {
  const { make, result, timed_out, has_no_timeout } = twin;

  test(`${name} returns at once if it need not wait`, async () => {
    using waiting = make();
    waiting.serve();
    assertEquals(await waiting.wait(), result);
  });

  for (const [moment, count] of moments) {
    test(`${name} returns what arrives ${moment}`, async () => {
      using waiting = make();
      const promise = waiting.wait();
      const settled = promise.then((value) => value);
      await turns(count);
      waiting.serve();
      assertEquals(await settled, result);
    });

    test(`${name} rejects with the reason of a signal that aborts ${moment}`, async () => {
      using waiting = make();
      const controller = new AbortController(), reason = new Error("enough");
      const { signal } = controller;
      const rejected = assertRejects(() => waiting.wait({ signal }));
      await turns(count);
      controller.abort(reason);
      assertStrictEquals(await rejected, reason);
      // The aborted wait has left the queue: it does not take the next one's result.
      waiting.serve();
      assertEquals(await waiting.wait(), result);
    });

    test(`${name} ends when its socket or descriptor is closed ${moment}`, async () => {
      using waiting = make();
      const ended = outcome(waiting.wait());
      await turns(count);
      waiting.close();
      closed_meanwhile(name, await ended);
    });

    test(`${name} leaves the next owner of the number alone ${moment}`, async () => {
      using waiting = make();
      const ended = outcome(waiting.wait());
      await turns(count);
      const fd = waiting.fileno();
      waiting.close();
      using pair = unix_pair();
      assert([pair.a.fileno(), pair.b.fileno()].includes(fd));
      pair.a.send(one);
      pair.b.send(one);
      closed_meanwhile(name, await ended);
      await turns();
      assertEquals([pair.a.recv(9), pair.b.recv(9)], [one, one]);
    });
  }

  test(`${name} does nothing when the signal aborted before`, async () => {
    using waiting = make();
    waiting.serve();
    const reason = new Error("before");
    const signal = AbortSignal.abort(reason);
    assertStrictEquals(
      await assertRejects(() => waiting.wait({ signal })),
      reason,
    );
    assertEquals(await waiting.wait(), result);
  });

  test(`${name} keeps its result when the signal aborts afterwards`, async () => {
    using waiting = make();
    const controller = new AbortController();
    const promise = waiting.wait({ signal: controller.signal });
    waiting.serve();
    assertEquals(await promise, result);
    controller.abort();
    assertEquals(await promise, result);
  });

  if (!has_no_timeout) {
    test(`${name} raises TimeoutError when its time-out expires`, async () => {
      using waiting = make();
      if (timed_out !== undefined) {
        assertEquals(await waiting.wait({}, 0.01), timed_out);
        return;
      }
      await assertRejects(
        () => waiting.wait({}, 0.01),
        TimeoutError,
        "timed out",
      );
    });

    test(`${name} returns what arrived in time, even if the timer is late`, async () => {
      for (;;) {
        using waiting = make();
        const deadline = performance.now() + 50;
        const promise = waiting.wait({}, 0.05);
        const settled = promise.then((value) => value, (error) => error);
        await turns();
        waiting.serve();
        // On a busy machine it may be too late: try again.
        if (performance.now() > deadline - 10) {
          await settled;
          continue;
        }
        while (performance.now() < deadline + 20);
        assertEquals(await settled, result);
        return;
      }
    });
  }

  test(`${name} rejects wrong options and signals`, async () => {
    using waiting = make();
    for (const options of [1, "signal", null, { signal: 1 }, { signal: {} }]) {
      await assertRejects(() => waiting.wait(options as never), TypeError);
    }
  });

  test(`${name} does not wait after close()`, async () => {
    using waiting = make();
    waiting.close();
    const promise = waiting.wait();
    if (name === "Poll.pollAsync()") {
      // As poll(): a number that is not open is an event.
      assertEquals(await promise, [[true, select.POLLNVAL]]);
      return;
    }
    const ended = await outcome(promise);
    if (ended instanceof ValueError) return;
    closed_meanwhile(name, ended);
  });
}

/** Returns the result of a promise, or its error. */
function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error) => error);
}

/** Asserts what a twin says of a closed descriptor: an error, but of connect_ex() a number. */
function closed_meanwhile(name: string, ended: unknown): void {
  if (name === "Epoll.pollAsync()") {
    assert(ended instanceof ValueError, String(ended));
  } else if (name === "Socket.connect_exAsync()") {
    assertEquals(ended, errno.EBADF);
  } else {
    assert(ended instanceof OSError, String(ended));
    assertEquals(ended.errno, errno.EBADF);
  }
}

test("Async twins reject bad arguments instead of throwing them", async () => {
  using pair = unix_pair();
  const { b } = pair;
  const poller = select.poll();
  using ep = select.epoll();
  const calls: Array<[() => Promise<unknown>, new () => Error]> = [
    [() => b.recvAsync(-1), ValueError],
    [() => b.recvAsync("1" as never), TypeError],
    [() => b.recvAsync(1, 0.5), TypeError],
    [() => b.recv_intoAsync("buffer" as never), TypeError],
    [() => b.recv_intoAsync(new Uint8Array(1), 2), ValueError],
    [() => b.sendallAsync("data" as never), TypeError],
    [() => b.connectAsync(["127.0.0.1", 1]), TypeError],
    [() => select.selectAsync(1 as never, [], []), TypeError],
    [() => select.selectAsync([{} as never], [], []), TypeError],
    [() => select.selectAsync([], [], [], -1), ValueError],
    [() => poller.pollAsync("1" as never), TypeError],
    [() => poller.pollAsync(2 ** 31), OverflowError],
    [() => ep.pollAsync("1" as never), TypeError],
    [() => ep.pollAsync(0, 0), ValueError],
  ];
  for (const [call, expected] of calls) {
    const promise = call();
    assert(promise instanceof Promise);
    await assertRejects(() => promise, expected);
  }
});

test("Socket.acceptAsync() leaves O_NONBLOCK of the listener set", async () => {
  using server = listening();
  os.set_blocking(server.fileno(), false);
  using client = socket.socket();
  client.connect(address_of(server));
  const [conn] = await server.acceptAsync();
  conn.close();
  assert(!os.get_blocking(server.fileno()));
});

test("Poll.pollAsync() continues when a socket is unregistered, then closed", async () => {
  using gone = unix_pair();
  using kept = unix_pair();
  const poller = select.poll();
  poller.register(gone.b, select.POLLIN);
  poller.register(kept.b, select.POLLIN);
  const promise = poller.pollAsync();
  const events = promise.then((events) => events);
  await turns();
  poller.unregister(gone.b);
  gone.b.close();
  await turns();
  kept.a.send(one);
  assertEquals(await events, [[kept.b.fileno(), select.POLLIN]]);
});

test("Poll.pollAsync() fails and leaves its descriptors when it cannot watch a new one", async () => {
  using gone = unix_pair(), other = unix_pair();
  const poller = select.poll(), closed = os.dup(gone.b.fileno());
  os.close(closed);
  poller.register(gone.b, select.POLLIN);
  poller.register(other.b, select.POLLIN);
  const rejected = assertRejects(() => poller.pollAsync(), OSError);
  for (const file of [gone.b, other.b]) poller.unregister(file);
  poller.register(closed, select.POLLIN);
  // It has the wait look at the new descriptors.
  gone.b.close();
  assert(!has_waiters(other.b.fileno(), select.POLLIN));
  const error = await rejected;
  assertEquals((error as OSError).errno, errno.EBADF);
});

for (const traffic of [false, true]) {
  const how = traffic ? "under other traffic" : "when all else is quiet";
  test(`Async twins notice that a descriptor was closed elsewhere ${how}`, async () => {
    using pair = unix_pair();
    using busy = unix_pair();
    const fd = pair.b.fileno();
    const rejected = [
      pair.b.recvAsync(1),
      select.selectAsync([fd], [], []),
    ].map((promise) => assertRejects(() => promise, OSError));
    let over = false;
    const timer = setInterval(() => traffic && busy.a.send(one), 5);
    const reading = (async () => {
      while (!over) await busy.b.recvAsync(1);
    })();
    await turns();
    new Descriptor(fd).close();
    for (const error of await Promise.all(rejected)) {
      assertEquals(error.errno, errno.EBADF);
    }
    pair.b.detach();
    clearInterval(timer);
    over = true;
    busy.a.send(one);
    await reading;
  });
}

test("selectAsync() waits for room to write, and for urgent data", async () => {
  using pair = unix_pair();
  fill(pair.a);
  const writable = select.selectAsync([], [pair.a], []);
  await turns();
  assert(drain(pair.b) > 0);
  assertEquals(await writable, [[], [pair.a], []]);
  using tcp = tcp_pair();
  const urgent = select.selectAsync([], [], [tcp.b]);
  await turns();
  tcp.a.send(one, socket.MSG_OOB);
  assertEquals(await urgent, [[], [], [tcp.b]]);
});

function threads(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(/^Threads:\s*(\d+)/m.exec(status)![1]);
}

/** Aborts waits one after the other, some before the reactor sees them. */
async function aborted({ make }: Twin, count: number): Promise<void> {
  using waiting = make();
  for (let i = 0; i < count; i++) {
    const controller = new AbortController();
    const { signal } = controller;
    const rejected = assertRejects(() => waiting.wait({ signal }));
    await turns(i % 5);
    controller.abort(i);
    assertStrictEquals(await rejected as unknown, i);
  }
}

test("Async twins aborted ten thousand times leave no thread and no descriptor", async () => {
  const all = Object.values(twins);
  const each = 10_000 / all.length;
  for (const twin of all) await aborted(twin, 20);
  await idle();
  const before = { threads: threads(), open: open_descriptors() };
  for (const twin of all) await aborted(twin, each);
  await idle();
  // The runtime's pool may have started a second thread, while the first was about to be idle.
  // It ends after 10 s without work.
  const MOST_LOOKS = 3000;
  for (let i = 0; i < MOST_LOOKS && threads() > before.threads; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assertLessOrEqual(threads(), before.threads);
  assertEquals(open_descriptors(), before.open);
});

for (const [name, { make }] of Object.entries(twins)) {
  test(`${name} rejects within the turn of the event loop that aborts it`, async () => {
    using waiting = make();
    for (const count of [0, 1, 2, 3, 8]) {
      const controller = new AbortController();
      const { signal } = controller;
      let over = false;
      const rejected = waiting.wait({ signal }).catch(() => over = true);
      await turns(count);
      assert(!over);
      controller.abort();
      await turns(1);
      // A turn takes far less than the 20 ms that an abort may take, on a busy machine too.
      assert(over);
      await rejected;
    }
  });
}

test("Async twins reject with any value as it is, a signal's reason or what a fileno() throws", async () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const fixed = new OSError(errno.EIO, "fixed");
  Object.defineProperty(fixed, "stack", { value: "fixed" });
  const frozen = Object.freeze(new OSError(errno.EIO, "frozen"));
  const own = new OSError(errno.EIO, "own"), { stack } = own;
  for (const reason of [proxy, fixed, frozen, own]) {
    using pair = unix_pair();
    const controller = new AbortController(), { signal } = controller;
    let tries = 0;
    const file = {
      fileno() {
        if (tries++ > 0 && reason !== own) throw reason;
        return pair.b.fileno();
      },
    };
    // In a list: a promise would look for `then` in the reason.
    const rejected = [
      pair.a.recvAsync(1, 0, { signal }),
      select.selectAsync([file], [], [], null, { signal }),
    ].map((promise) => promise.then(null, (error: unknown) => [error]));
    await turns();
    pair.a.send(one);
    await turns();
    controller.abort(reason);
    const [received, selected] = await Promise.all(rejected);
    assert((received as unknown[])[0] === reason);
    if (reason !== own) assert((selected as unknown[])[0] === reason);
  }
  assertEquals(own.stack, stack);
});

test("Socket.readable ends a read within the turn that cancels it", async () => {
  for (const count of [0, 8]) {
    using pair = unix_pair();
    const reader = pair.b.readable.getReader();
    let over = false;
    const read = reader.read().then(({ done }) => over = done);
    await turns(count);
    const cancelled = reader.cancel();
    await turns(1);
    assert(over);
    await Promise.all([read, cancelled]);
  }
});

test("Async twins aborted ten thousand times leave memory where it was", async () => {
  const path = new URL("socket/fixtures/aborting.ts", import.meta.url).pathname;
  // With a small young generation, V8 keeps no more at the end than at the start.
  const v8 = "--v8-flags=--expose-gc,--max-semi-space-size=1";
  const args = ["run", "--quiet", "--allow-ffi", v8];
  const ended = await ran(Deno.execPath(), [...args, path]);
  assertEquals([ended.code, ended.errors], [0, ""]);
  const grown = JSON.parse(ended.output);
  // One leaked object for each would exceed this.
  assertLessOrEqual(grown.heap, 500_000);
  // malloc keeps up to 17 MB more in single runs.
  assertLessOrEqual(grown.rss, 40_000_000);
});

const guide = new URL("../../docs/guide.md", import.meta.url);

/** The calls in the guide's list of those that have a twin, and the table of those without. */
const [, list, table] = /^## Twins\n([^]*?)^\*\*([^]*?)^\*\*/m.exec(
  Deno.readTextFileSync(guide),
)!;
const listed = [...list!.matchAll(/`(\w+\.\w+)`(?=[,\n])/g)].map(([, call]) =>
  call!
);

/** The objects that a name of the list may begin with. */
const owners: Record<string, object> = {
  select,
  socket,
  os,
  Poll: select.Poll.prototype,
  Epoll: select.Epoll.prototype,
  BaseSelector: selectors.BaseSelector.prototype,
  Socket: socket.Socket.prototype,
  BaseServer: socketserver.BaseServer.prototype,
};

function found(name: string): unknown {
  const [owner, property] = name.split(".") as [string, string];
  // select() of the base is abstract.
  const object = name === "BaseSelector.select"
    ? selectors.EpollSelector.prototype
    : owners[owner]!;
  return (object as Record<string, unknown>)[property];
}

Deno.test("docs/guide.md lists exactly the calls that have a twin", () => {
  const there = Object.entries(owners).flatMap(([owner, object]) =>
    Object.getOwnPropertyNames(object).filter((name) => name.endsWith("Async"))
      .map((name) => `${owner}.${name}`)
  );
  assertEquals(listed.map((call) => `${call}Async`).sort(), there.sort());
  for (const call of listed) {
    assertEquals(typeof found(call), "function", call);
  }
});

// Calls that wait, and have no twin of their own.
const without: Record<string, string> = {
  "Socket.bind": "getaddrinfoAsync() resolves a host's name before",
  "Socket.close": "shutdown(), then recvAsync() to the end: no wait is left",
  "Socket.sendmsg_afalg": "the kernel's ciphers do not wait",
  "socket.create_server": "getaddrinfoAsync() resolves a host's name before",
  "os.sendfile": "Socket.sendfileAsync()",
  "os.eventfd_read": "readAsync() of 8 bytes",
  "os.eventfd_write": "writeAsync() of 8 bytes",
  "os.open": "a FIFO waits for its other end, unless O_NONBLOCK is given",
  "os.fsync": "the kernel has no call that tells when a disk is done",
  "os.fdatasync": "the kernel has no call that tells when a disk is done",
};

Deno.test("docs/guide.md lists every call of a kind that waits", () => {
  const waits: Record<string, RegExp> = {
    Socket: /^(accept|bind|close$|connect|recv|send)(?!.*Async$)/,
    socket:
      /^(create_(connection|server)$|(send|recv)_fds$|get(addr|name)info$|gethostby|getfqdn)/,
    os: /^((read|write)v?|sendfile|eventfd_(read|write)|open|f(data)?sync)$/,
    select: /^select$/,
  };
  const with_twin = new Set<string>(listed);
  let seen = 0;
  for (const [owner, pattern] of Object.entries(waits)) {
    for (const name of Object.getOwnPropertyNames(owners[owner])) {
      if (!pattern.test(name) || name.endsWith("Async")) continue;
      const call = `${owner}.${name}`;
      assert(with_twin.has(call) !== (call in without), call);
      seen++;
    }
  }
  assert(seen > 20);
});

Deno.test("docs/guide.md lists every call that waits and has no twin", () => {
  const { "Socket.sendmsg_afalg": _does_not_wait, ...waiting } = without;
  const calls = [...table!.matchAll(/^\| (`.*?) +\|/gm)]
    .flatMap(([, cell]) => cell!.match(/(?<=`)\w+\.\w+(?=`)/g)!);
  assertEquals(calls.sort(), Object.keys(waiting).sort());
});

Deno.test("async_twins.ts lists every twin of a socket or descriptor", () => {
  const tried = new Set(
    Object.keys(twins).map((name) => name.replace("()", "")),
  );
  // Those that wait for a resolver, or for several things in turn, have their own tests.
  const others =
    /^(create_connection|get(addr|name)info|gethostby|getfqdn|BaseS)/;
  for (const call of listed) {
    const short = `${call}Async`.replace(/^(socket|select|os)\./, "");
    if (!others.test(short)) assert(tried.has(short), call);
  }
});
