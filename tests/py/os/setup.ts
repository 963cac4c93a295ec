/**
 * Descriptors that close themselves, and assertions of errors, for the tests of `os`.
 *
 * @module
 */

import { errno, os, OSError } from "@iomux/py";
import { assertEquals, assertThrows } from "@std/assert";

export { decode, encode } from "../socket/setup.ts";

/** A descriptor that `os.close()` closes at the end of a `using` block. */
export class Fd implements Disposable {
  readonly fd: number;
  #open = true;

  constructor(fd: number) {
    this.fd = fd;
  }

  fileno(): number {
    return this.fd;
  }

  close(): void {
    if (this.#open) os.close(this.fd);
    this.#open = false;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Two descriptors that close themselves. */
export function two([a, b]: [number, number]): { a: Fd; b: Fd } & Disposable {
  const fds = { a: new Fd(a), b: new Fd(b) };
  return {
    ...fds,
    [Symbol.dispose]() {
      fds.a.close();
      fds.b.close();
    },
  };
}

/** Asserts an `OSError` as Python raises it, of errno's own class. */
export function throws_errno(
  fn: () => unknown,
  number: number,
  syscall: string,
): void {
  const error = assertThrows(fn, OSError);
  assertEquals([error.errno, error.syscall], [number, syscall]);
  assertEquals(error.code, errno.errorcode[number]);
  assertEquals(error.message, `[Errno ${number}] ${os.strerror(number)}`);
  assertEquals(error.constructor, new OSError(number, "").constructor);
}

/** Values that are not integers. */
export const not_integers = ["0", null, [], [1], 1.5, NaN, 1n] as never[];
