/**
 * What this package claims about its speed, as ratios that a run can miss.
 *
 * @module
 */

import type { Book, Figure, Key } from "./book.ts";
import { OURS } from "./calls.ts";
import { CPU as PER_CONNECTION, CROWD, RSS } from "./connections.ts";
import { CPU, P99 } from "./echo.ts";
import { C, CPYTHON, ECHO, LISTEN, PLAIN, PLAIN_ASYNC } from "./servers.ts";

/** A claim. */
export interface Target {
  readonly what: string;
  /** The part that shows it. */
  readonly part: string;
  /** The highest value at which it is met. */
  readonly at_most: number;
  /** What the value counts: `× C`, `KiB`. */
  readonly unit: string;
  /** The value, and which figure it comes from; `null` if that was not measured. */
  measured(book: Book): Measured | null;
}

/** The value of a claim. */
export interface Measured {
  readonly value: number;
  readonly of: string;
  /** Whether it is above the limit by chance alone. */
  readonly tie?: boolean;
}

/** A target whose measured value is known. */
export interface Outcome extends Target, Measured {
  readonly met: boolean;
}

/** All of them. */
export const TARGETS: readonly Target[] = [
  echo("plain API, epoll: CPU per request", CPU, PLAIN, C, 1.1, "× C"),
  echo("the same", CPU, PLAIN, CPYTHON, 1, "× CPython"),
  echo("`servers/echo.ts --backend epoll`", CPU, ECHO, C, 1.15, "× C"),
  echo("plain API, epoll: latency p99", P99, PLAIN, C, 1.2, "× C"),
  echo("`servers/echo.ts`: latency p99", P99, ECHO, C, 1.2, "× C"),
  echo(
    "`pollAsync`: CPU per request",
    CPU,
    PLAIN_ASYNC,
    LISTEN,
    1,
    "× Deno.listen",
  ),
  every_call("every call, the dearest", "", "CPython", 1),
  every_call("`epoll.poll`, the dearest", "epoll.poll", "C", 1.5),
  memory("plain API: RSS per idle connection", PLAIN, 1),
  memory("`servers/echo.ts`: the same", ECHO, 2),
  accepting("plain API: accept, register, first read", PLAIN),
  accepting("`servers/echo.ts`: the same", ECHO),
];

/** The targets of which something was measured. */
export function outcomes(book: Book): Outcome[] {
  return TARGETS.flatMap((target) => {
    const measured = target.measured(book);
    if (measured === null) return [];
    const met = measured.value <= target.at_most || measured.tie === true;
    return [{ ...target, ...measured, met }];
  });
}

// So much beyond its limit a figure of a short run may be by chance.
const TOLERANCE = 1.1;

/** Whether a target is missed by more than a tenth. */
export function missed({ value, at_most }: Outcome): boolean {
  return value > at_most * TOLERANCE;
}

function echo(
  claim: string,
  what: string,
  peer: string,
  base: string,
  at_most: number,
  unit: string,
): Target {
  const key = (peer: string): Key => ({ part: "echo", what, peer, at: 50 });
  return {
    what: `${claim}, 50 connections`,
    part: "echo",
    at_most,
    unit,
    measured: (book) => ratio(book, key(peer), key(base)),
  };
}

// Of a long message recv() is told apart in the table: V8 fills what it allocates with
// zeros, which CPython does not, and no other way to make a Uint8Array was found cheaper.
const RECV = "send + recv", SHORT = 512;

// Of a call that is the kernel's work alone, poll on thousands, two peers differ by chance.
// It counts as dearer if it is in three rounds of four: of 21 that is chance once in 75.
const PROOF = 0.75;

function every_call(
  what: string,
  prefix: string,
  base: string,
  at_most: number,
): Target {
  const is_meant = ({ what, peer, at }: Figure) =>
    peer === OURS && what.startsWith(prefix) && !(what === RECV && at > SHORT);
  return {
    what,
    part: "calls",
    at_most,
    unit: `× ${base}`,
    measured: (book) => {
      const found = book.part("calls").filter(is_meant).flatMap((figure) => {
        const other = { ...figure, peer: base };
        const measured = ratio(book, figure, other);
        if (measured === null) return [];
        const tie = measured.value > at_most &&
          book.above(at_most, figure, other) < PROOF;
        return [
          tie ? { ...measured, of: `${measured.of}: a tie`, tie } : measured,
        ];
      });
      const dearest = (list: Measured[]) =>
        list.toSorted((a, b) => b.value - a.value)[0] ?? null;
      const proven = dearest(found.filter(({ tie }) => !tie));
      return proven && proven.value > at_most ? proven : dearest(found);
    },
  };
}

function memory(what: string, peer: string, kib: number): Target {
  return {
    what: `${what}, ${CROWD} connections`,
    part: "connections",
    at_most: kib,
    unit: "KiB",
    measured: (book) => {
      const key = { part: "connections", what: RSS, peer, at: CROWD };
      const bytes = book.find(key);
      return bytes === undefined ? null : { value: bytes / 1024, of: RSS };
    },
  };
}

function accepting(what: string, peer: string): Target {
  const key = (peer: string): Key => ({
    part: "connections",
    what: PER_CONNECTION,
    peer,
    at: CROWD,
  });
  return {
    what,
    part: "connections",
    at_most: 2,
    unit: "× C",
    measured: (book) => ratio(book, key(peer), key(C)),
  };
}

function ratio(book: Book, of: Key, base: Key): Measured | null {
  const value = book.ratio(of, base);
  return value === undefined ? null : { value, of: `${of.what}, ${of.at}` };
}
