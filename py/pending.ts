/**
 * The `Async` twins: a call that is tried at once, and again whenever its descriptors
 * may be ready, while timers and promises go on.
 *
 * @module
 */

import { EBADF } from "../ffi/errno.ts";
import * as reactor from "../ffi/reactor.ts";
import { os_error } from "../ffi/syscall.ts";
import { shown } from "./arguments.ts";
import { after_a_turn, called, came_briefly, given, lately } from "./turns.ts";
import { type Attempt, NOT_YET, Wait } from "./wait.ts";

export { type Attempt, NOT_YET } from "./wait.ts";

/** What every `Async` twin takes last. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a wait fails with when a descriptor is closed meanwhile. */
export function bad_descriptor(): Error {
  return os_error(EBADF, {});
}

/**
 * Tries a call until it is done, its time is up, or it is aborted.
 *
 * @param make Checks the caller's arguments and says what to try; what it throws rejects.
 * @param options The caller's last argument.
 * @returns What the call comes to.
 */
export function pending<T>(
  make: () => Attempt<T>,
  options?: WaitOptions,
): Promise<T> {
  called();
  try {
    const signal = options === undefined ? undefined : check_signal(options);
    signal?.throwIfAborted();
    const call = make();
    // That a loop which always finds something ready lets timers in.
    const at_once = lately();
    if (!call.in_turn || !has_others_before(call)) {
      let result = call.attempt();
      if (
        result === NOT_YET && at_once && call.timeout !== 0 &&
        came_briefly(call.watched())
      ) result = call.attempt();
      if (result !== NOT_YET) return at_once ? settled(result) : later(result);
      // The attempt may have run the caller's code, in a fileno().
      signal?.throwIfAborted();
    }
    if (call.timeout === 0) return later(call.timed_out());
    return new Wait(call, signal).start();
  } catch (error) {
    return new Promise((_, reject) => after_a_turn(() => reject(error)));
  }
}

function settled<T>(result: T): Promise<T> {
  given();
  return Promise.resolve(result);
}

function later<T>(result: T): Promise<T> {
  return new Promise((resolve) => after_a_turn(() => resolve(result)));
}

/** Whether somebody waits for the same already. */
function has_others_before<T>(call: Attempt<T>): boolean {
  for (const [fd, mask] of call.watched()) {
    if (reactor.expected(fd, mask)) return true;
  }
  return false;
}

function check_signal(options: unknown): AbortSignal | undefined {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`options must be an object, not ${shown(options)}`);
  }
  const { signal } = options as { signal?: unknown };
  if (signal === undefined || signal === null) return undefined;
  if (!(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, not ${shown(signal)}`);
  }
  return signal;
}
