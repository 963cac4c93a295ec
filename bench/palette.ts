/**
 * What the pictures have in common: who has which colour, and a figure as they take it.
 *
 * @module
 */

import type { Figure } from "./book.ts";
import { OURS } from "./calls.ts";
import { median } from "./median.ts";

// Of middling brightness, so that they stand out from white and from black; and far
// apart for those who do not tell red from green.
const COLOURS = {
  [OURS]: "#e8710a",
  C: "#7d8590",
  CPython: "#3b82c4",
  Deno: "#1a9c7c",
  Node: "#b35fb0",
};
const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross"];

/** Whose a peer is. */
type Kind = keyof typeof COLOURS;
const KINDS = Object.keys(COLOURS) as Kind[];

/** A figure as a picture takes it. */
export interface Datum extends Record<string, unknown> {
  readonly what: string;
  readonly peer: string;
  readonly kind: Kind;
  readonly at: number;
  readonly middle: number;
  readonly least: number;
  readonly most: number;
}

/** A figure, in a unit of so many of its own. */
export function datum(figure: Figure, unit = 1): Datum {
  const { what, peer, at, rounds } = figure;
  return {
    what,
    peer,
    kind: kind(peer),
    at,
    middle: median(rounds) / unit,
    least: Math.min(...rounds) / unit,
    most: Math.max(...rounds) / unit,
  };
}

function kind(peer: string): Kind {
  if (peer.startsWith("CPython")) return "CPython";
  if (peer === "C" || peer.startsWith("C,")) return "C";
  if (peer.endsWith("on Node")) return "Node";
  if (peer === "Deno.listen" || peer.endsWith("on Deno")) return "Deno";
  return OURS;
}

/** The encoding of whose a datum is; only those in the picture are in its legend. */
export function by_kind(data: readonly Datum[]) {
  const domain = KINDS.filter((one) => data.some(({ kind }) => kind === one));
  const channel = (range: string[]) => ({
    field: "kind",
    type: "nominal",
    scale: { domain, range },
    legend: { title: null, orient: "top" },
  } as const);
  return {
    color: channel(domain.map((one) => COLOURS[one])),
    shape: channel(domain.map((one) => SHAPES[KINDS.indexOf(one)]!)),
  };
}

/** The encoding of three calls by colour and shape. */
export function by_call(domain: readonly string[]) {
  const channel = (range: string[]) => ({
    field: "what",
    type: "nominal",
    scale: { domain: [...domain], range },
    legend: { title: null, orient: "top" },
  } as const);
  return {
    color: channel(["#b35fb0", "#3b82c4", "#e8710a"]),
    shape: channel(["square", "triangle-up", "circle"]),
  };
}
