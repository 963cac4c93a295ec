/**
 * Wakes the runtime's event loop for the reactor.
 *
 * Two files implement it: `aio.ts` waits in the runtime's own loop, `parking.ts` in a thread of
 * its pool. The reactor's first wait tries them in this order.
 *
 * @module
 */

/** What a waker calls back, in a turn of the event loop. */
export interface Callbacks {
  /**
   * Begins a turn, and takes events.
   *
   * @param ready Whether the epoll instance may have events.
   * @returns Whether to call `look` once the promises' callbacks have run.
   */
  woken(ready: boolean): boolean;
  /** Takes the events that came since; returns whether to look once more. */
  look(): boolean;
}

/** Calls back in a separate turn of the event loop. */
export interface Waker {
  /** Calls back once the epoll instance has events; keeps the program running until then. */
  arm(): void;
  /** Lets the program end: no waiters are left. */
  disarm(): void;
  /** Calls back in the next turn, after the runtime's own sockets. */
  turn(): void;
}

/**
 * Opens a waker.
 *
 * @param epfd The epoll instance.
 * @param reactor Called back in a turn of the event loop, after `arm` and `turn`.
 * @returns The waker; `null` if the kernel, a sandbox or the runtime does not support it.
 * @throws {OSError} EMFILE, if no descriptor is free.
 */
export type OpenWaker = (epfd: number, reactor: Callbacks) => Waker | null;
