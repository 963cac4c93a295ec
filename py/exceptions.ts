/**
 * Python's exceptions: `OSError`, its subclasses, and the errors for bad arguments.
 *
 * A wrong type throws JavaScript's `TypeError`; `ExceptionGroup` is `AggregateError`.
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
 * An argument has the right type but an invalid value.
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
 * A number does not fit its C type.
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
 * A key is missing, such as a descriptor that was never registered.
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
 * An operation is not possible in the current state.
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
