/**
 * Finds idle clients without a timer for each.
 *
 * A map keeps the clients in the order of their last activity: an active client moves to the
 * end, so the longest idle ones come first. All activity between two looks counts at the
 * time of the later look, which saves reading the clock.
 *
 * @module
 */

/** The time from one look to the next. */
interface Period {
  /** `performance.now()` of the later look; `Infinity` before. */
  ended: number;
}

/** Clients in the order of their last activity. */
export class Idle<T> {
  readonly #limit: number;
  readonly #last_sign = new Map<T, Period>();
  #period: Period = { ended: Infinity };

  /**
   * Starts empty.
   *
   * @param limit Seconds that a client may be idle.
   */
  constructor(limit: number) {
    this.#limit = limit * 1000;
  }

  /** Records activity; the first call adds the client. */
  sign(one: T): void {
    // Move it once per period at most.
    if (this.#last_sign.get(one) === this.#period) return;
    this.#last_sign.delete(one);
    this.#last_sign.set(one, this.#period);
  }

  /** Removes a client. */
  forget(one: T): void {
    this.#last_sign.delete(one);
  }

  /**
   * Finds clients that were idle for too long.
   *
   * @param now `performance.now()`.
   * @param found Called with each client; may forget it.
   */
  look(now: number, found: (one: T) => void): void {
    this.#period.ended = now;
    this.#period = { ended: Infinity };
    for (const [one, { ended }] of this.#last_sign) {
      if (now - ended < this.#limit) break;
      found(one);
    }
  }
}
