/** How much a run measures. */
export interface Effort {
  /** How often each peer has its turn. */
  readonly rounds: number;
  /** Milliseconds for each figure of *calls* and *scale*. */
  readonly budget: number;
  /** Requests in a turn of *echo*, by connections. */
  readonly requests: ReadonlyMap<number, number>;
  /** Whether peers that no target names are measured too. */
  readonly all: boolean;
}

/** `deno task bench`: a quarter of an hour. */
export const FULL: Effort = {
  rounds: 5,
  budget: 60,
  // One connection waits for the network most of the time: fewer, or it takes longest.
  requests: new Map([[1, 60_000], [50, 200_000], [1000, 200_000]]),
  all: true,
};

/** `deno task bench --check`: a minute. */
export const SHORT: Effort = {
  rounds: 3,
  budget: 20,
  requests: new Map([[50, 60_000]]),
  all: false,
};

/** A part of the work, for rough figures. */
export function share(effort: Effort, part: number): Effort {
  return {
    ...effort,
    rounds: Math.max(1, Math.round(effort.rounds * part)),
    budget: effort.budget * part,
    requests: new Map(
      [...effort.requests].map(([c, n]) => [c, Math.ceil(n * part)]),
    ),
  };
}
