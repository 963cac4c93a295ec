/**
 * Prints a line for each call on standard error.
 *
 * @module
 */

import type { Call, Mark, TraceEvent } from "./event.ts";
import type { Recorder } from "./record.ts";

/** Describes a call: `recv(5, 65536) = 12 "hello world\n"`. */
export function line(call: Call): string {
  return `${call.name}(${call.arguments}) = ${call.outcome}`;
}

// Lines within 10 ms are written together: a write costs more than a call. A killed program
// loses the lines of its last 10 ms.
const MOST_BUFFERED = 16_384;
const AT_ONCE = 0.01;

/** Prints the events of a trace. */
export class Printer implements Recorder {
  readonly #write: (text: string) => void;
  readonly #colours: boolean;
  #buffered = "";
  #last = 0;
  #written = -Infinity;
  #asked = false;

  /**
   * @param write Writes lines.
   * @param colours Whether to use colours.
   */
  constructor(write: (text: string) => void, colours = false) {
    this.#write = write;
    this.#colours = colours;
  }

  event(event: TraceEvent): void {
    // A twin's wait has the time of its end: it began before calls that are printed already.
    const time = event.kind === "wait" ? event.time + event.took : event.time;
    const since = time - this.#last;
    this.#last = time;
    const times = this.#dim(
      `${micros(time).padStart(11)} +${micros(Math.max(0, since))}`,
    );
    this.#buffered += event.kind === "mark"
      ? `${times} ${this.#marked(event)}\n`
      : `${times} ${line(event)} ${this.#dim(`<${micros(event.took)}>`)}\n`;
    const end = event.kind === "call" ? time + event.took : time;
    if (
      end - this.#written >= AT_ONCE || this.#buffered.length > MOST_BUFFERED
    ) {
      this.#written = end;
      this.flush();
    } else if (!this.#asked) this.#ask();
  }

  waits(): void {
    this.flush();
  }

  /** Writes the buffered lines. */
  flush(): void {
    const text = this.#buffered;
    this.#buffered = "";
    if (text !== "") this.#write(text);
  }

  /** Writes the lines when the event loop turns, or before that at a wait. */
  #ask(): void {
    this.#asked = true;
    Deno.unrefTimer(setTimeout(() => {
      this.#asked = false;
      this.flush();
    }));
  }

  #marked({ trouble, text, link }: Mark): string {
    const mark = `!! ${trouble}: ${text}`;
    return this.#colours
      ? `\x1b[1;33m${mark}\x1b[0m ${link}`
      : `${mark} ${link}`;
  }

  #dim(text: string): string {
    return this.#colours ? `\x1b[2m${text}\x1b[0m` : text;
  }
}

/** Seconds with six digits; `toFixed` takes three times as long. */
function micros(seconds: number): string {
  const whole = Math.round(seconds * 1e6);
  const left = whole % 1e6;
  return `${(whole - left) / 1e6}.${String(1e6 + left).slice(1)}`;
}

const encoder = new TextEncoder();

/** Writes all of a text to standard error; does nothing if that is closed. */
export function to_stderr(text: string): void {
  let bytes = encoder.encode(text);
  try {
    while (bytes.length > 0) {
      bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
    }
  } catch {
    // A trace that cannot be printed must not end the program.
  }
}
