/**
 * Python's `queue`, without threads: first in first out, last in first out, lowest first.
 *
 * There is one thread, so nobody else can fill or empty a queue while a call waits: what would
 * block in Python, for ever or for a time, raises {@linkcode Empty} or {@linkcode Full} at once.
 * For the same reason there is no `join()`.
 *
 * @example A queue of messages per client
 * ```ts
 * import { queue } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const messages = queue.Queue<string>();
 * messages.put("first");
 * messages.put("second");
 *
 * const sent: string[] = [];
 * try {
 *   while (true) sent.push(messages.get_nowait());
 * } catch (error) {
 *   if (!(error instanceof queue.Empty)) throw error;
 * }
 * assertEquals(sent, ["first", "second"]);
 * ```
 *
 * @module
 */

export {
  type BlockOptions,
  Empty,
  Full,
  type QueueOptions,
  ShutDown,
  type ShutDownOptions,
} from "./queue.ts";
export { LifoQueue, type LifoQueueConstructor } from "./lifo_queue.ts";
export {
  type Orderable,
  PriorityQueue,
  type PriorityQueueConstructor,
} from "./priority_queue.ts";
export { Queue, type QueueConstructor } from "./queue.ts";
export { SimpleQueue, type SimpleQueueConstructor } from "./simple_queue.ts";
