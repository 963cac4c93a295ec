/**
 * Edits a line on a terminal: takes keys, returns finished lines and the text to draw. It
 * reads and writes nothing itself.
 *
 * ```sh
 * deno run --allow-ffi clients/prompt.ts
 * ```
 *
 * @module
 */

import { ERASE_LINE } from "../cli/client.ts";

/** The end of the input: Ctrl-D on an empty line. */
export const END: unique symbol = Symbol("end");

// A key: an escape sequence, whole or broken off; a run of text; or a control character.
const key =
  // deno-lint-ignore no-control-regex -- keys are control characters
  /\x1b(?:\[[ -?]*(?:[@-~]|(?=[^ -~]))|O[^\x1b]|[^[O\x1b]|(?=\x1b))|([^\x00-\x08\x0a-\x1f\x7f-\x9f]+)|[^\x1b]/uy;

/** The edit of each key; other keys do nothing. */
const edits: Record<string, (editor: LineEditor) => void> = {};
function bind(edit: (editor: LineEditor) => void, ...keys: string[]): void {
  for (const key of keys) edits[key] = edit;
}
bind((e) => e.before = without_last(e.before), "\x7f", "\b");
bind((e) => e.after = without_first(e.after), "\x04", "\x1b[3~");
bind((e) => e.before = "", "\x15"); // Ctrl-U
bind((e) => e.after = "", "\x0b"); // Ctrl-K
bind((e) => e.before = e.before.replace(/\S*\s*$/, ""), "\x17"); // Ctrl-W
bind((e) => e.move(without_last(e.before).length), "\x02", "\x1b[D", "\x1bOD");
bind(
  (e) => e.move(e.text.length - without_first(e.after).length),
  "\x06",
  "\x1b[C",
  "\x1bOC",
);
bind((e) => e.move(0), "\x01", "\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~");
bind(
  (e) => e.move(e.text.length),
  "\x05",
  "\x1b[F",
  "\x1bOF",
  "\x1b[4~",
  "\x1b[8~",
);

/** A half-typed line with a cursor in it. */
export class LineEditor {
  readonly #prompt: string;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** The start of an incomplete escape sequence. */
  #pending = "";
  /** The text before the cursor. */
  before = "";
  /** The text after the cursor. */
  after = "";

  /** @param prompt The text in front of the line. */
  constructor(prompt: string) {
    this.#prompt = prompt;
  }

  /** The line. */
  get text(): string {
    return this.before + this.after;
  }

  /** Moves the cursor to an index, in UTF-16 units. */
  move(index: number): void {
    const text = this.text;
    this.before = text.slice(0, index);
    this.after = text.slice(index);
  }

  /**
   * Takes typed bytes.
   *
   * @param bytes Input from the terminal, in raw mode.
   * @returns The finished lines. {@linkcode END} for Ctrl-D is the last; input after it is
   * dropped.
   */
  type(bytes: Uint8Array): Array<string | typeof END> {
    const typed = this.#pending +
      this.#decoder.decode(bytes, { stream: true });
    const finished: Array<string | typeof END> = [];
    let end = 0;
    key.lastIndex = 0;
    for (let match; (match = key.exec(typed)) !== null; end = key.lastIndex) {
      const [pressed, text] = match;
      if (text !== undefined) {
        this.before += text;
      } else if (pressed === "\r" || pressed === "\n") {
        finished.push(this.text);
        this.before = this.after = "";
      } else if (pressed === "\x04" && this.text === "") {
        finished.push(END);
        return finished;
      } else {
        edits[pressed]?.(this);
      }
    }
    this.#pending = typed.slice(end);
    return finished;
  }

  /**
   * Draws the line over its last version. A line that is too long is cut before the cursor,
   * with a `<` in front, so that it never wraps.
   *
   * @param columns The terminal's width.
   * @returns The text to write.
   */
  draw(columns: number): string {
    // Leave the last column free, or the cursor moves to the next line.
    const room = Math.max(columns - this.#prompt.length - 1, 2);
    const before = visible(this.before), after = visible(this.after);
    // The text after the cursor gets up to a third of the room.
    const most = room - width(head(after, room / 3));
    const left = width(before) <= most ? before : "<" + tail(before, most - 1);
    const right = head(after, room - width(left));
    const cursor = this.#prompt.length + width(left);
    return ERASE_LINE + this.#prompt + left +
      (right === "" ? "" : `${right}\r\x1b[${cursor}C`);
  }

  /** Draws all of a finished line, and starts the next line. */
  draw_finished(line: string): string {
    return `${ERASE_LINE}${this.#prompt}${visible(line)}\n`;
  }
}

// One character on the screen may be several code points: an accent, a flag, an emoji.
const characters = new Intl.Segmenter();

function without_last(text: string): string {
  return text.slice(
    0,
    characters.segment(text).containing(text.length - 1)?.index,
  );
}

function without_first(text: string): string {
  return text.slice(characters.segment(text).containing(0)?.segment.length);
}

/** Replaces characters that move the cursor or change the text's direction by spaces. */
function visible(text: string): string {
  return text.replace(/[\t\u2028-\u202e\u2066-\u2069]/g, " ");
}

// Most characters that Unicode calls wide, and that terminals draw two columns wide.
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}])/u;
const nothing = /^[\p{Mn}\p{Me}\p{Cf}]/u;

/** Returns the number of columns of a text. */
function width(text: string): number {
  let sum = 0;
  for (const { segment } of characters.segment(text)) {
    sum += columns_of(segment);
  }
  return sum;
}

function columns_of(character: string): number {
  return wide.test(character) ? 2 : nothing.test(character) ? 0 : 1;
}

/** Returns as much of a text's end as fits. */
function tail(text: string, room: number): string {
  const segments = [...characters.segment(text)];
  let left = room, start = text.length;
  for (const { segment, index } of segments.reverse()) {
    left -= columns_of(segment);
    if (left < 0) break;
    start = index;
  }
  return text.slice(start);
}

/** Returns as much of a text's start as fits. */
function head(text: string, room: number): string {
  let left = room, end = 0;
  for (const { segment } of characters.segment(text)) {
    left -= columns_of(segment);
    if (left < 0) break;
    end += segment.length;
  }
  return text.slice(0, end);
}
