import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { raises } from "../raises.ts";
import { RuntimeError, ValueError } from "../../../py/exceptions.ts";
import * as queue from "../../../py/queue.ts";
import { ran } from "../../scripts.ts";
import { python } from "../../machine.ts";
import { test_unless } from "../socket/setup.ts";

function drain<T>(from: queue.Queue<T> | queue.SimpleQueue<T>): T[] {
  const items: T[] = [];
  while (!from.empty()) items.push(from.get_nowait());
  return items;
}

Deno.test("Queue() is made with a call or with new", () => {
  for (const made of [queue.Queue<number>(3), new queue.Queue<number>(3)]) {
    assertInstanceOf(made, queue.Queue);
    assertEquals(made.maxsize, 3);
    assertStrictEquals(made.constructor, queue.Queue);
  }
  assertEquals(queue.Queue().maxsize, 0);
  assertInstanceOf(queue.LifoQueue(), queue.LifoQueue);
  assertInstanceOf(queue.LifoQueue(), queue.Queue);
  assertInstanceOf(queue.PriorityQueue(), queue.Queue);
  assertInstanceOf(queue.SimpleQueue(), queue.SimpleQueue);
  assertFalse((queue.Queue() as unknown) instanceof queue.LifoQueue);
  assertFalse((queue.SimpleQueue() as unknown) instanceof queue.Queue);
  assertEquals(
    [queue.Queue, queue.LifoQueue, queue.PriorityQueue, queue.SimpleQueue]
      .map((constructor) => (constructor as { name?: string }).name),
    ["Queue", "LifoQueue", "PriorityQueue", "SimpleQueue"],
  );
});

Deno.test("Queue() can be extended", () => {
  class Shouting extends queue.Queue<string> {
    override put(item: string): void {
      super.put(item.toUpperCase());
    }
  }
  const shouting = new Shouting(1);
  shouting.put_nowait("hello");
  assertInstanceOf(shouting, Shouting);
  assertInstanceOf(shouting, queue.Queue);
  assert(shouting.full());
  assertEquals(shouting.get(), "HELLO");
});

Deno.test("Queue() throws TypeError for a maxsize of another type", () => {
  for (const maxsize of ["5", null]) {
    assertThrows(() => queue.Queue(maxsize as unknown as number), TypeError);
  }
});

Deno.test("Queue.get() returns the items first in, first out", () => {
  const fifo = queue.Queue<number>();
  for (let i = 0; i < 5000; i++) fifo.put(i);
  for (let i = 0; i < 2500; i++) assertEquals(fifo.get(), i);
  for (let i = 5000; i < 6000; i++) fifo.put(i);
  assertEquals(fifo.qsize(), 3500);
  assertEquals(drain(fifo), Array.from({ length: 3500 }, (_, i) => 2500 + i));
});

Deno.test("Queue.get() returns undefined and null when they were put", () => {
  const fifo = queue.Queue<null | undefined>();
  fifo.put(undefined);
  fifo.put(null);
  assertEquals(fifo.qsize(), 2);
  assertEquals(drain(fifo), [undefined, null]);
});

Deno.test("Queue.get() raises Empty at once on an empty queue", () => {
  for (
    const empty of [
      queue.Queue(),
      queue.LifoQueue(),
      queue.PriorityQueue(),
      queue.SimpleQueue(),
    ]
  ) {
    assertThrows(() => empty.get(), queue.Empty);
    assertThrows(() => empty.get(true, 3600), queue.Empty);
    assertThrows(() => empty.get(true, null), queue.Empty);
    assertThrows(() => empty.get(false), queue.Empty);
    assertThrows(() => empty.get_nowait(), queue.Empty);
  }
});

Deno.test("Queue.put() raises Full at once when there is no room", () => {
  for (
    const full of [
      queue.Queue<number>(2),
      queue.LifoQueue<number>(2),
      queue.PriorityQueue<number>(2),
    ]
  ) {
    full.put(1);
    assertFalse(full.full());
    full.put(2);
    assert(full.full());
    assertThrows(() => full.put(3), queue.Full);
    assertThrows(() => full.put(3, true, 3600), queue.Full);
    assertThrows(() => full.put(3, false), queue.Full);
    assertThrows(() => full.put_nowait(3), queue.Full);
    assertEquals(drain(full).sort(), [1, 2]);
  }
});

Deno.test("Queue.put() takes any number of items when maxsize is 0 or less", () => {
  for (const maxsize of [0, -1]) {
    const unlimited = queue.Queue<number>(maxsize);
    for (let i = 0; i < 100; i++) unlimited.put(i);
    assertFalse(unlimited.full());
  }
});

Deno.test("Queue.maxsize can be lowered below qsize()", () => {
  const fifo = queue.Queue<number>(3);
  for (const item of [1, 2, 3]) fifo.put(item);
  fifo.maxsize = 2;
  assertThrows(() => fifo.put(4), queue.Full);
  assertEquals(fifo.qsize(), 3);
});

Deno.test("Queue.get() and put() refuse a negative timeout when they may block", () => {
  const fifo = queue.Queue<number>(1);
  fifo.put(1);
  for (const timeout of [-1, -0.001, NaN]) {
    assertThrows(
      () => fifo.put(2, true, timeout),
      ValueError,
      `'timeout' must be a non-negative number, not ${timeout}`,
    );
    assertThrows(() => fifo.get(true, timeout), ValueError);
    assertThrows(() => queue.SimpleQueue().get(true, timeout), ValueError);
  }
  assertThrows(() => fifo.put(2, false, -1), queue.Full);
  assertEquals(fifo.get(false, -1), 1);
  raises(TypeError, {
    "'timeout'": () => fifo.get(true, "1" as unknown as number),
  });
  // As in Python: without a limit nothing blocks, so the time-out is not checked.
  queue.Queue<number>().put(1, true, -1);
  queue.SimpleQueue<number>().put(1, true, -1);
});

Deno.test("Empty, Full and ShutDown are errors with names", () => {
  for (const exception of [queue.Empty, queue.Full, queue.ShutDown]) {
    const error = new exception("why");
    assertInstanceOf(error, Error);
    assertEquals(String(error), `${exception.name}: why`);
  }
});

Deno.test("LifoQueue.get() returns the items last in, first out", () => {
  const lifo = queue.LifoQueue<number>();
  for (const item of [1, 2, 3]) lifo.put(item);
  assertEquals(lifo.get(), 3);
  lifo.put(4);
  assertEquals(drain(lifo), [4, 2, 1]);
});

Deno.test("SimpleQueue.get() returns the items first in, first out", () => {
  const simple = queue.SimpleQueue<number>();
  simple.put(1);
  simple.put_nowait(2);
  assertEquals(simple.qsize(), 2);
  assertEquals(drain(simple), [1, 2]);
});

Deno.test("Queue.task_done() raises ValueError when called too many times", () => {
  const fifo = queue.Queue<number>();
  assertThrows(() => fifo.task_done(), ValueError, "called too many times");
  fifo.put(1);
  fifo.get();
  assertEquals(fifo.unfinished_tasks, 1);
  fifo.task_done();
  assertEquals(fifo.unfinished_tasks, 0);
  assertThrows(() => fifo.task_done(), ValueError);
});

for (const name of ["Queue", "LifoQueue", "PriorityQueue"] as const) {
  Deno.test(`${name}.join() returns once each item is done, and throws where Python would wait for ever`, () => {
    const tasks = (queue[name] as queue.QueueConstructor)<number>();
    tasks.join();
    tasks.put(1);
    tasks.put(2);
    assertThrows(() => tasks.join(), RuntimeError, "is still due for 2");
    tasks.get();
    // An item that was taken is done after task_done().
    assertThrows(() => tasks.join(), RuntimeError, "is still due for 2");
    tasks.task_done();
    tasks.get();
    tasks.task_done();
    tasks.join();
  });
}

Deno.test("Queue.shutdown() keeps the items for get(), and refuses new ones", () => {
  const fifo = queue.Queue<number>(1);
  fifo.put(1);
  assertFalse(fifo.is_shutdown);
  fifo.shutdown();
  assert(fifo.is_shutdown);
  assertThrows(() => fifo.put(2), queue.ShutDown);
  assertThrows(() => fifo.put_nowait(2), queue.ShutDown);
  assertEquals(fifo.get(), 1);
  assertThrows(() => fifo.get(), queue.ShutDown);
  assertThrows(() => fifo.get_nowait(), queue.ShutDown);
  fifo.task_done();
});

Deno.test("Queue.shutdown() drops the items when immediate", () => {
  const { Queue, LifoQueue, PriorityQueue } = queue;
  for (const messages of [Queue(), LifoQueue(), PriorityQueue<number>()]) {
    for (const item of [1, 2, 3]) messages.put(item);
    messages.get();
    messages.shutdown();
    messages.shutdown(true);
    assertEquals(messages.qsize(), 0);
    assertEquals(messages.unfinished_tasks, 1);
    assertThrows(() => messages.get(), queue.ShutDown);
  }
});

Deno.test("Queue.shutdown() with immediate never makes unfinished_tasks negative", () => {
  const fifo = queue.Queue<number>();
  for (const item of [1, 2]) fifo.put(item);
  for (let i = 0; i < 2; i++) fifo.task_done();
  fifo.shutdown(true);
  assertEquals(fifo.unfinished_tasks, 0);
  fifo.join();
});

Deno.test("Queue, LifoQueue and SimpleQueue hold a million items", () => {
  const count = 1_000_000;
  for (
    const many of [
      queue.Queue<number>(),
      queue.LifoQueue<number>(),
      queue.SimpleQueue<number>(),
    ]
  ) {
    for (let i = 0; i < count; i++) many.put(i);
    assertEquals(many.qsize(), count);
    const isLifo = many instanceof queue.LifoQueue;
    for (let i = 0; i < count; i++) {
      const expected = isLifo ? count - 1 - i : i;
      if (many.get() !== expected) throw new Error(`wrong at ${i}`);
    }
    assert(many.empty());
  }
});

Deno.test("Queue keeps no reference to an item that get() returned", async () => {
  // In a process of its own, which can force a garbage collection.
  const { code, output, errors } = await ran(Deno.execPath(), [
    "run",
    "--v8-flags=--expose-gc",
    new URL("fixtures/given.ts", import.meta.url).pathname,
  ]);
  assertEquals([code, output, errors], [0, "0 1\n0 1\n0 1\n", ""]);
});

function sorted(items: readonly unknown[]): unknown[] {
  // The types refuse what Python refuses at run time, which these tests check.
  const heap = queue.PriorityQueue<queue.Orderable>();
  for (const item of items) heap.put(item as queue.Orderable);
  const ordered: unknown[] = [];
  while (!heap.empty()) ordered.push(heap.get());
  return ordered;
}

Deno.test("PriorityQueue sorts a million items", () => {
  const heap = queue.PriorityQueue<number>();
  let seed = 1;
  for (let i = 0; i < 1_000_000; i++) {
    seed = (seed * 48271) % 2147483647;
    heap.put(seed);
  }
  let previous = 0;
  for (let i = 0; i < 1_000_000; i++) {
    const item = heap.get();
    if (item < previous) throw new Error(`wrong at ${i}`);
    previous = item;
  }
  assert(heap.empty());
});

Deno.test("PriorityQueue orders numbers, bigints and booleans by value", () => {
  assertEquals(
    sorted([3, 2n, 2.5, true, -Infinity, 2n ** 64n, false, 0.5]),
    [-Infinity, false, 0.5, true, 2n, 2.5, 3, 2n ** 64n],
  );
});

Deno.test("PriorityQueue orders strings by code point", () => {
  const ascending = [
    "",
    "a",
    "a\ud83d",
    "a\ue000",
    "a\uffff",
    "a\u{1f600}",
    "a\u{1f600}b",
    "a\u{1f601}",
    "b",
    "\u{1f600}",
  ];
  assertEquals(sorted(ascending.toReversed()), ascending);
});

Deno.test("PriorityQueue orders arrays element by element", () => {
  const ascending = [
    [],
    [1],
    [1, "a"],
    [1, "a", [0, 9]],
    [1n, "a", [1]],
    [1, "b", { never: "compared" }],
    [2, null],
  ];
  assertEquals(sorted(ascending.toReversed()), ascending);
});

Deno.test("PriorityQueue orders Uint8Arrays as Python orders bytes", () => {
  const [low, middle, high] = [[1], [1, 0], [2]].map((b) => new Uint8Array(b));
  assertEquals(sorted([[0, high], [0, low], [0, middle]]), [
    [0, low],
    [0, middle],
    [0, high],
  ]);
});

Deno.test("PriorityQueue skips elements that are equal or the same", () => {
  const shared = { any: "thing" };
  assertEquals(sorted([[shared, null, 2], [shared, undefined, 1]]), [
    [shared, undefined, 1],
    [shared, null, 2],
  ]);
  const list = (...end: number[]) => [1, [2, ...end], new Uint8Array([3])];
  assertEquals(sorted([[list(0), 0], [list(), 2], [list(), 1]]), [
    [list(), 1],
    [list(), 2],
    [list(0), 0],
  ]);
});

Deno.test("PriorityQueue takes NaN, for which every comparison is false", () => {
  assertEquals(sorted([NaN, 2, 1]).length, 3);
  assertEquals(sorted([[NaN, 1], [NaN, 0]]), [[NaN, 1], [NaN, 0]]);
});

Deno.test("PriorityQueue.put() raises TypeError without an order and stays as it was", () => {
  for (
    const [a, b, kinds] of [
      [1, "1", "'string' and 'number'"],
      [null, null, "'null' and 'null'"],
      [{}, {}, "'Object' and 'Object'"],
      [[1, {}], [1, {}], "'Object' and 'Object'"],
      [[1], 1, "'number' and 'Array'"],
      [new Uint8Array(1), [0], "'Array' and 'Uint8Array'"],
      [new Date(0), new Date(0), "'Date' and 'Date'"],
    ] as [queue.Orderable, queue.Orderable, string][]
  ) {
    const heap = queue.PriorityQueue<queue.Orderable>();
    heap.put(a);
    raises(TypeError, {
      [`'<' not supported between instances of ${kinds}`]: () => heap.put(b),
    });
    assertEquals(heap.unfinished_tasks, 1);
    assertStrictEquals(heap.get(), a);
    assert(heap.empty());
  }
});

Deno.test("PriorityQueue.get() keeps every item when it raises TypeError", () => {
  const heap = queue.PriorityQueue<unknown[]>();
  // The two children are not compared before the root leaves.
  const items = [[1], [2, "x"], [2, 3], [2.5], [4], [5]];
  for (const item of items) heap.put(item);
  assertThrows(() => heap.get(), TypeError);
  assertEquals(heap.qsize(), items.length);
  heap.shutdown(true);
  assert(heap.empty());
});

Deno.test("PriorityQueue neither loses nor doubles an item when a comparison throws", () => {
  let seed = 7;
  const random = (below: number) => (seed = seed * 48271 % 2147483647) % below;
  const heap = queue.PriorityQueue<queue.Orderable>();
  const inside = new Set<queue.Orderable>();
  let failures = 0;
  for (let i = 0; i < 20_000; i++) {
    const item = [random(9), random(5) === 0 ? String(i) : i];
    try {
      if (random(3) > 0) {
        heap.put(item);
        inside.add(item);
      } else if (!heap.empty()) {
        assert(inside.delete(heap.get()), "an item left twice");
      }
    } catch (error) {
      assertInstanceOf(error, TypeError);
      failures++;
    }
    assertEquals(heap.qsize(), inside.size);
  }
  assert(failures > 0);
});

const script = `import json, queue, sys
heap = queue.PriorityQueue()
given = []
for item in json.load(open(sys.argv[1])):
    if item is None:
        given.append(heap.get_nowait())
    else:
        heap.put(tuple(item))
print(json.dumps(given))`;

/** The items that CPython's queue returns; `null` without python3. */
function cpython(steps: unknown[]): unknown {
  const path = Deno.makeTempFileSync();
  try {
    // Too long for an argument.
    Deno.writeTextFileSync(path, JSON.stringify(steps));
    return python(script, path);
  } finally {
    Deno.removeSync(path);
  }
}

test_unless(
  cpython([]) === null ? "no python3 here" : null,
  "PriorityQueue gives even equal items in CPython's order",
  () => {
    let seed = 3;
    const random = (below: number) =>
      (seed = seed * 48271 % 2147483647) % below;
    const equals = [0, false, 1, true, 2, 0.5];
    const steps: (queue.Orderable[] | null)[] = [];
    const heap = queue.PriorityQueue<queue.Orderable[]>();
    const given: unknown[] = [];
    for (let i = 0; i < 5000; i++) {
      if (!heap.empty() && random(5) < 2) {
        steps.push(null);
        given.push(heap.get());
      } else {
        const item = [
          equals[random(6)]!,
          ["a", "\ue000", "\u{1f600}"][random(3)]!,
          equals[random(6)]!,
        ];
        steps.push(item);
        heap.put(item);
      }
    }
    assertEquals(given, cpython(steps));
  },
);
