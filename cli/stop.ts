/**
 * An orderly stop on SIGINT and SIGTERM.
 *
 * A blocking wait stops Deno's event loop, and with it the handlers of signals. So a
 * server bounds each wait by {@linkcode PATIENCE} and turns the event loop in between;
 * under load it does so as rarely, and the turn's 40 µs are lost in 100 ms of work.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** Seconds that a wait may last, and how long a signal may go unnoticed. */
export const PATIENCE = 0.1;

/** Seconds that a server takes at most to send what is queued. */
export const GRACE = 5;

// A signal passes through the runtime's own task before it reaches the handler.
const TURNS = 3;

/** Whether a stop was asked for. */
export class Stop {
  #requested = false;
  #turned = performance.now();

  constructor() {
    const request = () => {
      // A second signal is impatient: the first is taking its time.
      if (this.#requested) Deno.exit(130);
      this.#requested = true;
    };
    Deno.addSignalListener("SIGINT", request);
    Deno.addSignalListener("SIGTERM", request);
  }

  /** Whether a signal has come. */
  get requested(): boolean {
    return this.#requested;
  }

  /**
   * Whether the event loop has stood still for so long that it is time to turn it.
   *
   * @param now `performance.now()`.
   */
  due(now: number): boolean {
    return now - this.#turned >= PATIENCE * 1000 / 2;
  }

  /** Turns the event loop, so that signals, timers and promises get their turn. */
  async turn(): Promise<void> {
    for (let i = 0; i < TURNS; i++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.#turned = performance.now();
  }
}
