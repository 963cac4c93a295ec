import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { open_descriptors } from "../descriptors.ts";
import { idle, test } from "../sanitized.ts";
import { ran } from "../scripts.ts";
import { turns, type Twin, twins } from "./async_twins.ts";
import { unix_pair } from "./socket/setup.ts";

function threads(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(/^Threads:\s*(\d+)/m.exec(status)![1]);
}

/** Waits that are aborted one after the other, some before the thread knows of them. */
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
      // A turn takes far less than the 20 ms that an abort may; a busy machine, too.
      assert(over);
      await rejected;
    }
  });
}

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
  // With little room for what is young, V8 holds no more at the end than at the start.
  const v8 = "--v8-flags=--expose-gc,--max-semi-space-size=1";
  const args = ["run", "--quiet", "--allow-ffi", v8];
  const ended = await ran(Deno.execPath(), [...args, path]);
  assertEquals([ended.code, ended.errors], [0, ""]);
  const grown = JSON.parse(ended.output);
  // One object left behind for each would be more.
  assertLessOrEqual(grown.heap, 500_000);
  // What malloc keeps comes on top, up to 17 MB in single runs.
  assertLessOrEqual(grown.rss, 40_000_000);
});
