import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { select, selectors, socket } from "../../mod.ts";
import * as socketserver from "../../py/socketserver/mod.ts";
import type { Call, TraceEvent } from "../../trace/event.ts";
import { line } from "../../trace/print.ts";
import { leave, record } from "../../trace/record.ts";
import { test } from "../descriptors.ts";
import "../reactor.ts";

/** The calls and waits of some code, as lines in which descriptors have letters. */
async function lines(
  action: (a: socket.Socket, b: socket.Socket) => Promise<unknown>,
): Promise<string[]> {
  const [a, b] = socket.socketpair();
  const letters = new Map([[a.fileno(), "a"], [b.fileno(), "b"]]);
  const seen: Call[] = [];
  const recorder = {
    event: (event: TraceEvent) => {
      if (event.kind !== "mark") seen.push(event);
    },
  };
  record(recorder);
  try {
    await action(a, b);
  } finally {
    leave(recorder);
    a.close();
    b.close();
  }
  for (const { time, took } of seen) assert(time >= 0 && took >= 0);
  return seen.map((call) =>
    line(call).replace(/\b\d+\b/g, (fd) => letters.get(Number(fd)) ?? fd)
  );
}

const text = (words: string) => new TextEncoder().encode(words);

test("a twin that waits shows the wait and the call that succeeds", async () => {
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

test("trace: a twin that need not wait shows its call alone", async () => {
  const found = await lines(async (a, b) => {
    await a.sendallAsync(text("hi"));
    await b.recvAsync(100);
  });
  assertEquals(found, ['send(a, 2) = 2 "hi"', 'recv(b, 100) = 2 "hi"']);
});

test("a wait that times out or is aborted says so, and its polls are not shown", async () => {
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

test("a selector's twin shows its wait and what it reports", async () => {
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

test("a twin that sends in parts shows each part", async () => {
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

test("socketserver shows its wait for a client, the request and the answer", async () => {
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
