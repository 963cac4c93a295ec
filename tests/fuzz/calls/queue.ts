import { queue } from "@iomux/py";
import { type Any, type Calls, dice, hostile, or } from "../pools.ts";

const queues: Any[] = [];
const maxsize = () => or(() => dice.pick([0, 1, 3, -1, 0.5]));
const block = () => or(() => dice.chance(0.5));
const timeout = () => or(() => dice.pick<Any>([undefined, null, 0, 5]));
/** What can be ordered, by and large: a queue of priorities refuses the rest. */
const item = () =>
  or(() =>
    dice.pick<() => Any>([
      () => dice.below(9),
      () => BigInt(dice.below(9)),
      () => "abc"[dice.below(3)],
      () => [dice.below(3), "x"],
      () => new Uint8Array([dice.below(3)]),
    ])(), 0.9);

function made(one: Any): void {
  queues.push(one);
  if (queues.length > 12) queues.splice(dice.below(queues.length), 1);
}

function any(): Any {
  if (queues.length < 4) {
    made(queue.Queue());
    made(queue.LifoQueue());
    made(queue.PriorityQueue());
    made(queue.SimpleQueue());
  }
  const one = dice.pick(queues);
  // A full queue would refuse every later put().
  while (one.qsize() > 50) one.get();
  return one;
}

const is_simple = (one: Any) => one instanceof queue.SimpleQueue;

function pick(simple: boolean): Any {
  for (;;) {
    const one = any();
    if (is_simple(one) === simple) return one;
    made(simple ? queue.SimpleQueue() : queue.Queue(dice.below(3)));
  }
}

function methods(name: string, simple: boolean): Calls {
  return {
    [`${name}.put`]: () => pick(simple).put(item(), block(), timeout()),
    [`${name}.put_nowait`]: () => pick(simple).put_nowait(item()),
    [`${name}.get`]: () => pick(simple).get(block(), timeout()),
    [`${name}.get_nowait`]: () => pick(simple).get_nowait(),
    [`${name}.qsize`]: () => pick(simple).qsize(),
    [`${name}.empty`]: () => pick(simple).empty(),
  };
}

/** The calls of `queue`. */
export const queue_calls: Calls = {
  "queue.Queue": () => made(queue.Queue(maxsize())),
  "queue.LifoQueue": () => made(new queue.LifoQueue(maxsize())),
  "queue.PriorityQueue": () => made(queue.PriorityQueue(maxsize())),
  "queue.SimpleQueue": () => made(queue.SimpleQueue()),
  ...methods("queue.Queue", false),
  ...methods("queue.SimpleQueue", true),
  "queue.Queue.full": () => {
    const one = pick(false);
    if (dice.chance(0.3)) one.maxsize = maxsize();
    return one.full();
  },
  "queue.Queue.task_done": () => pick(false).task_done(),
  "queue.Queue.join": () =>
    (dice.chance(0.5) ? pick(false) : queue.Queue()).join(),
  "queue.Queue.shutdown": () => pick(false).shutdown(or(() => true)),
  "queue.Queue.unfinished_tasks": () => pick(false).unfinished_tasks,
  "queue.Queue.is_shutdown": () => pick(false).is_shutdown,
  "queue.Empty": () => new queue.Empty(hostile()),
  "queue.Full": () => new queue.Full(hostile()),
  "queue.ShutDown": () => new queue.ShutDown(hostile()),
};
