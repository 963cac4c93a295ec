import { TRY, WOULD_BLOCK } from "../../ffi/syscall.ts";
import { is_shut_down } from "../../ffi/unread.ts";
import { TimeoutError } from "../exceptions.ts";
import {
  type Attempt,
  bad_descriptor,
  NOT_YET,
  pending,
  type WaitOptions,
} from "../pending.ts";
import { SOCK_STREAM } from "./constants/mod.ts";
import type { Handle } from "./handle.ts";

/**
 * Waits for events of a socket until a call succeeds.
 *
 * @param handle The socket.
 * @param eventmask EPOLLIN or EPOLLOUT.
 * @param call Checks its arguments and tries the call.
 * @param options The caller's last argument.
 * @param progress How far the call has come, if it takes several steps.
 */
export function until<T>(
  handle: Handle,
  eventmask: number,
  call: () => T | typeof NOT_YET,
  options: WaitOptions | undefined,
  progress: () => number = no_progress,
): Promise<T> {
  return pending(
    () => new Call(handle, eventmask, call, progress),
    options,
  );
}

/**
 * Waits as {@linkcode until} does, for a call that is written for both ways of waiting.
 *
 * @param call Makes the call on the handle that it is given, which has it only tried.
 * @param ended The result once the socket was shut down for reading, where only a call
 * that blocks is told by the kernel.
 */
export function until_tried<T>(
  handle: Handle,
  eventmask: number,
  call: (handle: Handle) => T,
  options: WaitOptions | undefined,
  ended?: () => T,
): Promise<T> {
  return until(handle, eventmask, () => {
    try {
      return call({ ...handle, timeout: TRY });
    } catch (error) {
      if (error !== WOULD_BLOCK) throw error;
    }
    return ended !== undefined && is_shut(handle) ? ended() : NOT_YET;
  }, options);
}

/**
 * Whether a socket for datagrams was shut down for reading: the kernel says so to a call that
 * blocks, and EAGAIN to others.
 */
export function is_shut({ fd, type }: Handle): boolean {
  return type !== SOCK_STREAM && is_shut_down(fd);
}

function no_progress(): number {
  return 0;
}

/** A call of a socket. */
class Call<T> implements Attempt<T> {
  readonly timeout: number;
  readonly in_turn = true;
  readonly owned = true;
  readonly attempt: () => T | typeof NOT_YET;
  readonly progress: () => number;
  readonly #watched: ReadonlyArray<readonly [fd: number, eventmask: number]>;

  constructor(
    { fd, timeout }: Handle,
    eventmask: number,
    call: () => T | typeof NOT_YET,
    progress: () => number,
  ) {
    this.timeout = timeout === null || timeout === 0 ? -1 : timeout * 1000;
    this.attempt = call;
    this.progress = progress;
    this.#watched = [[fd, eventmask]];
  }

  watched(): ReadonlyArray<readonly [fd: number, eventmask: number]> {
    return this.#watched;
  }

  timed_out(): never {
    throw new TimeoutError("timed out");
  }

  closed(): Error {
    return bad_descriptor();
  }
}
