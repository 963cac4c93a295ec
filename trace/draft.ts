import type { Call, Readiness } from "./event.ts";
import { bytes_of, quoted } from "./names.ts";

/** The result of a call that moved bytes. A picture keeps it without words until it is drawn. */
export interface Moved {
  readonly moves: "in" | "out" | null;
  readonly asked: number;
  readonly result: number;
  /** The first bytes, a character for each. */
  readonly preview: string;
}

/** Describes the result of a call that moved bytes: `12 "hello"`. */
export function moved_outcome(moved: Moved): string {
  const { moves, asked, result, preview } = moved;
  const text = preview === "" ? "" : ` ${quoted(preview, result)}`;
  return moves === "out" && result < asked
    ? `${result}${text} (${asked - result} left)`
    : `${result}${text}`;
}

/** A call that is being described. Its result is put into words on demand. */
export class Draft implements Call {
  kind: Call["kind"] = "call";
  name: string;
  time = 0;
  took = 0;
  fd = -1;
  epoll = -1;
  arguments = "";
  result = 0;
  error: string | null = null;
  moves: Call["moves"] = null;
  asked = 0;
  preview = "";
  peer: string | null = null;
  watched: readonly Readiness[] | null = null;
  ready: readonly Readiness[] | null = null;
  timeout: number | null = null;
  /** The result in words, where {@linkcode moved_outcome} does not give them. */
  said: string | null = null;

  /** @param name The function's name. */
  constructor(name: string) {
    this.name = name;
  }

  get outcome(): string {
    return this.said ??= this.error === null
      ? moved_outcome(this)
      : `-1 ${this.error}`;
  }

  set outcome(words: string) {
    this.said = words;
  }

  get data(): Uint8Array<ArrayBuffer> | null {
    return this.preview === "" ? null : bytes_of(this.preview);
  }
}

/** Copies a call into a plain object, for a program's listener. */
export function plain(call: Call): Call {
  if (!(call instanceof Draft)) return call;
  const { said: _, preview: __, ...fields } = call;
  const { arguments: args, outcome, data } = call;
  return { ...fields, arguments: args, outcome, data };
}
