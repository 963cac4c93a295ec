/**
 * What was measured as tables, in Markdown and so also legible on a terminal.
 *
 * @module
 */

import type { Book, Figure } from "./book.ts";
import { OURS } from "./calls.ts";
import { CPU as PER_CONNECTION, FIRST, RATE, RSS } from "./connections.ts";
import { CPU, P50, P99, USER } from "./echo.ts";
import { median } from "./median.ts";
import { ASYNC } from "./servers.ts";
import type { Outcome } from "./targets.ts";

/** The targets, and whether they are met. */
export function target_table(outcomes: readonly Outcome[]): string {
  return table(
    ["what", "at most", "measured", "", "of"],
    outcomes.map(({ what, at_most, unit, value, of, met }) => [
      what,
      `${at_most} ${unit}`,
      value.toFixed(met ? 2 : 3),
      met ? "met" : "**missed**",
      of,
    ]),
  );
}

/** *calls*: a row for each call and number. */
export function calls_table(book: Book): string {
  return compared(book, "calls", "of");
}

/** *wake*: a row for each call and number of idle sockets. */
export function wake_table(book: Book): string {
  return compared(book, "wake", "idle");
}

/** *echo*: a row for each server and number of connections. */
export function echo_table(book: Book): string {
  return by_server(book, () => true);
}

/** *async*: those of *echo* that leave the event loop free, and what they are held to. */
export function async_table(book: Book): string {
  return by_server(book, ({ peer }) => ASYNC.includes(peer));
}

/** *connections*: a row for each server. */
export function connections_table(book: Book): string {
  const figures = book.part("connections");
  const show = (peer: string, what: string) => {
    const found = figures.find((f) => f.peer === peer && f.what === what);
    return found ? spread(found.rounds) : "";
  };
  return table(
    [
      "server",
      "RSS each, bytes",
      "CPU each, µs",
      "of the first 9,000",
      "connections per second",
    ],
    unique(figures.map(({ peer }) => peer)).map((peer) => [
      peer,
      show(peer, RSS),
      show(peer, PER_CONNECTION),
      show(peer, FIRST),
      show(peer, RATE),
    ]),
  );
}

function by_server(book: Book, wanted: (figure: Figure) => boolean): string {
  const figures = book.part("echo").filter(wanted);
  const rows = unique(figures.map(({ at }) => at)).toSorted((a, b) => a - b)
    .flatMap((at) =>
      unique(figures.map(({ peer }) => peer)).map((peer) => {
        const show = (what: string) => {
          const found = figures.find((f) =>
            f.peer === peer && f.at === at && f.what === what
          );
          return found ? spread(found.rounds) : "";
        };
        const cpu = show(CPU), user = show(USER);
        return [`${at}`, peer, cpu, user, show(P50), show(P99)];
      })
    );
  return table(
    [
      "connections",
      "server",
      "CPU per request, µs",
      "of it user",
      "p50, µs",
      "p99, µs",
    ],
    rows,
  );
}

/** A column for each peer, and how ours compares with the others. */
function compared(book: Book, part: string, at_title: string): string {
  const figures = book.part(part);
  const peers = unique(figures.map(({ peer }) => peer));
  const others = peers.filter((peer) => peer !== OURS);
  const rows = unique(figures.map(({ what }) => what)).flatMap((what) =>
    unique(figures.map(({ at }) => at)).flatMap((at) => {
      const of = (peer: string) =>
        figures.find((f) => f.what === what && f.at === at && f.peer === peer);
      const ours = of(OURS);
      if (ours === undefined) return [];
      const times = (peer: string) => {
        return book.ratio(ours, { ...ours, peer })?.toFixed(2) ?? "";
      };
      const figure = (peer: string) => {
        const found = of(peer);
        return found ? spread(found.rounds.map((ns) => ns / 1000)) : "";
      };
      return [[what, `${at}`, ...peers.map(figure), ...others.map(times)]];
    })
  );
  return table(
    [
      "call",
      at_title,
      ...peers.map((peer) => `${peer}, µs`),
      ...others.map((peer) => `× ${peer}`),
    ],
    rows,
  );
}

/** The median, and in brackets the least and the most, to three digits. */
function spread(rounds: readonly number[]): string {
  const show = (figure: number) =>
    figure.toLocaleString("en", {
      maximumFractionDigits: Math.max(
        0,
        2 - Math.floor(Math.log10(figure || 1)),
      ),
    });
  const least = show(Math.min(...rounds)), most = show(Math.max(...rounds));
  return `${show(median(rounds))} (${least}–${most})`;
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

/** A table in Markdown. */
export function table(
  head: readonly string[],
  rows: readonly string[][],
): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]!.length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
