import { TimeoutError } from "../exceptions.ts";
import {
  type Attempt,
  bad_descriptor,
  type NOT_YET,
  pending,
  type WaitOptions,
} from "../pending.ts";
import type { Endpoint } from "./endpoint.ts";

/** Waits for events of a socket until a call succeeds. */
export function until<T>(
  socket: Endpoint,
  eventmask: number,
  call: () => T | typeof NOT_YET,
  options: WaitOptions | undefined,
  progress: () => number = no_progress,
): Promise<T> {
  return pending(
    () => new Call(socket, eventmask, call, progress),
    options,
  );
}

function no_progress(): number {
  return 0;
}

/** A call of a socket. */
class Call<T> implements Attempt<T> {
  readonly timeout: number;
  readonly in_turn = true;
  readonly attempt: () => T | typeof NOT_YET;
  readonly progress: () => number;
  readonly #watched: ReadonlyArray<readonly [fd: number, eventmask: number]>;

  constructor(
    socket: Endpoint,
    eventmask: number,
    call: () => T | typeof NOT_YET,
    progress: () => number,
  ) {
    const { timeout } = socket;
    this.timeout = timeout === null || timeout === 0 ? -1 : timeout * 1000;
    this.attempt = call;
    this.progress = progress;
    this.#watched = [[socket.fileno(), eventmask]];
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
