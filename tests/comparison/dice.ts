/**
 * What programs are made from: numbers of a seed, and arguments that either language reads.
 *
 * @module
 */

/**
 * An argument: JSON as it is, or an object with one key.
 *
 * - `$`: what has that name; `fd`: its descriptor as a number, `address` and `port`: what
 *   it is bound to; `fileno`: an object whose `fileno()` returns this; `file`: a file on it
 * - `constant`: `socket.AF_INET`; `flags`: several, by `|`; `number`: one that JSON has not
 * - `hex`, `pattern` (first byte and length): bytes; `buffer`: zeros to be filled;
 *   `rights`: the descriptors of these, as `SCM_RIGHTS` has them
 * - `path`, `abstract`, `long` (its length): names of AF_UNIX
 * - `tuple`: a list that is a tuple in Python
 */
export type Argument =
  | null
  | boolean
  | number
  | string
  | readonly Argument[]
  | { readonly [kind: string]: Argument };

/** Numbers from a seed: mulberry32. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  // Arrows, to be taken apart: the programs' author names them in every line.

  /** A whole number from 0 on, below `end`. */
  readonly below = (end: number): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * end);
  };

  readonly chance = (percent: number): boolean => this.below(100) < percent;

  readonly of = <T>(items: readonly T[]): T => items[this.below(items.length)]!;
}
