/**
 * How the scripts show addresses and bytes: as Python prints them.
 *
 * @module
 */

import {
  getColorEnabled,
  green,
  setColorEnabled,
  yellow,
} from "@std/fmt/colors";
import { select, type socket } from "../mod.ts";

// Colours are for eyes: none into a pipe, nor where NO_COLOR is set.
setColorEnabled(getColorEnabled() && Deno.stdout.isTerminal());

/** Colours for what comes and what goes. */
export const paint: Readonly<
  Record<"green" | "yellow", (text: string) => string>
> = { green, yellow };

// Longer messages are cut: they would push the rest off the screen.
const MOST_SHOWN = 60;

/** An address, as `('127.0.0.1', 10000)`. */
export function show_address(address: socket.Address): string {
  if (address === null) return "None";
  if (typeof address === "string") return `'${show_text(address)}'`;
  if (address instanceof Uint8Array) return `b'${show_bytes(address)}'`;
  const items = address.map((item) =>
    typeof item === "string" ? `'${item}'` : String(item)
  );
  return `(${items.join(", ")})`;
}

/** Bytes as text on one line, harmless to a terminal; cut when they are many. */
export function show_bytes(data: Uint8Array): string {
  const start = new TextDecoder().decode(data.subarray(0, MOST_SHOWN));
  const rest = data.length - MOST_SHOWN;
  return show_text(start) + (rest > 0 ? `… and ${rest} bytes more` : "");
}

// Control characters, and those that turn the direction of a line.
// deno-lint-ignore no-control-regex -- they are what is escaped
const unsafe = /[\\\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const escapes: Record<string, string> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\\": "\\\\",
};

/** Text with its control characters escaped. */
export function show_text(text: string): string {
  return text.replace(unsafe, escaped);
}

/** Text of many lines, harmless to a terminal: newlines, tabs and backslashes stay. */
export function show_lines(text: string): string {
  return text.replaceAll("\r\n", "\n")
    .replace(unsafe, (c) => "\n\t\\".includes(c) ? c : escaped(c));
}

function escaped(c: string): string {
  const code = c.charCodeAt(0).toString(16);
  return escapes[c] ??
    (code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, "0")}`);
}

// A printed socket is long: of thousands, the first ones will do.
const MOST_LISTED = 3;

/** A list of sockets, as Python prints it; cut when they are many. */
export function show_list(list: readonly socket.Socket[]): string {
  const items = list.slice(0, MOST_LISTED).map(String);
  const rest = list.length - items.length;
  if (rest > 0) items.push(`… and ${rest} more`);
  return `[${items.join(", ")}]`;
}

let last_round = "";

/** Prints `watching 2, ready 1`; not again while nothing happens. */
export function show_round(watched: number, ready: number): void {
  const round = `watching ${watched}, ready ${ready}`;
  if (ready > 0 || round !== last_round) console.log(round);
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

/** An event mask of epoll in words: `EPOLLIN|EPOLLET`. */
export function show_events(events: number): string {
  return event_names.filter((name) => events & select[name]).join("|");
}
