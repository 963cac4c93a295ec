/**
 * Python's exceptions: `OSError` with its subclasses, and those for bad arguments.
 *
 * A bad type is JavaScript's own `TypeError`; `ExceptionGroup` is `AggregateError`.
 *
 * @module
 */

export {
  BlockingIOError,
  BrokenPipeError,
  ChildProcessError,
  ConnectionAbortedError,
  ConnectionError,
  ConnectionRefusedError,
  ConnectionResetError,
  FileExistsError,
  FileNotFoundError,
  InterruptedError,
  IsADirectoryError,
  NotADirectoryError,
  OSError,
  type OSErrorOptions,
  PermissionError,
  ProcessLookupError,
  TimeoutError,
} from "../ffi/os_error.ts";

/**
 * An argument of the right type has a value that makes no sense.
 *
 * @example
 * ```ts
 * import { select, ValueError } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => select.select([], [], [], -1), ValueError);
 * ```
 */
export class ValueError extends RangeError {
  static {
    this.prototype.name = "ValueError";
  }
}

/**
 * A number does not fit the C type that it is for.
 *
 * @example
 * ```ts
 * import { OverflowError, select } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => select.poll().register(0, 65536), OverflowError);
 * ```
 */
export class OverflowError extends RangeError {
  static {
    this.prototype.name = "OverflowError";
  }
}

/**
 * A key is not there, such as a descriptor that was never registered.
 *
 * @example
 * ```ts
 * import { KeyError, select } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => select.poll().unregister(0), KeyError);
 * ```
 */
export class KeyError extends Error {
  static {
    this.prototype.name = "KeyError";
  }
}

/**
 * An operation came at the wrong moment.
 *
 * @example
 * ```ts
 * import { RuntimeError } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new RuntimeError("not now").name, "RuntimeError");
 * ```
 */
export class RuntimeError extends Error {
  static {
    this.prototype.name = "RuntimeError";
  }
}
