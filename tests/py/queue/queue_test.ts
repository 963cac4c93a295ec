import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { RuntimeError, ValueError } from "../../../py/exceptions.ts";
import * as queue from "../../../py/queue.ts";
import { ran } from "../../scripts.ts";

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
  assertThrows(
    () => fifo.get(true, "1" as unknown as number),
    TypeError,
    "'timeout'",
  );
  // As in Python: without a limit nothing blocks, so the timeout is not looked at.
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
    // What was taken out is done once task_done() says so.
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
  const fifo = queue.Queue<number>();
  for (const item of [1, 2, 3]) fifo.put(item);
  fifo.get();
  fifo.shutdown();
  fifo.shutdown(true);
  assertEquals(fifo.qsize(), 0);
  assertEquals(fifo.unfinished_tasks, 1);
  assertThrows(() => fifo.get(), queue.ShutDown);
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
  // In a process of its own, which can ask for a collection.
  const { code, output, errors } = await ran(Deno.execPath(), [
    "run",
    "--v8-flags=--expose-gc",
    new URL("fixtures/given.ts", import.meta.url).pathname,
  ]);
  assertEquals([code, output, errors], [0, "0 1\n0 1\n0 1\n", ""]);
});
