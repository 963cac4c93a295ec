import { gai_strerror } from "../../ffi/netdb.ts";
import { format_stack } from "../../ffi/os_error.ts";
import { os_error } from "../../ffi/syscall.ts";
import { OSError } from "../exceptions.ts";
import { EAI_SYSTEM } from "./constants.ts";
import { name_of } from "./enums.ts";

/**
 * A name could not be resolved: Python's `socket.gaierror`, gai_strerror(3).
 *
 * `errno` is one of the `EAI_*` constants and `code` its name.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const error = assertThrows(
 *   () => socket.getaddrinfo("256.0.0.1", 80, 0, 0, 0, socket.AI_NUMERICHOST),
 *   socket.gaierror,
 * );
 * assertEquals(error.errno, socket.EAI_NONAME);
 * ```
 */
export class gaierror extends OSError {
  static {
    this.prototype.name = "gaierror";
  }
}

/** The error of a number that getaddrinfo(3) or getnameinfo(3) returned. */
export function gai_error(
  error: number,
  errno: number,
  syscall: string,
): OSError {
  if (error === EAI_SYSTEM && errno !== 0) {
    return os_error(errno, { syscall });
  }
  // The resolver reads files, and does not say that no descriptor was free for one.
  return format_stack(
    new gaierror(error, gai_strerror(error), {
      syscall,
      code: name_of("EAI_", error) ?? "EAI_FAIL",
    }),
  );
}
