import { type FileDescriptorLike, seconds } from "../arguments.ts";
import { NOT_YET, pending, type WaitOptions } from "../pending.ts";
import { EPOLLIN, EPOLLOUT } from "../select/constants.ts";
import type { BaseSelector } from "./base.ts";
import { EVENT_READ, EVENT_WRITE, type SelectorKey } from "./key.ts";

/** EPOLLIN and EPOLLOUT, the same as POLLIN and POLLOUT, for EVENT_READ and EVENT_WRITE. */
export function eventmask(events: number): number {
  return (events & EVENT_READ ? EPOLLIN : 0) |
    (events & EVENT_WRITE ? EPOLLOUT : 0);
}

/**
 * Checks a time-out in seconds.
 *
 * @returns Seconds that are not negative, `null` for ever.
 */
export function check_timeout(timeout: unknown): number | null {
  const limit = seconds(timeout);
  return limit === null ? null : Math.max(limit, 0);
}

/** Waits for descriptors until `select(0)` finds something. */
export function select_async<File extends FileDescriptorLike, Data>(
  selector: BaseSelector<File, Data>,
  watched: ReadonlyArray<readonly [fd: number, eventmask: number]>,
  timeout: number | null | undefined,
  options: WaitOptions | undefined,
  closed: () => Error,
): Promise<Array<[key: SelectorKey<File, Data>, events: number]>> {
  return pending(() => {
    const limit = check_timeout(timeout);
    return {
      timeout: limit === null ? -1 : limit * 1000,
      attempt: () => {
        const ready = selector.select(0);
        return ready.length > 0 ? ready : NOT_YET;
      },
      watched: () => watched,
      timed_out: () => [],
      closed,
    };
  }, options);
}
