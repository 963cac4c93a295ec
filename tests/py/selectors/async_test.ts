import { assert, assertEquals, assertRejects } from "@std/assert";
import { OSError, selectors, ValueError } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { backends, names, pair } from "./setup.ts";

const { EVENT_READ, EVENT_WRITE } = selectors;

for (const name of names) {
  const make = backends[name];

  test(`${name}.selectAsync() returns ready keys at once`, async () => {
    using s = make();
    using fds = pair();
    s.register(fds.rd, EVENT_READ);
    const key = s.register(fds.wr, EVENT_WRITE);
    assertEquals(await s.selectAsync(), [[key, EVENT_WRITE]]);
  });

  test(`${name}.selectAsync() lets timers run while it waits`, async () => {
    using s = make();
    using fds = pair();
    const key = s.register(fds.rd, EVENT_READ, "data");
    let ticks = 0;
    const timer = setInterval(() => {
      if (++ticks === 3) fds.wr.send(new Uint8Array(1));
    }, 5);
    assertEquals(await s.selectAsync(10), [[key, EVENT_READ]]);
    clearInterval(timer);
    // One more may run before the wait ends.
    assert(ticks >= 3);
  });

  test(`${name}.selectAsync() returns no keys when its time-out expires`, async () => {
    using s = make();
    using fds = pair();
    s.register(fds.rd, EVENT_READ);
    for (const timeout of [0, -1, 0.01]) {
      assertEquals(await s.selectAsync(timeout), []);
    }
  });

  test(`${name}.selectAsync() rejects with the signal's reason`, async () => {
    using s = make();
    using fds = pair();
    s.register(fds.rd, EVENT_READ);
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 5);
    const { signal } = controller;
    const error = await assertRejects(() => s.selectAsync(null, { signal }));
    assertEquals(error, reason);
  });

  test(`${name}.selectAsync() rejects when a registered socket is closed`, async () => {
    const s = make();
    using fds = pair();
    s.register(fds.rd, EVENT_READ);
    const epoll = name === "EpollSelector";
    setTimeout(() => epoll ? s.close() : fds.rd.close(), 5);
    const error = await assertRejects(() => s.selectAsync(10));
    assert(error instanceof (epoll ? ValueError : OSError));
    s.close();
  });

  test(`${name}.selectAsync() rejects for a bad time-out`, async () => {
    using s = make();
    await assertRejects(() => s.selectAsync("1" as never), TypeError);
    await assertRejects(() => s.selectAsync(NaN), ValueError);
  });
}

test("EpollSelector.selectAsync() sees a file that is registered meanwhile", async () => {
  using s = selectors.EpollSelector();
  using fds = pair();
  setTimeout(() => s.register(fds.wr, EVENT_WRITE, "late"), 5);
  const ready = await s.selectAsync(10);
  assertEquals(ready.map(([key]) => key.data), ["late"]);
});
