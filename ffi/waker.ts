/**
 * What wakes the runtime's event loop for the reactor.
 *
 * Two files implement it: `aio.ts` has the runtime's own loop wait, `parking.ts` a thread of
 * the runtime's pool. The reactor's first wait finds out which of them works here.
 *
 * @module
 */

/**
 * Called back by a waker.
 *
 * @param ready Whether the epoll instance may have events.
 */
export type Woken = (ready: boolean) => void;

/** Calls back, in a turn of the event loop of its own. */
export interface Waker {
  /** Calls back once the epoll instance has events; holds the program until then. */
  arm(): void;
  /** Lets the program end: nothing is waited for any more. */
  disarm(): void;
  /** Calls back in the next turn, behind what the runtime's own sockets have. */
  turn(): void;
}

/**
 * Opens a waker.
 *
 * @param epfd The epoll instance.
 * @param woken Called in a turn of the event loop, after `arm` and `turn`.
 * @returns `null` where the kernel, a sandbox or the runtime lacks what it takes.
 * @throws {OSError} EMFILE, if no descriptor is free.
 */
export type OpenWaker = (epfd: number, woken: Woken) => Waker | null;
