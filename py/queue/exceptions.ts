/**
 * Nothing is in the queue: Python's `queue.Empty`.
 *
 * @example
 * ```ts
 * import { queue } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => queue.Queue().get_nowait(), queue.Empty);
 * ```
 */
export class Empty extends Error {
  static {
    this.prototype.name = "Empty";
  }
}

/**
 * The queue has as many items as it may have: Python's `queue.Full`.
 *
 * @example
 * ```ts
 * import { queue } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * const one = queue.Queue<string>(1);
 * one.put("first");
 * assertThrows(() => one.put("second"), queue.Full);
 * ```
 */
export class Full extends Error {
  static {
    this.prototype.name = "Full";
  }
}

/**
 * The queue was shut down: Python's `queue.ShutDown`.
 *
 * @example
 * ```ts
 * import { queue } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * const closed = queue.Queue<string>();
 * closed.shutdown();
 * assertThrows(() => closed.put("late"), queue.ShutDown);
 * ```
 */
export class ShutDown extends Error {
  static {
    this.prototype.name = "ShutDown";
  }
}
