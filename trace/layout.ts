/**
 * The layout of a picture: its lanes, its calls, and what lasts from one call to another.
 *
 * @module
 */

import { moved_outcome } from "./draft.ts";
import type { Call, Mark, Readiness } from "./event.ts";
import { escaped } from "./names.ts";

/** The kinds of calls, each with its colour; PENDING is the wait of a twin. */
export const WAIT = 0, READ = 1, WRITE = 2, OTHER = 3, PENDING = 4;

/** The states of a descriptor between calls, each with its colour. */
export const READY = 0, BLOCKED = 1;

/** The time from a descriptor's first call to its last: one client, from accept to close. */
export type Life = readonly [
  row: number,
  from: number,
  to: number,
  label: string,
];

/** A state of a descriptor, from the end of one call to the beginning of another. */
export type Span = readonly [
  row: number,
  state: number,
  from: number,
  to: number,
  /** Unsent bytes, which the program has to queue. */
  left: number,
];

/** The data of a picture, with calls by index. */
export interface Layout {
  /** The name of the program. */
  readonly title: string;
  /** When the trace began. */
  readonly began: string;
  /** The number of calls before the first one that is shown. */
  readonly dropped: number;
  /** When each call began, in tenths of a microsecond since the trace began. */
  readonly time: readonly number[];
  /** How long each took, in tenths of a microsecond. */
  readonly took: readonly number[];
  /** Each call's lane, and its kind. */
  readonly row: readonly number[];
  readonly kind: readonly number[];
  /** Each call and its result: `recv(5, 100)`, `2 "hi"`. */
  readonly text: readonly string[];
  readonly outcome: readonly string[];
  /** The names of the lanes; the first is the loop's. */
  readonly rows: readonly string[];
  readonly lives: readonly Life[];
  readonly spans: readonly Span[];
  /** The marks, each with its call and its lane. */
  readonly marks: ReadonlyArray<
    readonly [
      call: number,
      row: number,
      trouble: string,
      text: string,
      link: string,
    ]
  >;
}

/** A descriptor from its opening to its close, by the numbers of calls. */
export interface Opened {
  readonly fd: number;
  label: string;
  readonly from: number;
  to: number;
}

/** The data that a picture keeps of a call. */
export interface Kept {
  time: number;
  took: number;
  fd: number;
  kind: number;
  /** The call, its arguments and its result. */
  name: string;
  arguments: string;
  moves: Call["moves"];
  asked: number;
  result: number;
  preview: string;
  said: string | null;
  /** What a wait reports; `null` for other calls. */
  ready: readonly Readiness[] | null;
  /** Whether the call serves a descriptor that was ready, or closes it. */
  serves: boolean;
  /** The unsent bytes of a send; -1 for other calls. */
  left: number;
}

/** The kind of a call. */
export function kind_of(call: Call): number {
  if (call.kind === "wait") return PENDING;
  if (call.ready !== null) return WAIT;
  if (call.moves === "in" || call.name === "accept4") return READ;
  return call.moves === "out" ? WRITE : OTHER;
}

/** Returns the unsent bytes of a send; -1 for other calls. */
export function left_of(call: Call): number {
  if (call.moves !== "out") return -1;
  if (call.error === null) return call.asked - call.result;
  return call.error === "EAGAIN" ? call.asked : 0;
}

/**
 * Lays a trace out.
 *
 * @param title The name of the program.
 * @param began When it began.
 * @param calls The calls that are kept.
 * @param dropped The number of calls before those.
 * @param opened The descriptors, with calls by number since the trace began.
 * @param marks The marks, each with the number of its call.
 */
export function layout(
  title: string,
  began: string,
  calls: readonly Kept[],
  dropped: number,
  opened: readonly Opened[],
  marks: ReadonlyArray<readonly [call: number, mark: Mark]>,
): Layout {
  const rows = ["loop"], row_of = new Map<number, number>();
  const lives: Life[] = [];
  for (const { fd, label, from, to } of opened) {
    if (to < dropped) continue;
    let row = row_of.get(fd);
    if (row === undefined) {
      row_of.set(fd, row = rows.length);
      rows.push(String(fd));
    }
    const end = to === Infinity ? calls.length : to - dropped;
    lives.push([row, Math.max(-1, from - dropped), end, label]);
  }
  const row = calls.map((call) => row_of.get(call.fd) ?? 0);
  const at = (seconds: number) => Math.round(seconds * 1e7);
  return {
    title: escaped(title),
    began,
    dropped,
    time: calls.map((call) => at(call.time)),
    took: calls.map((call) => at(call.took)),
    row,
    kind: calls.map((call) => call.kind),
    text: calls.map((call) => `${call.name}(${call.arguments})`),
    outcome: calls.map((call) => call.said ?? moved_outcome(call)),
    rows,
    lives,
    spans: spans_of(calls, row_of),
    marks: marks.filter(([call]) => call >= dropped).map(([call, mark]) => [
      call - dropped,
      row_of.get(mark.fd) ?? 0,
      mark.trouble,
      mark.text,
      mark.link,
    ]),
  };
}

/** Finds when each descriptor was ready and not served, and when its sends fell short. */
function spans_of(
  calls: readonly Kept[],
  row_of: ReadonlyMap<number, number>,
): Span[] {
  const spans: Span[] = [];
  const ready = new Map<number, number>();
  const short = new Map<number, { from: number; left: number }>();
  const end_ready = (fd: number, row: number, to: number) => {
    const from = ready.get(fd);
    ready.delete(fd);
    if (from !== undefined) spans.push([row, READY, from, to, 0]);
  };
  const end_short = (fd: number, row: number, to: number) => {
    const state = short.get(fd);
    short.delete(fd);
    if (state !== undefined) {
      spans.push([row, BLOCKED, state.from, to, state.left]);
    }
  };
  const stdin = row_of.get(0);
  calls.forEach((call, i) => {
    // Deno reads standard input itself, unseen: each wait reports anew whether it is ready.
    if (stdin !== undefined && call.ready !== null) end_ready(0, stdin, i);
    for (const [fd] of call.ready ?? []) if (!ready.has(fd)) ready.set(fd, i);
    const row = row_of.get(call.fd);
    if (row === undefined || call.ready !== null) return;
    if (call.serves) end_ready(call.fd, row, i);
    const closes = call.serves && call.kind === OTHER;
    if (call.left >= 0 || closes) end_short(call.fd, row, i);
    if (call.left > 0) short.set(call.fd, { from: i, left: call.left });
  });
  for (const [fd, row] of row_of) {
    end_ready(fd, row, calls.length);
    end_short(fd, row, calls.length);
  }
  return spans.toSorted((a, b) => a[2] - b[2]);
}
