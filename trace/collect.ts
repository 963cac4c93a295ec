import type { Draft } from "./draft.ts";
import type { Call, Mark } from "./event.ts";
import {
  type Kept,
  kind_of,
  type Layout,
  layout,
  left_of,
  type Opened,
} from "./layout.ts";
import { known, type Recorder } from "./record.ts";

/** How many calls a picture keeps: the oldest go first. */
export const MOST_CALLS = 100_000;
// Marks are few: at most one of a kind for each descriptor.
const MOST_MARKS = 1000;
// Calls that show what a socket is.
const RENAMES = new Set(["bind", "listen", "connect", "getsockname"]);

/** Keeps the last calls of a trace, for a picture. */
export class Collector implements Recorder {
  readonly #most: number;
  /** A ring that reuses its objects, which spares garbage. */
  readonly #kept: Kept[] = [];
  #count = 0;
  #opened: Opened[] = [];
  readonly #open = new Map<number, Opened>();
  #watched: Call["watched"] = null;
  #marks: Array<[call: number, mark: Mark]> = [];

  /** @param most How many calls to keep. */
  constructor(most: number = MOST_CALLS) {
    this.#most = most;
  }

  /** The number of calls so far. */
  get count(): number {
    return this.#count;
  }

  event(event: Draft | Mark): void {
    if (event.kind === "mark") {
      this.#marks.push([this.#count - 1, event]);
      if (this.#marks.length > MOST_MARKS) this.#marks.shift();
      return;
    }
    this.#follow(event);
    const at = this.#count++ % this.#most;
    if (at === 0) this.#forget();
    const kept = this.#kept[at];
    if (kept === undefined) this.#kept.push(keep({} as Kept, event));
    else keep(kept, event);
  }

  /** Lays out the calls that are kept. */
  layout(title: string, began: string): Layout {
    const at = this.#count % this.#most;
    const calls = this.#count > this.#most
      ? [...this.#kept.slice(at), ...this.#kept.slice(0, at)]
      : this.#kept;
    const dropped = this.#count - calls.length;
    return layout(title, began, calls, dropped, this.#opened, this.#marks);
  }

  /** Forgets the descriptors that were closed before the oldest call. */
  #forget(): void {
    const dropped = this.#count - this.#most;
    this.#opened = this.#opened.filter(({ to }) => to >= dropped);
  }

  /** Records the descriptors that a call opens, uses or closes. */
  #follow(call: Call): void {
    const number = this.#count;
    if (call.name === "close") {
      const opened = this.#open.get(call.fd);
      if (opened !== undefined) opened.to = number;
      this.#open.delete(call.fd);
      this.#watched = null;
      return;
    }
    // Most waits watch the same list as the wait before.
    if (call.watched !== null && call.watched === this.#watched) return;
    const fds = call.watched === null
      ? [call.fd]
      : call.watched.map(([fd]) => fd);
    if (call.ready !== null) this.#watched = call.watched;
    if (call.name === "accept4" && call.result >= 0) fds.push(call.result);
    for (const fd of fds) if (fd >= 0) this.#seen(fd, number, call.name);
  }

  #seen(fd: number, number: number, name: string): void {
    const opened = this.#open.get(fd);
    if (opened !== undefined) {
      if (RENAMES.has(name)) opened.label = known.label(fd);
      return;
    }
    if (known.get(fd)?.kind === "epoll") return;
    const made = { fd, label: known.label(fd), from: number, to: Infinity };
    this.#open.set(fd, made);
    this.#opened.push(made);
  }
}

function keep(kept: Kept, call: Draft): Kept {
  kept.time = call.time;
  kept.took = call.took;
  kept.fd = call.fd;
  kept.kind = kind_of(call);
  kept.name = call.name;
  kept.arguments = call.arguments;
  kept.moves = call.moves;
  kept.asked = call.asked;
  kept.result = call.result;
  kept.preview = call.preview;
  kept.said = call.said ?? (call.error === null ? null : call.outcome);
  kept.ready = call.ready;
  kept.serves = call.moves !== null || call.name === "accept4" ||
    call.name === "close";
  kept.left = left_of(call);
  return kept;
}
