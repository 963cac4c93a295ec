/**
 * What the pictures draw with: lines and bars, with the spread of the rounds.
 *
 * @module
 */

import { type by_call, by_kind, type Datum } from "./palette.ts";

/** From the least to the most of the rounds. */
const SPREAD = {
  mark: { type: "rule", opacity: 0.55, strokeWidth: 1.5 },
} as const;

const DECADES = [1, 10, 100, 1000, 10_000];

/** What tells the lines apart. */
type Marking = ReturnType<typeof by_kind> | ReturnType<typeof by_call>;

/** A line for each peer or call, both axes logarithmic. */
export function lines(x: string, y: string, { color, shape }: Marking) {
  const position = {
    x: {
      field: "at",
      type: "quantitative",
      scale: { type: "log", nice: false },
      axis: { title: x, format: "~s", values: DECADES },
    },
  } as const;
  const scale = { type: "log" } as const;
  const axis = { title: y, format: ",~r", tickCount: 5 } as const;
  return [
    {
      ...SPREAD,
      encoding: {
        ...position,
        y: { field: "least", type: "quantitative", scale, axis },
        y2: { field: "most" },
        color,
      },
    },
    {
      mark: { type: "line", strokeWidth: 2 },
      encoding: {
        ...position,
        y: { field: "middle", type: "quantitative", scale, axis },
        color,
      },
    },
    {
      // Inherited, a shape would put symbols on lines and spreads, too.
      mark: { type: "point", filled: true, size: 55, opacity: 1 },
      encoding: {
        ...position,
        y: { field: "middle", type: "quantitative", scale, axis },
        color,
        shape,
      },
    },
  ] as const;
}

/** A horizontal bar for each peer, its spread over it and its figure beside. */
export function bars(data: readonly Datum[], title: string, format: string) {
  const peers = [...new Set(data.map(({ peer }) => peer))];
  const y = {
    field: "peer",
    type: "nominal",
    sort: peers,
    title: null,
  } as const;
  const x = { type: "quantitative", axis: { title, tickCount: 4 } } as const;
  const { color } = by_kind(data);
  return [
    {
      mark: { type: "bar", height: { band: 0.7 } },
      encoding: { y, x: { ...x, field: "middle" }, color },
    },
    {
      mark: { type: "rule", strokeWidth: 1.5, color: "#1f2328" },
      encoding: { y, x: { ...x, field: "least" }, x2: { field: "most" } },
    },
    {
      mark: { type: "text", align: "left", dx: 5, fontSize: 11 },
      encoding: {
        y,
        x: { ...x, field: "most" },
        text: { field: "middle", type: "quantitative", format },
      },
    },
  ] as const;
}
