/**
 * Replaces the functions of libc's table by functions that also report each call.
 *
 * @module
 */

import { errno, libc, open, set_errno, untraced } from "../ffi/libc.ts";
import { now } from "../ffi/syscall.ts";
import { type Call as TwinCall, NOT_YET, twin } from "../py/pending.ts";
import { type Arguments, type Shape, shapes } from "./calls.ts";
import { Descriptors } from "./descriptors.ts";
import { Draft } from "./draft.ts";
import type { Call, Mark, Readiness } from "./event.ts";
import { epoll_events, error_name, seconds } from "./names.ts";
import { Troubles } from "./troubles.ts";

/** Receives the events of a trace. */
export interface Recorder {
  /** Receives an event. */
  event(event: Draft | Mark): void;
  /** Runs before a call that waits: no other code runs until that returns. */
  waits?(): void;
  /** Runs when a signal has interrupted a call. */
  interrupted?(): void;
}

type Function = (...args: unknown[]) => unknown;

/**
 * The calls of a busy loop, each from a function of its own. V8 calls libc directly only from a
 * place that always calls the same function; from one place for all functions, a call takes 3 us
 * more.
 */
const direct: Partial<typeof untraced> = {
  select: (a, b, c, d, e) => untraced.select(a, b, c, d, e),
  poll: (a, b, c) => untraced.poll(a, b, c),
  epoll_ctl: (a, b, c, d) => untraced.epoll_ctl(a, b, c, d),
  epoll_wait: (a, b, c, d) => untraced.epoll_wait(a, b, c, d),
  accept4: (a, b, c, d) => untraced.accept4(a, b, c, d),
  recv: (a, b, c, d) => untraced.recv(a, b, c, d),
  recvfrom: (a, b, c, d, e, f) => untraced.recvfrom(a, b, c, d, e, f),
  sendto: (a, b, c, d, e, f) => untraced.sendto(a, b, c, d, e, f),
  ioctl: (a, b, c) => untraced.ioctl(a, b, c),
  read: (a, b, c) => untraced.read(a, b, c),
  write: (a, b, c) => untraced.write(a, b, c),
  close: (a) => untraced.close(a),
};

const table = libc as unknown as Record<string, Function>;
const places = direct as Record<string, Function | undefined>;
const recorders = new Set<Recorder>();
/** The recorders with a `waits()`, to run before a wait. */
const hasty = new Set<Recorder>();
/** The descriptors that a running trace has learned from calls. */
export let known: Descriptors = new Descriptors();
let troubles = new Troubles(known, tell);
let original: Record<string, Function> | null = null;
let began = 0;
// Whether a recorder runs: its own calls are not recorded.
let recording = false;

/** Starts to report all calls to a recorder. */
export function record(recorder: Recorder): void {
  recorders.add(recorder);
  if (recorder.waits !== undefined) hasty.add(recorder);
  if (original !== null) return;
  open();
  original = { ...table };
  known = new Descriptors();
  troubles = new Troubles(known, tell);
  began = now();
  Object.assign(twin, { attempt, waits, ends });
  for (const [name, shape] of Object.entries(shapes)) {
    const call = places[name] ?? original[name]!;
    table[name] = traced(
      shape.name ?? name.replace("_parked", ""),
      shape,
      call,
    );
  }
}

/** Stops reporting to a recorder; after the last one calls go to libc as before. */
export function leave(recorder: Recorder): void {
  recorders.delete(recorder);
  hasty.delete(recorder);
  if (recorders.size > 0 || original === null) return;
  Object.assign(table, original);
  Object.assign(twin, steps);
  waiting.clear();
  original = null;
}

/** Seconds since the trace began. */
function elapsed(): number {
  return (now() - began) / 1000;
}

function tell(event: Draft | Mark): void {
  for (const recorder of recorders) {
    try {
      recorder.event(event);
    } catch (error) {
      // The recorder failed, not the traced call.
      reportError(error);
    }
  }
}

function traced(name: string, shape: Shape, call: Function): Function {
  const { before, after, waits } = shape;
  return (...args) => {
    if (recording) return call(...args);
    recording = true;
    const draft = new Draft(name);
    before?.(draft, args, known);
    if (name === "epoll_wait" && args[3] !== 0) {
      troubles.before_wait(args[0] as number, elapsed());
    }
    if (hasty.size > 0 && waits?.(args, known)) {
      for (const recorder of hasty) recorder.waits!();
    }
    const start = now();
    const result = call(...args);
    const end = now();
    // The calls below may change errno: keep it for the caller.
    const error = errno();
    draft.time = (start - began) / 1000;
    if (result instanceof Promise) {
      recording = false;
      return later(draft, args, after, result);
    }
    draft.took = (end - start) / 1000;
    draft.result = typeof result === "object" || result === undefined
      ? 0
      : Number(result);
    if (draft.result === -1) draft.error = error_name(error);
    after(draft, args, known);
    see(draft);
    if (draft.error === "EINTR") {
      for (const recorder of recorders) recorder.interrupted?.();
    }
    recording = false;
    set_errno(error);
    return result;
  };
}

function see(call: Draft): void {
  if (tried !== null) return void tried.push(call);
  tell(call);
  troubles.see(call);
}

/** Reports a call on a thread of the runtime's pool; its errno stays on that thread. */
async function later(
  draft: Draft,
  args: Arguments,
  after: Shape["after"],
  result: Promise<unknown>,
): Promise<unknown> {
  const value = await result;
  draft.took = elapsed() - draft.time;
  draft.result = Number(value);
  after(draft, args, known);
  if (original !== null) see(draft);
  return value;
}

const steps = { ...twin };
/** The pending waits of twins. */
const waiting = new Map<object, Draft>();
// The calls of a try, until its result is known.
let tried: Draft[] | null = null;

/** Runs a try of a twin: reports its calls except those that would block, and ends its wait. */
function attempt<T>(call: TwinCall<T>): T | typeof NOT_YET {
  const outer = tried, mine: Draft[] = tried = [];
  const began_at = elapsed();
  let result: T | typeof NOT_YET | null = null;
  try {
    return result = call.attempt(call);
  } finally {
    tried = outer;
    const futile = result === NOT_YET;
    const shown = futile ? mine.filter((made) => !would_block(made)) : mine;
    const wait = waiting.get(call);
    if (wait !== undefined && (!futile || shown.length > 0)) {
      over(wait, began_at, "ready");
      if (futile) waits(call);
      else waiting.delete(call);
    }
    for (const made of shown) see(made);
  }
}

function would_block(call: Call): boolean {
  return call.error === "EAGAIN" || call.ready?.length === 0;
}

function waits<T>(call: TwinCall<T>): void {
  const draft = new Draft("wait");
  const watched: Readiness[] = [...new Map(call.watched())];
  draft.kind = "wait";
  draft.time = elapsed();
  draft.watched = watched;
  if (watched.length === 1) draft.fd = watched[0]![0];
  draft.timeout = call.timeout < 0 ? null : call.timeout / 1000;
  const list = watched.map(([fd, events]) =>
    `${known.name(fd)} ${epoll_events(events)}`
  );
  draft.arguments = `[${list.join(", ")}], ${seconds(draft.timeout)}`;
  waiting.set(call, draft);
  for (const [fd] of watched) {
    if (known.get(fd)?.kind === "epoll") troubles.before_wait(fd, draft.time);
  }
}

function ends<T>(call: TwinCall<T>): void {
  const wait = waiting.get(call);
  if (!waiting.delete(call) || wait === undefined) return;
  const end = elapsed();
  const expired = wait.timeout !== null && end - wait.time >= wait.timeout;
  over(wait, end, expired ? "timed out" : "given up");
}

function over(wait: Draft, end: number, outcome: string): void {
  wait.took = end - wait.time;
  wait.outcome = outcome;
  see(wait);
}
