/**
 * One descriptor in reserve, for the stacks of the errors that say that none is free.
 *
 * Deno reads the source map of each module in a stack from a file of its cache. Where it
 * cannot, for want of a descriptor, it compiles the module again, and that panics: on the
 * main thread, glibc finds the stack's bounds in /proc/self/maps, one more file.
 *
 * @module
 */

import { untraced as libc, when_open } from "./libc.ts";

const EFD_CLOEXEC = 0o2000000;

// A worker needs none: glibc knows the bounds of the stacks that it made. And a worker that
// is terminated would leave it open.
const needed = !("WorkerGlobalScope" in globalThis);
let reserve = -1;

/** Takes the reserve back, if it is lost and a descriptor is free. */
export function take_reserve(): void {
  // An eventfd is a file of its own, as ENFILE counts files; a duplicate is none.
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
