/**
 * An orderly stop on SIGINT and SIGTERM.
 *
 * A blocking wait stops Deno's event loop, and with it the handlers of signals. So a
 * server bounds each wait by {@linkcode PATIENCE}, and turns the event loop as often:
 * idle that is between two waits, under load between two rounds of work.
 *
 * @module
 */

import type { socket } from "../mod.ts";

/** Seconds that a wait may last, and that a signal may go unnoticed. */
export const PATIENCE = 0.25;

/** Seconds that a server takes at most to send what is queued. */
export const GRACE = 5;

/** Whether a stop was asked for. */
export class Stop {
  /** Is ready to be read when it is time to {@linkcode request} a stop. */
  readonly wake: socket.Socket | null;
  #requested = false;
  #turned = performance.now();
  readonly #asked = Promise.withResolvers<void>();

  /**
   * Starts to listen for signals.
   *
   * @param wake What a thread listens to in their place: they are the main thread's.
   */
  constructor(wake: socket.Socket | null = null) {
    this.wake = wake;
    if (wake !== null) return;
    const request = () => {
      // A second signal is impatient: the first is taking its time.
      if (this.#requested) Deno.exit(130);
      this.request();
    };
    Deno.addSignalListener("SIGINT", request);
    Deno.addSignalListener("SIGTERM", request);
  }

  /** Whether a stop was asked for. */
  get requested(): boolean {
    return this.#requested;
  }

  /** Resolves when a stop is asked for. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** Asks for a stop. */
  request(): void {
    this.#requested = true;
    this.#asked.resolve();
  }

  /**
   * Whether the event loop has stood still for so long that it is time to turn it.
   *
   * @param now `performance.now()`.
   */
  due(now: number): boolean {
    return now - this.#turned >= PATIENCE * 1000;
  }

  /** Turns the event loop, so that signals, timers and promises get their turn. */
  async turn(): Promise<void> {
    // The shortest timer, 2 ms: only when it has to wait does the runtime look at its
    // own descriptors, where signals arrive. For setImmediate it need not.
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#turned = performance.now();
  }
}
