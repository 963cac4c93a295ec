/**
 * The encodings of text files: UTF-8, Latin-1 and ASCII.
 *
 * @module
 */

import { bare } from "../../ffi/libc.ts";
import { shown } from "../arguments.ts";
import { ValueError } from "../exceptions.ts";

/** How to handle text and bytes that do not fit an encoding. */
export type CodecErrors = "strict" | "ignore" | "replace";

/** The line ends: see {@linkcode FileOptions.newline}. */
export type Newline = "" | "\n" | "\r" | "\r\n" | null;

/** The encoding of a text file, and its line ends. */
export interface TextOptions {
  /** `"utf-8"`, the default, `"latin-1"` or `"ascii"`. */
  readonly encoding?: string | null | undefined;
  /**
   * For text or bytes that do not fit: `"strict"`, the default, throws, `"ignore"` drops them,
   * `"replace"` puts U+FFFD or `?`.
   */
  readonly errors?: CodecErrors | null | undefined;
  /**
   * `null`, the default, reads `\r`, `\r\n` and `\n` as `\n`; `""` ends lines at each of them,
   * unchanged. Any other value is the only line end, and is written for each `\n`.
   */
  readonly newline?: Newline | undefined;
}

/** A checked {@linkcode TextOptions}. */
export interface TextForm {
  /** The highest character; `null` for UTF-8. */
  readonly highest: number | null;
  readonly encoding: string;
  readonly errors: CodecErrors;
  readonly newline: Newline;
}

const HIGHEST: ReadonlyMap<string, number | null> = new Map([
  ["utf8", null],
  ["ascii", 0x7f],
  ["usascii", 0x7f],
  ["latin1", 0xff],
  ["iso88591", 0xff],
]);

/** Checks the encoding, the error handler and the line ends. */
export function text_form(given: TextOptions): TextForm {
  const { encoding, errors, newline = null } = bare(given);
  const name = encoding ?? "utf-8";
  if (typeof name !== "string") {
    throw new TypeError(`encoding must be a string, not ${shown(name)}`);
  }
  const highest = HIGHEST.get(name.toLowerCase().replace(/[-_ ]/g, ""));
  if (highest === undefined) throw new ValueError(`unknown encoding: ${name}`);
  const handler = errors ?? "strict";
  if (!["strict", "ignore", "replace"].includes(handler)) {
    throw new ValueError(`unknown error handler name '${handler}'`);
  }
  if (![null, "", "\n", "\r", "\r\n"].includes(newline)) {
    throw new ValueError(`illegal newline value: ${shown(newline)}`);
  }
  return { highest, encoding: name, errors: handler, newline };
}

function undecodable(form: TextForm, what: string): ValueError {
  return new ValueError(`'${form.encoding}' codec can't decode ${what}`);
}

/** Decodes a stream in parts, which may split a character. */
export class Decoder {
  readonly #form: TextForm;
  readonly #utf8: TextDecoder;

  constructor(form: TextForm) {
    this.#form = form;
    const fatal = form.errors === "strict";
    this.#utf8 = new TextDecoder("utf-8", { fatal, ignoreBOM: true });
  }

  /** Decodes bytes; none mark the end. */
  decode(bytes: Uint8Array): string {
    const { highest, errors } = this.#form;
    if (highest !== null) return this.#decode_bytes(bytes, highest);
    try {
      const text = this.#utf8.decode(bytes, { stream: bytes.length > 0 });
      // This also drops a real U+FFFD, which peers seldom send.
      return errors === "ignore" ? text.replaceAll("\ufffd", "") : text;
    } catch {
      throw undecodable(this.#form, "these bytes");
    }
  }

  #decode_bytes(bytes: Uint8Array, highest: number): string {
    const { errors } = this.#form;
    let text = "";
    for (const byte of bytes) {
      if (byte <= highest) text += String.fromCharCode(byte);
      else if (errors === "strict") {
        throw undecodable(this.#form, `byte 0x${byte.toString(16)}`);
      } else if (errors === "replace") text += "\ufffd";
    }
    return text;
  }
}

/** Encodes text, with its line ends. */
export function encode(given: string, form: TextForm): Uint8Array<ArrayBuffer> {
  if (typeof given !== "string") {
    throw new TypeError(
      `write() argument must be a string, not ${shown(given)}`,
    );
  }
  const { highest, errors, encoding, newline } = form;
  const ends = newline === "\r" || newline === "\r\n";
  const text = ends ? given.replaceAll("\n", newline) : given;
  const most = highest ?? 0x10ffff, put = errors === "replace" ? "?" : "";
  const clean = highest === null && text.isWellFormed()
    ? text
    // By code points: one above U+FFFF counts once.
    : Array.from(text, (char) => {
      if (char.codePointAt(0)! <= most && char.isWellFormed()) return char;
      if (errors !== "strict") return put;
      throw new ValueError(
        `'${encoding}' codec can't encode character ${shown(char)}`,
      );
    }).join("");
  if (highest === null) return new TextEncoder().encode(clean);
  return Uint8Array.from(clean, (char) => char.charCodeAt(0));
}
