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

/** Who is idle, and since when. */
export class Idle<T> {
  readonly #limit: number;
  readonly #last_sign = new Map<T, Period>();
  #period: Period = { ended: Infinity };

  /**
   * Starts with nobody.
   *
   * @param limit Seconds of silence that are allowed.
   */
  constructor(limit: number) {
    this.#limit = limit * 1000;
  }

  /** Notes a sign of life; the first makes somebody known. */
  sign(who: T): void {
    // Once between two looks each is moved, however much it says.
    if (this.#last_sign.get(who) === this.#period) return;
    this.#last_sign.delete(who);
    this.#last_sign.set(who, this.#period);
  }

  /** Forgets who has gone. */
  forget(who: T): void {
    this.#last_sign.delete(who);
  }

  /**
   * Looks for those who were silent for too long, and for no others.
   *
   * @param now `performance.now()`.
   * @param found Is told of each; it may forget it.
   */
  look(now: number, found: (who: T) => void): void {
    this.#period.ended = now;
    this.#period = { ended: Infinity };
    for (const [who, { ended }] of this.#last_sign) {
      if (now - ended < this.#limit) break;
      found(who);
    }
  }
}
