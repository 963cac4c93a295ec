/**
 * A terminal's screen, as far as the clients need one. What they must not write, such as
 * an escape sequence that came over the network, is an error.
 *
 * @module
 */

import { AssertionError } from "@std/assert";

// The second half of a wide character.
const FILLER = "";
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff00-\uff60]|\p{Emoji_Presentation}/u;
const combining = /[\p{Mn}\u200d]/u;
// deno-lint-ignore no-control-regex -- the pattern is for control characters
const unit = /\x1b\[(\d*)([KC])|\x1b\[(?:0G|J)|[^\x1b]/uy;

/** Rows of characters and a cursor. */
export class Screen {
  #columns: number;
  readonly #rows: number;
  readonly #lines: string[][];
  #x = 0;
  #y = 0;
  #pending = "";

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
    this.#lines = Array.from({ length: rows }, () => []);
  }

  /** Where the cursor is. */
  get cursor(): { x: number; y: number } {
    return { x: this.#x, y: this.#y };
  }

  /** The rows down to the last that is not empty, without the space at their ends. */
  get rows(): string[] {
    const rows = this.#lines.map((line) =>
      Array.from(line, (c) => c ?? " ").join("").trimEnd()
    );
    return rows.slice(0, rows.findLastIndex((row) => row !== "") + 1);
  }

  /** The row of the cursor. */
  get row(): string {
    return this.rows[this.#y] ?? "";
  }

  /** Changes its width; the text stays in place. */
  resize(columns: number): void {
    this.#columns = columns;
  }

  /** Shows written text. */
  feed(text: string): void {
    const written = this.#pending + text;
    let end = 0;
    unit.lastIndex = 0;
    for (let match; (match = unit.exec(written)) !== null;) {
      end = unit.lastIndex;
      const [whole, count, command] = match;
      if (command === undefined && whole.length > 2) {
        // Deno erases the progress that it may have drawn, before it runs a script.
        this.#x = 0;
      } else if (command === "K") this.#lines[this.#y]!.length = this.#x;
      else if (command === "C") {
        this.#x = Math.min(this.#x + Number(count || 1), this.#columns - 1);
      } else this.#put(whole);
    }
    this.#pending = written.slice(end);
    // deno-lint-ignore no-control-regex -- the pattern is for escape sequences
    if (!/^(\x1b(\[\d*)?)?$/.test(this.#pending)) {
      throw new AssertionError(
        `Unknown escape sequence: ${JSON.stringify(this.#pending)}`,
      );
    }
  }

  #put(c: string): void {
    if (c === "\r") this.#x = 0;
    else if (c === "\n") this.#line_feed();
    else if (c === "\t") {
      this.#x = Math.min((this.#x | 7) + 1, this.#columns - 1);
    } else if (c < " " || c === "\x7f") {
      throw new AssertionError(`Unknown control: ${JSON.stringify(c)}`);
    } else if (combining.test(c)) {
      this.#lines[this.#y]![this.#x - 1] += c;
    } else {
      const width = wide.test(c) ? 2 : 1;
      if (this.#x + width > this.#columns) {
        this.#x = 0;
        this.#line_feed();
      }
      const line = this.#lines[this.#y]!;
      line[this.#x] = c;
      if (width === 2) line[this.#x + 1] = FILLER;
      this.#x += width;
    }
  }

  #line_feed(): void {
    if (this.#y < this.#rows - 1) {
      this.#y++;
      return;
    }
    this.#lines.shift();
    this.#lines.push([]);
  }
}
