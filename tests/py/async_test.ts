import {
  ConnectionRefusedError,
  errno,
  os,
  OSError,
  OverflowError,
  select,
  socket,
  TimeoutError,
  ValueError,
} from "@iomux/py";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { test } from "../sanitized.ts";
import { Descriptor } from "../ffi/kernel.ts";
import { drain, fill, one, turns, twins } from "./async_twins.ts";
import {
  address_of,
  listening,
  tcp_pair,
  unix_pair,
  unused,
} from "./socket/setup.ts";

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
      // Of the aborted wait nothing is left that could take the next one's.
      waiting.serve();
      assertEquals(await waiting.wait(), result);
    });

    test(`${name} rejects when its socket or descriptor is closed ${moment}`, async () => {
      using waiting = make();
      const rejected = assertRejects(() => waiting.wait());
      await turns(count);
      waiting.close();
      closed_meanwhile(name, await rejected);
    });

    test(`${name} leaves the next owner of the number alone ${moment}`, async () => {
      using waiting = make();
      const rejected = assertRejects(() => waiting.wait());
      await turns(count);
      const fd = waiting.fileno();
      waiting.close();
      using pair = unix_pair();
      assert([pair.a.fileno(), pair.b.fileno()].includes(fd));
      pair.a.send(one);
      pair.b.send(one);
      closed_meanwhile(name, await rejected);
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
        // On a machine that is busy it may have come too late: again.
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

  test(`${name} rejects after close()`, async () => {
    using waiting = make();
    waiting.close();
    const promise = waiting.wait();
    if (name === "Poll.pollAsync()") {
      // As poll(): a number that is not open is an event.
      assertEquals(await promise, [[true, select.POLLNVAL]]);
      return;
    }
    const error = await assertRejects(() => promise);
    assert(error instanceof OSError || error instanceof ValueError);
  });
}

function closed_meanwhile(name: string, error: unknown): void {
  if (name === "Epoll.pollAsync()") {
    assert(error instanceof ValueError, String(error));
    return;
  }
  assert(error instanceof OSError, String(error));
  assertEquals(error.errno, errno.EBADF);
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

test("Socket.connectAsync() rejects when nothing listens", async () => {
  using refusing = unused();
  using client = socket.socket();
  await assertRejects(
    () => client.connectAsync(address_of(refusing)),
    ConnectionRefusedError,
  );
});

test("Socket.acceptAsync() leaves the listener non-blocking for every duplicate, and accept() waits", async () => {
  using server = listening();
  const [, port] = address_of(server);
  const controller = new AbortController();
  const rejected = assertRejects(() => server.acceptAsync(controller));
  await turns();
  controller.abort();
  await rejected;
  assert(!os.get_blocking(server.fileno()));
  assertEquals(server.gettimeout(), null);
  // It connects once accept() waits already.
  const script = `sleep 0.3; exec 3<>/dev/tcp/127.0.0.1/${port}; read -u 3`;
  await using client = new Deno.Command("bash", { args: ["-c", script] })
    .spawn();
  const [conn] = server.accept();
  conn.close();
  await client.status;
});

test("Socket.dup() of a listener that acceptAsync() made non-blocking leaves it so, and waits", async () => {
  using server = listening();
  const [, port] = address_of(server);
  const controller = new AbortController();
  const rejected = assertRejects(() => server.acceptAsync(controller));
  await turns();
  controller.abort();
  await rejected;
  using copy = server.dup();
  assert(!os.get_blocking(server.fileno()));
  assertEquals(copy.gettimeout(), null);
  const script = `sleep 0.3; exec 3<>/dev/tcp/127.0.0.1/${port}; read -u 3`;
  await using client = new Deno.Command("bash", { args: ["-c", script] })
    .spawn();
  const [conn] = copy.accept();
  conn.close();
  await client.status;
});

test("Socket.acceptAsync() leaves O_NONBLOCK set for every duplicate of the listener", async () => {
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
