/**
 * `OSError` and its subclasses, chosen by errno as PEP 3151 says; and the descriptor that is
 * kept in reserve for their stacks.
 *
 * @module
 */

import * as errno from "./errno.ts";
import { EMFILE, ENFILE } from "./errno.ts";
import { bare, untraced as libc, when_open } from "./libc.ts";

// Deno reads the source map of each module in a stack from a file of its cache. Where it
// cannot, for want of a descriptor, it compiles the module again, and that panics: on the
// main thread, glibc finds the stack's bounds in /proc/self/maps, one more file. So one
// descriptor is kept in reserve.

const EFD_CLOEXEC = 0o2000000;

// A worker needs none: glibc knows the bounds of the stacks that it made. And a worker that
// is terminated would leave it open.
const needed = !("WorkerGlobalScope" in globalThis);
let reserve = -1;

/** Takes the reserve back, if it is lost and a descriptor is free. */
export function take_reserve(): void {
  // An eventfd is a file of its own for ENFILE, which counts files; a duplicate is not.
  if (reserve === -1 && needed) reserve = libc.eventfd(0, EFD_CLOEXEC);
}

when_open(take_reserve);

/**
 * Formats an error's stack, which V8 keeps, with the reserve given up meanwhile.
 *
 * @param error An error that may say that no descriptor is free.
 * @returns The error.
 */
export function format_stack<E extends Error>(error: E): E {
  if (reserve === -1) return error;
  libc.close(reserve);
  reserve = -1;
  try {
    // Error.prepareStackTrace may be the caller's, and throw.
    void error.stack;
  } finally {
    take_reserve();
  }
  return error;
}

/** What an {@linkcode OSError} knows besides errno and its meaning. */
export interface OSErrorOptions {
  /** The libc function that failed, such as `"recv"`. */
  syscall?: string | null;
  /** The path that the call was about. */
  filename?: string | null;
  /** The number's name, where it is not an errno (`gaierror`). */
  code?: string;
}

// The first `new URL()` of a program costs 0.3 ms.
const ROOT = import.meta.url.slice(0, -"ffi/os_error.ts".length);
const LIBRARY = [`${ROOT}ffi/`, `${ROOT}py/`];

/**
 * The stack from the program's own line on: the line that made the call comes first. `null` if
 * stacks have no getter here.
 *
 * The library's frames are cut when the stack is read: that costs an error 1.4 us; to capture the
 * stack again, below a function, would cost 4.5. A BlockingIOError keeps V8's stack: recv() throws
 * many a second, and each costs 8.5 us already.
 */
let trimmed: PropertyDescriptor | null | undefined;

/** Makes it for the first error: at import it costs 0.4 ms, as V8 parses this file for a stack. */
function trimming(): PropertyDescriptor | null {
  // V8 gives each error a getter and a setter that all errors share.
  const own = Object.getOwnPropertyDescriptor(new Error(), "stack");
  if (own?.get === undefined) return null;
  return {
    get(this: unknown): unknown {
      const stack: unknown = own.get!.call(this);
      return typeof stack === "string" ? from_caller(stack) : stack;
    },
    set: own.set!,
    configurable: true,
  };
}

/** Lets an error's stack begin with the program's own line. */
function begin_at_caller(error: OSError): void {
  if (trimmed === undefined) trimmed = trimming();
  if (trimmed !== null && !(error instanceof BlockingIOError)) {
    Object.defineProperty(error, "stack", trimmed);
  }
  if (error.errno === EMFILE || error.errno === ENFILE) format_stack(error);
}

/**
 * Rejects with an error that came up in the event loop, where no frame of the program is on the
 * stack: its stack becomes that of the functions that await the promise.
 *
 * V8 follows a promise to them from its own reaction, if the promise is already awaited then.
 *
 * @param error The error. If it is not an `OSError`, or is frozen, its stack stays as it is.
 * @returns The promise, to resolve the awaited one with at once.
 */
export async function rejected(error: unknown): Promise<never> {
  await null;
  await null;
  try {
    if (error instanceof OSError && Object.isExtensible(error)) {
      Error.captureStackTrace(error, rejected);
      begin_at_caller(error);
    }
  } catch {
    // A caller's fileno() may throw anything: a revoked proxy, or an error whose stack is fixed.
  }
  throw error;
}

/** Leaves out the frames that come before the program's; all stay where it has none. */
function from_caller(stack: string): string {
  const lines = stack.split("\n");
  const first = lines.findIndex((line) => line.startsWith("    at "));
  const caller = lines.findIndex((line, index) =>
    index >= first && !is_inner(line)
  );
  if (first === -1 || caller === -1) return stack;
  return [...lines.slice(0, first), ...lines.slice(caller)].join("\n");
}

/** Whether a frame is the library's, or the runtime's. */
function is_inner(frame: string): boolean {
  return LIBRARY.some((url) => frame.includes(url)) ||
    /[( ](ext:|node:|<anonymous>|index \d)/.test(frame);
}

/**
 * A system call failed: Python's `OSError`.
 *
 * Its `stack` begins with the line of the program that made the call, or that awaits it; it has no
 * lines if the call had to wait and no function awaits it. That of a {@linkcode BlockingIOError},
 * which programs catch in a loop, has the library's lines above.
 *
 * Made with an errno that has a class of its own, it is an instance of that class:
 * `new OSError(32, "Broken pipe")` is a {@linkcode BrokenPipeError}.
 *
 * @example
 * ```ts
 * import { BlockingIOError, OSError, socket } from "@iomux/py";
 * import { assertInstanceOf } from "@std/assert";
 *
 * using server = socket.socket();
 * server.listen();
 * server.setblocking(false);
 * try {
 *   server.accept();
 * } catch (error) {
 *   assertInstanceOf(error, BlockingIOError);
 *   assertInstanceOf(error, OSError);
 * }
 * ```
 */
export class OSError extends Error {
  /** The kernel's error number, or `null` where none applies (a time-out). */
  readonly errno: number | null;
  /** What errno means, as strerror(3) says it; the message where there is no errno. */
  readonly strerror: string | null;
  /** errno's name, such as `"ECONNRESET"`. */
  readonly code: string | null;
  /** The libc function that failed, where one did. */
  readonly syscall: string | null;
  /** The path that the call was about, if any. */
  readonly filename: string | null;

  /**
   * Makes the error, of errno's own class if it has one.
   *
   * @param errno The error number; or, alone, a message without one.
   * @param strerror What the number means.
   * @param options The call that failed and the path it was about.
   */
  constructor(
    errno: number | string | null = null,
    strerror: string | null = null,
    options: OSErrorOptions = {},
  ) {
    const number = typeof errno === "number" ? errno : null;
    const { filename = null, syscall = null, code: given } = bare(options);
    let message = typeof errno === "string" ? errno : strerror ?? "";
    if (number !== null) {
      message = `[Errno ${number}] ${strerror ?? ""}`;
      if (filename !== null) message += `: '${filename}'`;
    }
    super(message);
    this.errno = number;
    this.strerror = strerror;
    this.code = given ?? (number === null ? null : code(number));
    this.syscall = syscall;
    this.filename = filename;
    // Python's OSError.__new__ does the same: the class follows from errno.
    if (new.target === OSError && number !== null) {
      const subclass = subclasses.get(number);
      if (subclass !== undefined) {
        return new subclass(number, strerror, options);
      }
    }
    begin_at_caller(this);
  }

  /** What Python's `args` has: errno and its meaning; the message where there is no errno. */
  get args(): [errno: number, strerror?: string] | [message: string] | [] {
    const { errno, strerror, message } = this;
    if (errno === null) return message === "" ? [] : [message];
    return strerror === null ? [errno] : [errno, strerror];
  }
}

/** The call would block on a descriptor that is non-blocking (EAGAIN, EALREADY, EINPROGRESS). */
export class BlockingIOError extends OSError {}
/** The process has no such child (ECHILD). */
export class ChildProcessError extends OSError {}
/** A connection failed: the base class of the next four. */
export class ConnectionError extends OSError {}
/** The other end has stopped reading (EPIPE, ESHUTDOWN). */
export class BrokenPipeError extends ConnectionError {}
/** The peer aborted the connection before it was accepted (ECONNABORTED). */
export class ConnectionAbortedError extends ConnectionError {}
/** No socket listens there (ECONNREFUSED). */
export class ConnectionRefusedError extends ConnectionError {}
/** The peer reset the connection (ECONNRESET). */
export class ConnectionResetError extends ConnectionError {}
/** The file exists; for epoll, the descriptor is registered (EEXIST). */
export class FileExistsError extends OSError {}
/** No such file; for epoll and poll, the descriptor is not registered (ENOENT). */
export class FileNotFoundError extends OSError {}
/** A signal interrupted the call (EINTR). Calls here are retried instead (PEP 475). */
export class InterruptedError extends OSError {}
/** The path is a folder, not a file (EISDIR). */
export class IsADirectoryError extends OSError {}
/** The path is not a folder (ENOTDIR). */
export class NotADirectoryError extends OSError {}
/** The operation is not permitted (EACCES, EPERM). */
export class PermissionError extends OSError {}
/** No such process (ESRCH). */
export class ProcessLookupError extends OSError {}
/** A time-out expired: the kernel's (ETIMEDOUT) or, without errno, that of `settimeout`. */
export class TimeoutError extends OSError {}

const subclasses: ReadonlyMap<number, typeof OSError> = new Map([
  [errno.EAGAIN, BlockingIOError],
  [errno.EALREADY, BlockingIOError],
  [errno.EINPROGRESS, BlockingIOError],
  [errno.ECHILD, ChildProcessError],
  [errno.EPIPE, BrokenPipeError],
  [errno.ESHUTDOWN, BrokenPipeError],
  [errno.ECONNABORTED, ConnectionAbortedError],
  [errno.ECONNREFUSED, ConnectionRefusedError],
  [errno.ECONNRESET, ConnectionResetError],
  [errno.EEXIST, FileExistsError],
  [errno.ENOENT, FileNotFoundError],
  [errno.EINTR, InterruptedError],
  [errno.EISDIR, IsADirectoryError],
  [errno.ENOTDIR, NotADirectoryError],
  [errno.EACCES, PermissionError],
  [errno.EPERM, PermissionError],
  [errno.ESRCH, ProcessLookupError],
  [errno.ETIMEDOUT, TimeoutError],
]);

/**
 * Returns the class of an errno: its own, or `OSError`. Constructing it directly avoids a second
 * error.
 */
export function class_of(number: number): typeof OSError {
  return subclasses.get(number) ?? OSError;
}

for (const c of [OSError, ConnectionError, ...subclasses.values()]) {
  // On the prototype, as the built-in errors have it: a field would cost each throw.
  Object.defineProperty(c.prototype, "name", {
    value: c.name,
    configurable: true,
    writable: true,
  });
}

/**
 * Maps an error number to its name: Python's `errno.errorcode`.
 *
 * Where a number has two names it is the one that Python gives: `EAGAIN`, `EDEADLOCK`, `ENOTSUP`.
 *
 * @example
 * ```ts
 * import { errno } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(errno.errorcode[104], "ECONNRESET");
 * ```
 */
export const errorcode: Readonly<Record<number, string>> = Object.freeze(
  names_of_numbers(),
);

function names_of_numbers(): Record<number, string> {
  const names: Record<number, string> = {};
  // A module's names are sorted, and the first one of a number counts.
  for (const [name, number] of Object.entries(errno)) names[number] ??= name;
  names[errno.EDEADLOCK] = "EDEADLOCK";
  return names;
}

// Two numbers have two names each; these are the ones in use.
function code(number: number): string | null {
  if (number === errno.EOPNOTSUPP) return "EOPNOTSUPP";
  if (number === errno.EDEADLK) return "EDEADLK";
  return errorcode[number] ?? null;
}
