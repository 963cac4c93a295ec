/**
 * Clients that are silent, found without a timer for each.
 *
 * A map keeps them in the order of their last sign of life: one that gives a sign goes to
 * its end, and those that are silent for longest are in front. Signs between two looks
 * count as given at the later one, so that no clock is read for them.
 *
 * @module
 */

/** The time from one look to the next. */
interface Period {
  /** `performance.now()` of the later look; `Infinity` before. */
  ended: number;
}

/** The silent ones, in the order of their last sign. */
export class Idle<T> {
  readonly #limit: number;
  readonly #last_sign = new Map<T, Period>();
  #period: Period = { ended: Infinity };

  /**
   * Starts empty.
   *
   * @param limit Seconds of silence that are allowed.
   */
  constructor(limit: number) {
    this.#limit = limit * 1000;
  }

  /** Notes a sign of life; the first one adds `one`. */
  sign(one: T): void {
    // Once between two looks each is moved, however often it gives a sign.
    if (this.#last_sign.get(one) === this.#period) return;
    this.#last_sign.delete(one);
    this.#last_sign.set(one, this.#period);
  }

  /** Forgets one that has gone. */
  forget(one: T): void {
    this.#last_sign.delete(one);
  }

  /**
   * Finds those that were silent for too long.
   *
   * @param now `performance.now()`.
   * @param found Called with each; it may forget it.
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
