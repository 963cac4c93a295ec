import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { select, selectors } from "@iomux/py";
import { test } from "../descriptors.ts";
import { backends, names, pair } from "./selectors/setup.ts";

const { EVENT_READ, EVENT_WRITE } = selectors;

/** What has a keyword that no call knows, as JavaScript may pass it. */
// deno-lint-ignore no-explicit-any
const misspelled = { timeuot: 0 } as any;

test("select() takes its time-out by keyword", () => {
  using socks = pair();
  const found = select.select([], [socks.wr], [], { timeout: 0 });
  assertEquals(found, [[], [socks.wr], []]);
  const nothing = select.select([socks.rd], [], [], { timeout: 0 });
  assertEquals(nothing, [[], [], []]);
});

test("selectAsync() takes a signal without a time-out", async () => {
  using socks = pair();
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = select.selectAsync([socks.rd], [], [], { signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  const limits = { timeout: 0, signal: new AbortController().signal };
  assertEquals(await select.selectAsync([socks.rd], [], [], limits), [
    [],
    [],
    [],
  ]);
});

test("poll() takes eventmask and timeout by keyword", async () => {
  using socks = pair();
  const poller = select.poll();
  poller.register(socks.wr, { eventmask: select.POLLIN });
  assertEquals(poller.poll({ timeout: 0 }), []);
  poller.register(socks.wr, {});
  const writable = [[socks.wr.fileno(), select.POLLOUT]];
  assertEquals(poller.poll({}), writable);
  assertEquals(await poller.pollAsync({ timeout: 0 }), writable);
});

test("epoll() takes sizehint, flags, eventmask, timeout and maxevents by keyword", async () => {
  using socks = pair();
  using ep = select.epoll({ sizehint: 64, flags: select.EPOLL_CLOEXEC });
  for (const sock of [socks.rd, socks.wr]) {
    ep.register(sock, { eventmask: select.EPOLLOUT });
  }
  assertEquals(ep.poll({ timeout: 0 }).length, 2);
  assertEquals(ep.poll({ maxevents: 1 }).length, 1);
  assertEquals(ep.poll({ timeout: 0, maxevents: 1 }).length, 1);
  assertEquals(ep.poll(0, { maxevents: 1 }).length, 1);
  assertEquals((await ep.pollAsync({ maxevents: 1 })).length, 1);
  assertEquals((await ep.pollAsync(0, { maxevents: 1 })).length, 1);
});

test("A keyword that a call of select does not have is a TypeError", async () => {
  using socks = pair();
  using ep = select.epoll();
  const poller = select.poll();
  const wrong: Record<string, () => unknown> = {
    select: () => select.select([], [], [], misspelled),
    poll: () => poller.poll(misspelled),
    register: () => poller.register(socks.rd, misspelled),
    epoll: () => select.epoll(misspelled),
  };
  for (const [name, call] of Object.entries(wrong)) {
    const message = `${name}() got an unexpected keyword argument 'timeuot'`;
    assertThrows(call, TypeError, message);
  }
  assertThrows(() => ep.poll(misspelled), TypeError, "unexpected keyword");
  assertThrows(
    () => ep.register(socks.rd, misspelled),
    TypeError,
    "unexpected",
  );
  for (
    const waiting of [
      () => select.selectAsync([], [], [], misspelled),
      () => poller.pollAsync(misspelled),
      () => ep.pollAsync(misspelled),
    ]
  ) await assertRejects(waiting, TypeError, "unexpected keyword argument");
});

for (const name of names) {
  const make = backends[name];

  test(`${name}.register() and modify() take data by keyword`, () => {
    using socks = pair();
    using s = make();
    const key = s.register(socks.rd, EVENT_READ, { data: "first" });
    assertEquals(key.data, "first");
    assertEquals(s.modify(socks.rd, EVENT_READ, { data: null }).data, null);
    assertEquals(
      s.modify(socks.rd, EVENT_READ, { data: undefined }).data,
      null,
    );
  });

  test(`${name}.register() takes any other object for the data itself`, () => {
    using socks = pair();
    using s = make();
    class Client {
      data = 1;
    }
    const whole = [{ port: 80 }, { data: 1, port: 80 }, {}, [1], new Client()];
    for (const data of whole) {
      assertEquals(s.register(socks.rd, EVENT_READ, data).data, data);
      s.unregister(socks.rd);
    }
    const key = s.register(socks.rd, EVENT_READ, { data: { data: 1 } });
    assertEquals(key.data, { data: 1 });
  });

  test(`${name}.select() takes its time-out by keyword`, async () => {
    using socks = pair();
    using s = make();
    const key = s.register(socks.wr, EVENT_WRITE);
    assertEquals(s.select({ timeout: 0 }), [[key, EVENT_WRITE]]);
    assertEquals(s.select({ timeout: null }), [[key, EVENT_WRITE]]);
    assertEquals(await s.selectAsync({ timeout: 0 }), [[key, EVENT_WRITE]]);
    assertThrows(() => s.select(misspelled), TypeError, "unexpected keyword");
    await assertRejects(
      () => s.selectAsync(misspelled),
      TypeError,
      "unexpected keyword argument",
    );
  });

  test(`${name}.selectAsync() takes a signal without a time-out`, async () => {
    using socks = pair();
    using s = make();
    s.register(socks.rd, EVENT_READ);
    const controller = new AbortController();
    const waiting = s.selectAsync({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await assertRejects(() => waiting, Error, "enough");
  });
}

test("The keyword of a selector's data is typed", () => {
  using socks = pair();
  const [rd, wr] = [socks.rd.fileno(), socks.wr.fileno()];
  using s = selectors.DefaultSelector<number, string>();
  s.register(rd, EVENT_READ, { data: "text" });
  // @ts-expect-error Data is a string.
  s.register(wr, EVENT_READ, { data: 1 });
  // Data that look like the keyword go by keyword.
  using own = selectors.DefaultSelector<number, { data: string }>();
  own.register(rd, EVENT_READ, { data: { data: "text" } });
  // @ts-expect-error It would be taken for the keyword.
  const key = own.modify(rd, EVENT_READ, { data: "" });
  assertEquals(key.data as unknown, "");
});
