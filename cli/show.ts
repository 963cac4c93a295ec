/**
 * Shows addresses, bytes and sockets as Python prints them.
 *
 * @module
 */

import {
  getColorEnabled,
  green,
  setColorEnabled,
  yellow,
} from "@std/fmt/colors";
import { repr, select, type socket } from "../mod.ts";

// No colours into a pipe, nor with NO_COLOR.
setColorEnabled(getColorEnabled() && Deno.stdout.isTerminal());

/** The colours for clients that connect (green) and leave (yellow). */
export const paint: Readonly<
  Record<"green" | "yellow", (text: string) => string>
> = { green, yellow };

// Longer messages are cut, or they push other lines off the screen.
const MOST_SHOWN = 60;

/**
 * Shows an address: `('127.0.0.1', 10000)`.
 *
 * @param address An address from `accept` or `getpeername`.
 *
 * @example
 * ```ts
 * import { show_address } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(show_address(["127.0.0.1", 9000]), "('127.0.0.1', 9000)");
 * ```
 */
export function show_address(address: socket.Address): string {
  return repr(address);
}

/**
 * Shows bytes as text on one line, safe for a terminal.
 *
 * @param data Any bytes; invalid UTF-8 becomes U+FFFD.
 * @returns The text of the first 60 bytes, and the number of the others.
 *
 * @example
 * ```ts
 * import { show_bytes } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const data = new TextEncoder().encode("two\nlines");
 * assertEquals(show_bytes(data), "two\\nlines");
 * ```
 */
export function show_bytes(data: Uint8Array): string {
  const start = new TextDecoder().decode(data.subarray(0, MOST_SHOWN));
  const rest = data.length - MOST_SHOWN;
  return show_text(start) + (rest > 0 ? `\u2026 and ${rest} bytes more` : "");
}

// Control characters, and characters that change the direction of text.
// deno-lint-ignore no-control-regex -- to escape them
const unsafe = /[\\\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const escapes: Record<string, string> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\\": "\\\\",
};

/**
 * Shows text on one line, safe for a terminal.
 *
 * @param text Any text.
 * @returns The text with its control characters and backslashes escaped.
 *
 * @example
 * ```ts
 * import { show_text } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(show_text("a bell: \x07"), "a bell: \\x07");
 * ```
 */
export function show_text(text: string): string {
  return text.replace(unsafe, escaped);
}

/**
 * Shows text of several lines, safe for a terminal.
 *
 * @param text Any text.
 * @returns The text with its control characters escaped; newlines, tabs and backslashes stay.
 *
 * @example
 * ```ts
 * import { show_lines } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(show_lines("a bell:\n\x07"), "a bell:\n\\x07");
 * ```
 */
export function show_lines(text: string): string {
  return text.replaceAll("\r\n", "\n")
    .replace(unsafe, (c) => "\n\t\\".includes(c) ? c : escaped(c));
}

function escaped(c: string): string {
  const code = c.charCodeAt(0).toString(16);
  return escapes[c] ??
    (code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, "0")}`);
}

// A printed socket is long: show the first few of a list.
const MOST_LISTED = 3;

/**
 * Shows a list of sockets as Python prints it, cut after the third.
 *
 * @param list A list that `select` returns.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { show_list } from "@iomux/py/cli";
 *
 * using server = socket.create_server(["127.0.0.1", 0]);
 * console.log(show_list([server])); // [<socket.socket fd=4, family=AF_INET, ...>]
 * ```
 */
export function show_list(list: readonly socket.Socket[]): string {
  const items = list.slice(0, MOST_LISTED).map(String);
  const rest = list.length - items.length;
  if (rest > 0) items.push(`\u2026 and ${rest} more`);
  return `[${items.join(", ")}]`;
}

let last_round = "";

/**
 * Prints `watching 2, ready 1`; does not repeat a line while nothing is ready.
 *
 * @param watched How many sockets `select` was given.
 * @param ready How many it returned as readable.
 * @param writable How many it returned as writable; 0 is not printed.
 *
 * @example
 * ```ts
 * import { show_round } from "@iomux/py/cli";
 *
 * show_round(2, 1); // watching 2, ready 1
 * ```
 */
export function show_round(
  watched: number,
  ready: number,
  writable = 0,
): void {
  const round = `watching ${watched}, ready ${ready}` +
    (writable > 0 ? `, writable ${writable}` : "");
  if (ready + writable > 0 || round !== last_round) console.log(round);
  last_round = round;
}

const event_names = [
  "EPOLLIN",
  "EPOLLPRI",
  "EPOLLOUT",
  "EPOLLERR",
  "EPOLLHUP",
  "EPOLLET",
] as const;

/**
 * Shows an event mask of epoll: `EPOLLIN|EPOLLET`.
 *
 * @param events A mask that `epoll.poll` reports or `epoll.register` takes.
 *
 * @example
 * ```ts
 * import { select } from "@iomux/py";
 * import { show_events } from "@iomux/py/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const { EPOLLIN, EPOLLHUP } = select;
 * assertEquals(show_events(EPOLLIN | EPOLLHUP), "EPOLLIN|EPOLLHUP");
 * ```
 */
export function show_events(events: number): string {
  return event_names.filter((name) => events & select[name]).join("|");
}
