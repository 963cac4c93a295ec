/** How much a run measures. */
export interface Effort {
  /** How often each peer has its turn in *calls* and *wake*. */
  readonly calls: number;
  /** Milliseconds for each figure of *calls* and *wake*. */
  readonly budget: number;
  /** How often the servers of *echo* are started. */
  readonly starts: number;
  /** The turns of *echo* after each start, by connections. */
  readonly echo: ReadonlyMap<number, Turns>;
  /** How often each server is started for *connections*. */
  readonly crowds: number;
  /** Whether peers that no target names are measured too. */
  readonly all: boolean;
}

/** How often a server is loaded, and with how many requests. */
export interface Turns {
  readonly rounds: number;
  readonly requests: number;
}

/** `deno task bench`: a quarter of an hour. */
export const FULL: Effort = {
  calls: 21,
  budget: 20,
  // Many short turns: what disturbs one peer is over soon, or meets them all.
  starts: 4,
  echo: new Map([
    [1, { rounds: 2, requests: 15_000 }],
    [50, { rounds: 8, requests: 40_000 }],
    [1000, { rounds: 2, requests: 50_000 }],
  ]),
  crowds: 11,
  all: true,
};

/** `deno task bench --check`: two minutes. */
export const SHORT: Effort = {
  calls: 5,
  budget: 20,
  starts: 3,
  echo: new Map([[50, { rounds: 3, requests: 30_000 }]]),
  crowds: 3,
  all: false,
};

// Below, a median is no protection against a round that was disturbed.
const FEWEST = 3;

/** A part of the work, for rough figures: fewer rounds first, then less in each. */
export function share(effort: Effort, part: number): Effort {
  const fewer = (rounds: number) => Math.max(FEWEST, Math.round(rounds * part));
  const less = (rounds: number, each: number) =>
    Math.min(each, each * part * rounds / fewer(rounds));
  return {
    ...effort,
    starts: fewer(effort.starts),
    calls: fewer(effort.calls),
    budget: less(effort.calls, effort.budget),
    echo: new Map(
      [...effort.echo].map(([connections, { rounds, requests }]) => [
        connections,
        {
          rounds: Math.max(1, Math.round(rounds * part)),
          // At least one for each connection.
          requests: Math.max(connections, requests),
        },
      ]),
    ),
    crowds: fewer(effort.crowds),
  };
}
