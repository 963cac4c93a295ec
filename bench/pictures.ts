/**
 * The pictures of what was measured, 800 px wide.
 *
 * @module
 */

import type { TopLevelSpec } from "npm:vega-lite@^6.5.0";
import type { Book, Figure } from "./book.ts";
import { OURS } from "./calls.ts";
import { CPU as PER_CONNECTION, RATE, RSS } from "./connections.ts";
import { CPU, P50, P99 } from "./echo.ts";
import { median } from "./median.ts";
import { ASYNC } from "./servers.ts";

// Of middling brightness, so that they stand out from white and from black; and far
// apart for those who do not tell red from green.
const COLOURS = {
  ours: "#e8710a",
  C: "#7d8590",
  CPython: "#3b82c4",
  Deno: "#1a9c7c",
  Node: "#b35fb0",
};
type Kind = keyof typeof COLOURS;
const KINDS = Object.keys(COLOURS) as Kind[];
const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross"];

/** A figure as a picture takes it. */
interface Datum extends Record<string, unknown> {
  readonly what: string;
  readonly peer: string;
  readonly kind: Kind;
  readonly at: number;
  readonly middle: number;
  readonly least: number;
  readonly most: number;
}

/** All pictures of which there are figures, by file name. */
export function pictures(book: Book): Map<string, TopLevelSpec> {
  const found = new Map<string, TopLevelSpec>();
  const add = (
    name: string,
    figures: readonly Figure[],
    picture: (data: Datum[]) => TopLevelSpec,
  ) => {
    if (figures.length > 0) found.set(name, picture(figures.map(datum)));
  };
  const echo = book.part("echo");
  const of = (...things: string[]) =>
    echo.filter(({ what }) => things.includes(what));
  const waits = (figure: Figure) => figure.what.endsWith("ready");
  add("calls", book.part("calls").filter(waits), calls);
  add("sockets", book.part("calls").filter((f) => !waits(f)), sockets);
  add("echo", of(CPU), echo_cpu);
  add("latency", of(P50, P99), latency);
  add("wake", book.part("wake"), wake);
  add("connections", book.part("connections"), crowds);
  add("async", of(CPU).filter(({ peer }) => ASYNC.includes(peer)), unblocked);
  return found;
}

function datum({ what, peer, at, rounds }: Figure): Datum {
  return {
    what,
    peer,
    kind: kind(peer),
    at,
    middle: median(rounds),
    least: Math.min(...rounds),
    most: Math.max(...rounds),
  };
}

function kind(peer: string): Kind {
  if (/^C\b(?!Python)/.test(peer)) return "C";
  if (peer.startsWith("CPython")) return "CPython";
  if (peer.endsWith("on Node")) return "Node";
  if (peer.startsWith("Deno.") || peer.endsWith("on Deno")) return "Deno";
  return "ours";
}

// Only kinds that a picture shows have their colour in its legend.
function colour(data: readonly Datum[]) {
  const domain = KINDS.filter((one) => data.some(({ kind }) => kind === one));
  const range = domain.map((one) => COLOURS[one]);
  return { domain, range };
}

function legend(data: readonly Datum[]) {
  const scale = colour(data);
  const label = `datum.value == "ours" ? "${OURS}" : datum.value`;
  return {
    field: "kind",
    type: "nominal",
    scale,
    legend: { title: null, orient: "top", labelExpr: label },
  } as const;
}

function shape(data: readonly Datum[]) {
  const { domain } = colour(data);
  const range = domain.map((one) => SHAPES[KINDS.indexOf(one)]!);
  return { ...legend(data), scale: { domain, range } };
}
