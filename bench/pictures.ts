/**
 * The pictures of what was measured, about 800 px wide.
 *
 * @module
 */

import type { TopLevelSpec } from "npm:vega-lite@^6.5.0";
import type { Book, Figure } from "./book.ts";
import { OURS } from "./calls.ts";
import { CPU as PER_CONNECTION, RATE, RSS } from "./connections.ts";
import { CPU, P50, P99 } from "./echo.ts";
import { bars, lines } from "./marks.ts";
import { by_call, by_kind, type Datum, datum } from "./palette.ts";
import { ASYNC } from "./servers.ts";

/** All pictures of which there are figures, by file name. */
export function pictures(book: Book): Map<string, TopLevelSpec> {
  const found = new Map<string, TopLevelSpec>();
  const add = (
    name: string,
    figures: readonly Figure[],
    unit: number,
    picture: (data: Datum[]) => TopLevelSpec,
  ) => {
    const data = figures.map((figure) => datum(figure, unit));
    if (data.length > 0) found.set(name, picture(data));
  };
  const calls = book.part("calls"), echo = book.part("echo");
  const waits = ({ what }: Figure) => what.endsWith("ready");
  const cpu = echo.filter(({ what }) => what === CPU);
  const latency = echo.filter(({ what }) => what === P50 || what === P99);
  add("calls", calls.filter(waits), 1000, calls_picture);
  add("sockets", calls.filter((one) => !waits(one)), 1000, sockets_picture);
  add("echo", cpu, 1, echo_picture);
  add("latency", latency, 1000, latency_picture);
  add("wake", book.part("wake"), 1000, wake_picture);
  add("connections", book.part("connections"), 1, connections_picture);
  add(
    "async",
    cpu.filter(({ peer }) => ASYNC.includes(peer)),
    1,
    async_picture,
  );
  return found;
}

function calls_picture(data: Datum[]): TopLevelSpec {
  const values = data.map((one) => {
    const [call, ready] = one.what.split(", ");
    return { ...one, call, ready };
  });
  return {
    title: {
      text: "What one call costs",
      subtitle:
        "with a timeout of 0; bars from the least to the most of the rounds",
    },
    data: { values },
    facet: {
      column: {
        field: "call",
        sort: ["select", "poll", "epoll.poll"],
        title: null,
      },
      row: { field: "ready", sort: "descending", title: null },
    },
    spec: {
      width: 198,
      height: 200,
      layer: [...lines("descriptors", "µs per call", by_kind(data))],
    },
  };
}

function wake_picture(data: Datum[]): TopLevelSpec {
  return {
    title: {
      text: "What it costs to wake up: 10 sockets ready among many idle ones",
      subtitle: "CPython's select stops at descriptor 1,024",
    },
    data: { values: data },
    facet: {
      column: { field: "peer", sort: [OURS, "CPython", "C"], title: null },
    },
    spec: {
      width: 198,
      height: 260,
      layer: [
        ...lines(
          "idle sockets",
          "µs per wake-up",
          by_call(["select", "poll", "epoll"]),
        ),
      ],
    },
  };
}

/** A column for each number of connections. */
const BY_CLIENTS = {
  column: {
    field: "clients",
    sort: { field: "at", op: "min" },
    title: null,
  },
} as const;

function clients({ at }: Datum): string {
  return `${at.toLocaleString("en")} connection${at > 1 ? "s" : ""}`;
}

function by_connections(
  data: Datum[],
  title: string,
  subtitle: string,
): TopLevelSpec {
  const values = data.map((one) => ({ ...one, clients: clients(one) }));
  return {
    title: { text: title, subtitle },
    data: { values },
    facet: BY_CLIENTS,
    spec: {
      width: 135,
      height: { step: 24 },
      layer: [...bars(data, "µs", ".1f")],
    },
    // What one connection costs would make 50 and 1,000 hard to tell apart.
    resolve: { scale: { x: "independent" } },
  };
}

function echo_picture(data: Datum[]): TopLevelSpec {
  return by_connections(
    data,
    "CPU per request of an echo server",
    "user and system, the whole process; the kernel's TCP is most of it",
  );
}

function async_picture(data: Datum[]): TopLevelSpec {
  return by_connections(
    data,
    "What it costs to leave the event loop free",
    "CPU per request of an echo server, user and system",
  );
}

const HALF_DECADES = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];

function latency_picture(data: Datum[]): TopLevelSpec {
  const peers = [...new Set(data.map(({ peer }) => peer))];
  const values = data.map((one) => ({
    ...one,
    clients: clients(one),
    quantile: one.what === P50 ? "p50" : "p99",
  }));
  const y = {
    field: "peer",
    type: "nominal",
    sort: peers,
    title: null,
  } as const;
  const x = {
    field: "middle",
    type: "quantitative",
    scale: { type: "log" },
    // Each decade in two: a scale of its own would have lines for 1, 2, 3 … 10.
    axis: { title: "ms", format: ",~r", values: HALF_DECADES },
  } as const;
  const { color } = by_kind(data);
  return {
    title: {
      text: "How long a request takes",
      subtitle:
        "full: the median request (p50); hollow: the slowest of a hundred (p99)",
    },
    data: { values },
    facet: BY_CLIENTS,
    spec: {
      width: 158,
      height: { step: 24 },
      layer: [
        {
          mark: { type: "line", strokeWidth: 1.5 },
          encoding: { y, x, color, detail: { field: "peer" } },
        },
        ...["p50", "p99"].map((quantile) => ({
          transform: [{ filter: `datum.quantile == "${quantile}"` }],
          mark: {
            type: "point" as const,
            filled: quantile === "p50",
            opacity: 1,
            size: 60,
            strokeWidth: 2,
          },
          encoding: { y, x, color },
        })),
      ],
    },
    resolve: { scale: { x: "independent" } },
  };
}

function sockets_picture(data: Datum[]): TopLevelSpec {
  const values = data.map((one) => {
    const size = one.at >= 1024 ? `${one.at / 1024} KiB` : `${one.at} bytes`;
    const title = one.at > 1 ? `${one.what}, ${size}` : one.what;
    return { ...one, title };
  });
  return {
    title: "What moving bytes and accepting cost",
    data: { values },
    facet: {
      field: "title",
      type: "nominal",
      sort: [...new Set(values.map(({ title }) => title))],
      title: null,
    },
    columns: 2,
    spec: {
      width: 290,
      height: { step: 22 },
      layer: [...bars(data, "µs", ".1f")],
    },
    resolve: { scale: { x: "independent" } },
  };
}

function connections_picture(data: Datum[]): TopLevelSpec {
  const panel = (
    what: string,
    title: string,
    format: string,
    first: boolean,
  ) => {
    const values = data.filter((one) => one.what === what);
    const [bar, rule, text] = bars(values, title, format);
    const y = { ...bar.encoding.y, axis: first ? {} : null };
    return {
      title: { text: what, fontSize: 13, anchor: "middle" },
      width: 128,
      height: { step: 24 },
      data: { values },
      layer: [bar, rule, text].map((layer) => ({
        ...layer,
        encoding: { ...layer.encoding, y },
      })),
    } as const;
  };
  return {
    title: "9,000 connections",
    hconcat: [
      panel(RSS, "bytes", ",.0f", true),
      panel(PER_CONNECTION, "µs", ".1f", false),
      panel(RATE, "per second", ",.0f", false),
    ],
  };
}
