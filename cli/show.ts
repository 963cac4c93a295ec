/**
 * How the scripts show addresses and bytes: as Python prints them.
 *
 * @module
 */

import type { socket } from "../mod.ts";

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

/** Text with its control characters escaped. */
export function show_text(text: string): string {
  // deno-lint-ignore no-control-regex -- they are what is escaped
  return text.replace(
    /[\\\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/g,
    (c) => {
      if (c === "\n") return "\\n";
      if (c === "\r") return "\\r";
      if (c === "\t") return "\\t";
      if (c === "\\") return "\\\\";
      const code = c.charCodeAt(0).toString(16);
      return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, "0")}`;
    },
  );
}
