import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { select, socket } from "@iomux/py";
import { show_address } from "../../../cli/show.ts";
import { Idle } from "../../../servers/echo/idle.ts";
import { nothing, rates, sum } from "../../../servers/echo/stats.ts";
import {
  runScript,
  type Server,
  startServer,
  WATCHDOG,
} from "../../scripts.ts";
import { answered, servers } from "../catalogue.ts";
import { numbers, Peer } from "../peer.ts";

const ECHO = "servers/echo.ts";
const echo = servers[0]!;
const BACKENDS = ["select", "poll", "epoll"];

function start(backend: string, ...args: string[]): Promise<Server> {
  return startServer(ECHO, ["--backend", backend, ...args]);
}

/** Connects until the server has room. */
async function newcomer(server: Server): Promise<void> {
  for (const deadline = Date.now() + WATCHDOG;;) {
    using peer = new Peer(server);
    try {
      return await answered(echo, peer);
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}

for (const backend of BACKENDS) {
  Deno.test(`--max-clients refuses further clients at once, with ${backend}`, async () => {
    await using server = await start(backend, "--max-clients", "20");
    const here = Array.from({ length: 20 }, () => new Peer(server));
    await Promise.all(here.map((peer) => answered(echo, peer)));
    const above = Array.from({ length: 100 }, () => new Peer(server));
    for (const peer of above) assertEquals((await peer.rest()).length, 0);
    for (const peer of above) peer.sock.close();
    // Earlier clients are still served; once one leaves, there is room for another.
    await Promise.all(here.map((peer) => answered(echo, peer)));
    await server.printed("no more room");
    assertEquals(server.output().split("no more room").length, 2);
    here.pop()!.sock.close();
    await newcomer(server);
    for (const peer of here) peer.sock.close();
    const { code, output, errors } = await server.stop();
    assertEquals([code, errors], [0, ""]);
    assertStringIncludes(output, "\nserved 21 clients, ");
  });

  Deno.test(`--idle-timeout closes clients that neither send nor read, and no others, with ${backend}`, async () => {
    const args = ["--backend", backend, "--idle-timeout", "5"];
    await using server = await startServer(ECHO, args, {
      preload: new URL("fixtures/counted_clock.ts", import.meta.url).pathname,
    });
    using talker = new Peer(server), stuck = new Peer(server, 4096);
    const silent = Array.from({ length: 100 }, () => new Peer(server));
    await stuck.flood();
    const open = new Map(silent.map((peer) => [peer.sock, peer]));
    while (open.size > 0) {
      await answered(echo, talker);
      for (const sock of select.select(open.keys(), [], [], 0)[0]) {
        assertEquals((await open.get(sock)!.rest()).length, 0);
        open.delete(sock);
      }
    }
    // A client that does not read its answers is idle, too.
    const [, port] = stuck.sock.getsockname();
    const line = `closing ('127.0.0.1', ${port}) as it is silent`;
    while (!server.output().includes(line)) await answered(echo, talker);
    await answered(echo, talker);
    for (const peer of silent) peer.sock.close();
    const { code, errors } = await server.stop();
    assertEquals([code, errors], [0, ""]);
  });

  Deno.test(`--max-clients frees one place for a client that resets with much queued, with ${backend}`, async () => {
    const most = String(1 << 30);
    await using server = await start(
      backend,
      ...["--max-clients", "2", "--max-queue", most, "--max-total", most],
      ...["--stats", "0.1"],
    );
    using here = new Peer(server), resets = new Peer(server, 4096);
    await answered(echo, here);
    // More than the kernel keeps: the server queues the rest, and still reads the client.
    await resets.send(numbers(12 << 20));
    await server.printed(
      / 0 bytes\/s in, 0 bytes\/s out, [1-9]\d* bytes queued/,
    );
    resets.reset();
    await server.printed(/closing .* after (Connection reset|Broken pipe)/);
    using second = new Peer(server), third = new Peer(server);
    await answered(echo, second);
    assertEquals((await third.rest()).length, 0);
    assertEquals(server.output().match(/closing .* after /g)?.length, 1);
  });

  Deno.test(`--max-queue bounds a client's queue, with ${backend}`, async () => {
    await using server = await start(
      backend,
      ...["--max-queue", "65536", "--stats", "0.1", "--quiet"],
    );
    using peer = new Peer(server, 4096);
    const sent = await peer.flood();
    await server.printed(/ [1-9]\d* bytes queued/);
    for (const [, queued] of server.errors().matchAll(/(\d+) bytes queued/g)) {
      // The last read before the queue is full may exceed the limit.
      assertEquals(Number(queued) <= 2 * 65536, true, `${queued} bytes queued`);
    }
    peer.half_close();
    assertEquals((await peer.rest()).length, sent.length);
    await server.stop();
  });
}

Deno.test("--max-total bounds the sum of all queues, and a client that reads is served", async () => {
  const MOST = 1 << 20, CLIENTS = 8;
  await using server = await start(
    "epoll",
    ...["--max-total", String(MOST), "--stats", "0.1", "--quiet"],
  );
  const peers = Array.from(
    { length: CLIENTS },
    () => new Peer(server, 1 << 16),
  );
  const sent: number[] = [];
  for (const peer of peers) sent.push((await peer.flood()).length);
  await server.printed(/ \d{7,} bytes queued/);
  for (const [, queued] of server.errors().matchAll(/(\d+) bytes queued/g)) {
    // Exceeded by one read, and by a small read of each client with an empty queue.
    const bound = MOST + (1 << 16) + CLIENTS * 4096 + (CLIENTS + 1) * 200;
    assertEquals(Number(queued) <= bound, true, `${queued} bytes queued`);
  }
  await newcomer(server);
  // Once they read, they get every answer.
  for (const peer of peers) peer.half_close();
  const rests = await Promise.all(peers.map((peer) => peer.rest()));
  assertEquals(rests.map(({ length }) => length), sent);
  for (const peer of peers) peer.sock.close();
  await server.printed(/^0 clients, .* 0 bytes queued/m);
  assertEquals((await server.stop()).code, 0);
});

Deno.test("--idle-timeout 0 and --max-clients 0 let every client stay", async () => {
  await using server = await start(
    "epoll",
    ...["--idle-timeout", "0", "--max-clients", "0"],
  );
  const peers = Array.from({ length: 50 }, () => new Peer(server));
  for (const peer of peers) await answered(echo, peer);
  assertEquals(server.output().includes("closing"), false);
  for (const peer of peers) peer.sock.close();
  await server.stop();
});

Deno.test("--max-clients: a refused client with unread bytes does not disturb the others", async () => {
  await using server = await start("epoll", "--max-clients", "1", "--quiet");
  using here = new Peer(server);
  await answered(echo, here);
  for (let i = 0; i < 50; i++) {
    using peer = new Peer(server);
    peer.try_to_send(numbers(1000));
  }
  await answered(echo, here);
  here.sock.close();
  const { code, output, errors } = await server.stop();
  assertEquals([code, errors], [0, ""]);
  assertEquals(output.split("\n").length, 3);
});

/** Waits until so many clients are in the queue of the listener at a port. */
async function until_queued(port: number, expected: number): Promise<void> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  // State 0A is LISTEN; its second queue has the clients that accept() has not returned.
  const listener = new RegExp(`:${hex} \\w+:0000 0A \\w+:(\\w+)`);
  const deadline = performance.now() + WATCHDOG;
  for (let queued = 0; queued < expected;) {
    if (performance.now() > deadline) throw new Error("Too few clients wait");
    const found = listener.exec(Deno.readTextFileSync("/proc/net/tcp"))!;
    queued = parseInt(found[1]!, 16);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

Deno.test("--backlog bounds the clients that wait to be accepted", async () => {
  for (const [backlog, expected] of [["1", 2], ["4096", 10]] as const) {
    await using server = await start("epoll", "--backlog", backlog, "--quiet");
    Deno.kill(server.pid, "SIGSTOP");
    const clients = Array.from({ length: 10 }, () => socket.socket());
    const address: [string, number] = ["127.0.0.1", server.port];
    // The kernel queues one client more than the backlog, see listen(2).
    for (const client of clients.slice(0, expected)) client.connect(address);
    await until_queued(server.port, expected);
    const refused = clients.slice(expected);
    for (const client of refused) {
      client.setblocking(false);
      client.connect_ex(address);
    }
    assertEquals(select.select([], refused, [], 0.3)[1], []);
    Deno.kill(server.pid, "SIGCONT");
    for (const client of clients) client.close();
  }
});

Deno.test("--reuse-port shares a port, which is in use without it", async () => {
  await using one = await start("epoll", "--reuse-port", "--quiet");
  const port = String(one.port);
  const { code, errors } = await runScript(ECHO, ["--port", port]);
  assertEquals(
    [code, errors],
    [1, `cannot listen on localhost port ${port}: Address already in use\n`],
  );
  // The last --port counts: start() passes --port 0.
  await using two = await start("epoll", "--reuse-port", "--port", port);
  assertEquals(two.port, one.port);
  for (let i = 0; i < 20; i++) {
    using peer = new Peer(one);
    await answered(echo, peer);
  }
  const served = [await one.stop(), await two.stop()].map(({ output }) =>
    Number(/served (\d+)/.exec(output)![1])
  );
  assertEquals(served[0]! + served[1]!, 20);
});

Deno.test("servers/echo.ts refuses an invalid limit in one line", async () => {
  const most = 2 ** 31 - 1;
  const some = "a number of seconds, at most 1000000, 0 for none";
  const bad: Array<[flag: string, value: string, wants: string]> = [
    ["--max-clients", "-1", `a whole number from 0 to ${most}`],
    ["--max-clients", "many", `a whole number from 0 to ${most}`],
    ["--idle-timeout", "-1", some],
    ["--idle-timeout", "soon", some],
    ["--idle-timeout", "1000001", some],
    ["--max-queue", "0", "a whole number from 1 to 1099511627776"],
    ["--max-total", "much", "a whole number from 1 to 1099511627776"],
    ["--backlog", "2147483648", `a whole number from 0 to ${most}`],
    ["--workers", "65", "a whole number from 0 to 64"],
    ["--stats", "NaN", some],
  ];
  await Promise.all(bad.map(async ([flag, value, wants]) => {
    const { code, output, errors } = await runScript(ECHO, [
      ...["--port", "0", `${flag}=${value}`],
    ]);
    const line = `${ECHO}: ${flag} wants ${wants}, not "${value}"\n`;
    assertEquals([code, output, errors], [1, "", line]);
  }));
});

Deno.test("Idle.look() reports clients that were silent since the last look, oldest first", () => {
  const idle = new Idle<string>(10);
  const look = (now: number) => {
    const found: string[] = [];
    idle.look(now, (client) => {
      found.push(client);
      idle.forget(client);
    });
    return found;
  };
  for (const client of ["a", "b", "c", "d"]) idle.sign(client);
  assertEquals(look(1000), []);
  idle.sign("b");
  idle.forget("c");
  assertEquals(look(6000), []);
  // Activity counts from the next look on, so that no client is found too early.
  assertEquals(look(10_999), []);
  idle.sign("d");
  assertEquals(look(11_000), ["a"]);
  assertEquals(look(16_000), ["b"]);
  idle.sign("d");
  idle.sign("d");
  assertEquals(look(20_000), []);
  assertEquals(look(29_999), []);
  assertEquals(look(30_000), ["d"]);
  assertEquals(look(99_000), []);
});

for (const backend of BACKENDS) {
  Deno.test(`--stats prints the load on standard error, with ${backend}`, async () => {
    const flags = ["--quiet", "--stats", "0.3", "--max-clients", "30"];
    await using server = await start(backend, ...flags);
    const peers = Array.from({ length: 30 }, () => new Peer(server));
    await Promise.all(peers.map((peer) => answered(echo, peer)));
    const above = Array.from({ length: 7 }, () => new Peer(server));
    for (const peer of above) {
      await peer.rest();
      peer.sock.close();
    }
    await server.printed(/^30 clients, .* 7 turned away$/m);
    assertMatch(server.errors(), / [1-9]\d* accepted\/s, /);
    assertMatch(
      server.errors(),
      / [1-9]\d* bytes\/s in, [1-9]\d* bytes\/s out/,
    );
    await peers[0]!.flood();
    await server.printed(
      /^30 clients, .* [1-9]\d* bytes queued, 7 turned away$/m,
    );
    for (const peer of peers) peer.reset();
    await server.printed(/^0 clients, .* 0 bytes queued, 7 turned away$/m);
    const { code, output, errors } = await server.stop();
    assertEquals(code, 0);
    assertMatch(output, /^starting up on .*\nserved 30 clients, .*\n$/);
    assertMatch(
      errors,
      /^(\d+ clients?, \d+ accepted\/s, \d+ bytes\/s in, \d+ bytes\/s out, \d+ bytes queued, \d+ turned away\n)+$/,
    );
  });
}

Deno.test("rates() formats the difference of two counts per second; sum() adds counts", () => {
  const before = { ...nothing(), served: 3, received: 100, sent: 90 };
  const after = {
    clients: 1,
    served: 7,
    received: 2100,
    sent: 1090,
    queued: 1010,
    turned_away: 5,
  };
  assertEquals(
    rates(before, after, 2),
    "1 client, 2 accepted/s, 1000 bytes/s in, 500 bytes/s out, 1010 bytes queued, 5 turned away",
  );
  assertEquals(sum([before, after, nothing()]), {
    clients: 1,
    served: 10,
    received: 2200,
    sent: 1180,
    queued: 1010,
    turned_away: 5,
  });
});

Deno.test("a server without free descriptors says so once, though clients come and go", async () => {
  await using server = await startServer(ECHO, [], { descriptors: 40 });
  const peers = Array.from({ length: 40 }, () => new Peer(server));
  try {
    await server.printed("not accepting for now: Too many open files\n");
    // Each place that comes free goes to the next in the listener's queue.
    for (const { sock } of peers.slice(0, 20)) {
      const address = show_address(sock.getsockname());
      sock.close();
      await server.printed(`closing ${address}`);
    }
    assertEquals(server.errors().split("not accepting").length, 2);
  } finally {
    for (const peer of peers) peer.sock.close();
  }
});
