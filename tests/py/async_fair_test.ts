import { select } from "@iomux/py";
import {
  assertEquals,
  assertLessOrEqual,
  assertStringIncludes,
} from "@std/assert";
import { test as plain } from "../descriptors.ts";
import { untraced } from "../../ffi/libc.ts";
import { record } from "../ffi/storm.ts";
import { ran } from "../scripts.ts";
import { one, turns } from "./async_twins.ts";
import { unix_pair } from "./socket/setup.ts";

// Counted in calls, not in time: on a busy machine there are fewer.
const MOST_CALLS = 300_000;

/** Makes calls, one after the other, until ten timers have fired. */
async function until_timers_fire(call: () => Promise<unknown>): Promise<void> {
  let fired = 0, calls = 0;
  const timer = setInterval(() => fired++, 1);
  for (; fired < 10 && calls < MOST_CALLS; calls++) await call();
  clearInterval(timer);
  assertLessOrEqual(calls, MOST_CALLS - 1);
}

plain("Async twins let timers in when each is aborted at once", async () => {
  using pair = unix_pair();
  await until_timers_fire(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const received = pair.b.recvAsync(1, 0, { signal });
    controller.abort();
    return received.catch(() => {});
  });
});

plain("Async twins let timers in when each is closed at once", async () => {
  await until_timers_fire(() => {
    using pair = unix_pair();
    return pair.b.recvAsync(1).catch(() => {});
  });
});

plain("Async twins let timers in when each has a bad argument", async () => {
  using pair = unix_pair();
  await until_timers_fire(() => pair.b.recvAsync(-1).catch(() => {}));
});

plain(
  "A Socket's own waits need no look once a second, others share one timer",
  async () => {
    const pairs = Array.from({ length: 100 }, () => unix_pair());
    {
      using timers = record("timerfd_settime", untraced);
      const waits = pairs.map(({ b }) => b.recvAsync(1));
      await turns();
      assertEquals(timers.calls.length, 0);
      const poller = select.poll();
      for (const { b } of pairs) poller.register(b, select.POLLIN);
      const polls = pairs.map(() => poller.pollAsync());
      await turns();
      assertLessOrEqual(timers.calls.length, 1);
      for (const { a } of pairs) a.send(one);
      await Promise.all([...waits, ...polls]);
    }
    for (const pair of pairs) pair[Symbol.dispose]();
  },
);

plain(
  "Waits in turn for one socket cost the kernel one registration",
  async () => {
    using pair = unix_pair();
    using calls = record("epoll_ctl", untraced);
    const COUNT = 1000;
    const waits = Array.from({ length: COUNT }, () => pair.b.recvAsync(1));
    await turns();
    assertEquals(calls.calls.length, 1);
    using looks = record("recvfrom");
    pair.a.send(new Uint8Array(COUNT));
    await Promise.all(waits);
    assertEquals(looks.calls.length, COUNT);
  },
);

/** Runs a program under a limit of descriptors, which `exhaust()` uses up. */
async function run_short(program: string): Promise<string> {
  const mod = new URL("../../mod.ts", import.meta.url).href;
  const signals = new URL("../ffi/fixtures/signals.ts", import.meta.url).href;
  const code = `import { socket } from "${mod}";
    import "${signals}";
    const [a, b] = socket.socketpair();
    const all = [];
    const exhaust = () => {
      try {
        for (;;) all.push(a.dup());
      } catch {
        // None is free.
      }
    };
    ${program}
    // Free, for what the runtime opens to end.
    for (const sock of all) sock.close();`;
  const args = ["-c", 'ulimit -n 100; exec "$0" eval "$1"', Deno.execPath()];
  const { output, errors } = await ran("sh", [...args, code]);
  assertEquals(errors, "");
  return output;
}

Deno.test("Async twins raise EMFILE when no descriptor is free for the first wait", async () => {
  const output = await run_short(`
    exhaust();
    console.log(await b.recvAsync(1).catch((error) => error.message));
    all.pop().close();
    all.pop().close();
    a.send(new Uint8Array(1));
    console.log((await b.recvAsync(1)).length);
  `);
  assertStringIncludes(output, "the first wait takes two descriptors");
  assertStringIncludes(output, "\n1\n");
});

Deno.test("Async twins work without a free descriptor after the first wait", async () => {
  const output = await run_short(`
    const first = b.recvAsync(1);
    a.send(new Uint8Array(1));
    await first;
    exhaust();
    const second = b.recvAsync(1);
    await new Promise((resolve) => setTimeout(resolve));
    a.send(new Uint8Array(1));
    console.log((await second).length);
  `);
  assertEquals(output, "1\n");
});
