/**
 * What was measured: every figure by part, thing, peer and number, one for each round.
 *
 * @module
 */

import { median } from "./median.ts";

/** What a figure is of. */
export interface Key {
  /** The part of the bench: `calls`, `echo`, `wake`, `connections`. */
  readonly part: string;
  /** The thing: `poll, all ready`, `CPU per request`. */
  readonly what: string;
  /** Who did it: `C`, `CPython`, `servers/echo.ts poll`. */
  readonly peer: string;
  /** Of how many: descriptors, connections, bytes. */
  readonly at: number;
}

/** A thing measured in every round, or with every start. */
export interface Figure extends Key {
  readonly rounds: number[];
}

/** What `docs/bench/results.json` holds. */
export interface Kept {
  readonly machine: string;
  readonly figures: readonly Figure[];
}

/** All figures of a run. */
export class Book {
  readonly #figures = new Map<string, Figure>();

  /** Opens a book with figures that were kept. */
  constructor(figures: readonly Figure[] = []) {
    for (const figure of figures) this.#figures.set(name(figure), figure);
  }

  /** Notes what a round gave. */
  note({ part, what, peer, at }: Key, figure: number): void {
    const key = { part, what, peer, at };
    const known = this.#figures.get(name(key));
    if (known) known.rounds.push(figure);
    else this.#figures.set(name(key), { ...key, rounds: [figure] });
  }

  /** The median of a thing's rounds, if it was measured. */
  find(key: Key): number | undefined {
    const known = this.#figures.get(name(key));
    return known && median(known.rounds);
  }

  /**
   * How a thing compares with another: the median of their ratios, round by round, as a
   * busy moment of the machine meets both; of kept figures whose numbers of rounds differ,
   * the ratio of their medians.
   */
  ratio(of: Key, base: Key): number | undefined {
    const figure = this.#figures.get(name(of))?.rounds;
    const measure = this.#figures.get(name(base))?.rounds;
    if (figure === undefined || measure === undefined) return undefined;
    if (figure.length !== measure.length) {
      return median(figure) / median(measure);
    }
    return median(figure.map((one, round) => one / measure[round]!));
  }

  /** In which part of the rounds a thing is more than so many times another. */
  above(times: number, of: Key, base: Key): number {
    const figure = this.#figures.get(name(of))?.rounds ?? [];
    const measure = this.#figures.get(name(base))?.rounds ?? [];
    const rounds = Math.min(figure.length, measure.length);
    const above = (round: number) => figure[round]! > times * measure[round]!;
    return figure.slice(0, rounds).filter((_, i) => above(i)).length / rounds;
  }

  /** What was measured in a part, in the order in which it first was. */
  part(part: string): Figure[] {
    return this.all().filter((figure) => figure.part === part);
  }

  /** Everything. */
  all(): Figure[] {
    return [...this.#figures.values()];
  }

  /** Takes over what another book has, peer by peer. */
  update(other: Book): void {
    const renewed = other.all();
    for (const [old, { part, peer }] of this.#figures) {
      const again = renewed.some((one) =>
        one.part === part && one.peer === peer
      );
      if (again) this.#figures.delete(old);
    }
    for (const figure of renewed) this.#figures.set(name(figure), figure);
  }
}

function name({ part, what, peer, at }: Key): string {
  return JSON.stringify([part, what, peer, at]);
}
