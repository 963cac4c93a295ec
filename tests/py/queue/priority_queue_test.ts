import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import * as queue from "../../../py/queue.ts";
import { python } from "../../machine.ts";

function sorted(items: readonly unknown[]): unknown[] {
  // The types refuse what Python would refuse at run time; these tests want the latter.
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
    assertThrows(
      () => heap.put(b),
      TypeError,
      `'<' not supported between instances of ${kinds}`,
    );
    assertEquals(heap.unfinished_tasks, 1);
    assertStrictEquals(heap.get(), a);
    assert(heap.empty());
  }
});

Deno.test("PriorityQueue.get() keeps every item when it raises TypeError", () => {
  const heap = queue.PriorityQueue<unknown[]>();
  // Neither child is ever compared with the other before the root leaves.
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

/** What CPython's queue gives, `null` where there is none to ask. */
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

const hasPython = cpython([]) !== null;

Deno.test({
  name: `PriorityQueue gives even equal items in CPython's order${
    hasPython ? "" : " (ignored: no python3 to ask)"
  }`,
  ignore: !hasPython,
  fn() {
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
});
