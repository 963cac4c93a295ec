/**
 * The measured figures: one for each part, thing, peer and number, with a value for each round.
 *
 * @module
 */

/** Identifies a figure. */
export interface Key {
  /** The part of the bench: `calls`, `echo`, `bulk`. */
  readonly part: string;
  /** The thing: `poll, all ready`, `CPU per request`. */
  readonly what: string;
  /** The program or library: `C`, `CPython`, `recvAsync`. */
  readonly peer: string;
  /** The number of descriptors, connections, bytes or microseconds. */
  readonly at: number;
}

/** A figure and its value in every round. */
export interface Figure extends Key {
  readonly rounds: number[];
}

/** Two figures compared, round by round. */
export interface Ratio {
  /** The median of the rounds' ratios. */
  readonly value: number;
  /** The share of rounds with a ratio above 1. */
  readonly above: number;
}

/** All figures of a run. */
export class Book {
  readonly #figures = new Map<string, Figure>();

  /** Adds the value of a round. */
  note({ part, what, peer, at }: Key, value: number): void {
    const name = JSON.stringify([part, what, peer, at]);
    const known = this.#figures.get(name);
    if (known) known.rounds.push(value);
    else this.#figures.set(name, { part, what, peer, at, rounds: [value] });
  }

  /** The figure with this key, if it was measured. */
  find({ part, what, peer, at }: Key): Figure | undefined {
    return this.#figures.get(JSON.stringify([part, what, peer, at]));
  }

  /** Compares round by round: a busy moment of the machine affects both peers. */
  ratio(of: Key, base: Key): Ratio | undefined {
    const a = this.find(of)?.rounds, b = this.find(base)?.rounds;
    if (a === undefined || b === undefined) return undefined;
    const ratios = a.slice(0, b.length).map((value, i) => value / b[i]!);
    const above = ratios.filter((ratio) => ratio > 1).length / ratios.length;
    return { value: median(ratios), above };
  }

  /** The figures of a part, in the order in which they were first measured. */
  part(part: string): Figure[] {
    return [...this.#figures.values()].filter((one) => one.part === part);
  }
}

/** The middle of some values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
