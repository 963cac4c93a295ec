/**
 * The names of numbers, and text that is safe to print.
 *
 * @module
 */

import { errorcode } from "../ffi/os_error.ts";
import * as select from "../py/select.ts";
import * as socket from "../py/socket/mod.ts";
import { name_of } from "../py/socket/names.ts";

type Names = ReadonlyMap<number, string>;

/** The constants of a module whose names begin with a prefix, by value; the first counts. */
function names(module: object, prefix: string): Names {
  const found = new Map<number, string>();
  for (const [name, value] of Object.entries(module)) {
    if (!name.startsWith(prefix) || typeof value !== "number") continue;
    // SO_J1939_PROMISC is an option of another level than SO_REUSEADDR.
    if (name.startsWith("SO_J1939")) continue;
    if (!found.has(value)) found.set(value, name);
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}

const LEVELS = new Map([...names(socket, "IPPROTO_"), [1, "SOL_SOCKET"]]);
const OPTIONS: ReadonlyMap<number, Names> = new Map([
  [socket.SOL_SOCKET, names(socket, "SO_")],
  [socket.IPPROTO_IP, names(socket, "IP_")],
  [socket.IPPROTO_TCP, names(socket, "TCP_")],
  [socket.IPPROTO_IPV6, names(socket, "IPV6_")],
]);
const MESSAGES = names(socket, "MSG_");
const POLL = new Map(
  [...names(select, "POLL")].filter(([value]) => value < 64 || value >= 8192),
);
const EPOLL = new Map(
  [...names(select, "EPOLL")].filter(([value, name]) =>
    (value < 64 || value >= 8192) && name !== "EPOLL_CLOEXEC"
  ),
);

/** Names the bits of a mask: `EPOLLIN|EPOLLET`; unknown bits are a number. */
function bits(mask: number, names: Names): string {
  const found: string[] = [];
  let left = mask >>> 0;
  for (const [value, name] of names) {
    // Some constants have several bits, and 0 has none.
    if (value === 0 || ((left & value) >>> 0) !== (value >>> 0)) continue;
    found.push(name);
    left = (left & ~value) >>> 0;
  }
  if (left !== 0) found.push(`0x${left.toString(16)}`);
  return found.length === 0 ? "0" : found.join("|");
}

function memo(describe: (value: number) => string): (value: number) => string {
  const known = new Map<number, string>();
  return (value) => {
    let text = known.get(value);
    if (text === undefined) {
      text = describe(value);
      if (known.size < 1000) known.set(value, text);
    }
    return text;
  };
}

/** `EAGAIN` for 11. */
export function error_name(number: number): string {
  return errorcode[number] ?? String(number);
}

/** `AF_INET` for 2. */
export function family_name(family: number): string {
  return name_of("AF_", family) ?? String(family);
}

/** `SOCK_STREAM|SOCK_NONBLOCK`: what socket(2) takes as its type. */
export const type_name: (type: number) => string = memo((type) =>
  [
    name_of("SOCK_", type & 15) ?? String(type & 15),
    ...(type & 2048 ? ["SOCK_NONBLOCK"] : []),
    ...(type & 524288 ? ["SOCK_CLOEXEC"] : []),
  ].join("|")
);

/** `IPPROTO_TCP` for 6, `SOL_SOCKET` for 1. */
export function level_name(level: number): string {
  return LEVELS.get(level) ?? String(level);
}

/** `TCP_NODELAY` for 1 at IPPROTO_TCP. */
export function option_name(level: number, option: number): string {
  return OPTIONS.get(level)?.get(option) ?? String(option);
}

/** The flags of recv(2) and send(2). */
export const message_flags: (flags: number) => string = memo((flags) =>
  bits(flags, MESSAGES)
);

/** `POLLIN|POLLHUP`. */
export const poll_events: (events: number) => string = memo((events) =>
  bits(events, POLL)
);

/** `EPOLLIN|EPOLLET`. */
export const epoll_events: (events: number) => string = memo((events) =>
  bits(events, EPOLL)
);

/** Bits that have names of their own: `flags(0x800, { O_NONBLOCK: 2048 })`. */
export function flags(
  mask: number,
  known: Readonly<Record<string, number>>,
): string {
  return bits(
    mask,
    new Map(Object.entries(known).map(([name, value]) => [value, name])),
  );
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  '"': '\\"',
  "\\": "\\\\",
};

// Control characters, and those that change the direction of text, hide, or break lines.
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\x00-\x1f"\\\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|[\ud800-\udfff](?![\udc00-\udfff])/gu;

/** Escapes characters that a terminal would obey. */
export function escaped(text: string): string {
  return text.replace(
    UNSAFE,
    (character) => {
      const code = character.codePointAt(0)!;
      return ESCAPES[character] ??
        (code < 256
          ? `\\x${code.toString(16).padStart(2, "0")}`
          : `\\u{${code.toString(16)}}`);
    },
  );
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Quotes and escapes bytes: as text if they are UTF-8, else byte by byte.
 *
 * @param data The first bytes, a character for each; a UTF-8 sequence at the end may be cut.
 * @param length The number of all bytes.
 */
export function quoted(data: string, length: number): string {
  const text = text_of(data, length > data.length);
  const more = length > data.length || text.length > LONGEST;
  return `"${more ? cut(text) : text}"${more ? "..." : ""}`;
}

// Escapes make text longer.
const LONGEST = 64;

/** Cuts escaped text, but not within an escape. */
function cut(text: string): string {
  if (text.length <= LONGEST) return text;
  return text.slice(0, LONGEST)
    .replace(/(?<=^|[^\\])((?:\\\\)*)\\(x.?|u(\{[^}]*)?)?$/, "$1")
    .replace(/[\ud800-\udbff]$/, "");
}

// Most traffic is ASCII: one look-up per byte. The text is made in one call: V8 keeps every
// piece of a text that grows.
const ASCII = Array.from(
  { length: 128 },
  (_, byte) =>
    [...escaped(String.fromCharCode(byte))].map((c) => c.charCodeAt(0)),
);
const codes: number[] = [];

function text_of(data: string, partial: boolean): string {
  codes.length = 0;
  for (let i = 0; i < data.length; i++) {
    const byte = data.charCodeAt(i);
    if (byte > 127) return decoded(data, partial);
    const escape = ASCII[byte]!;
    for (let k = 0; k < escape.length; k++) codes.push(escape[k]!);
  }
  return String.fromCharCode.apply(null, codes);
}

/** Returns the bytes of a string with a character for each byte. */
export function bytes_of(data: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(data, (character) => character.charCodeAt(0));
}

function decoded(data: string, partial: boolean): string {
  const bytes = bytes_of(data);
  // The preview may cut up to three bytes off the last character.
  for (let missing = 0; missing <= (partial ? 3 : 0); missing++) {
    try {
      return escaped(utf8.decode(bytes.subarray(0, bytes.length - missing)));
    } catch {
      // Not UTF-8, or not to its end.
    }
  }
  return escaped(data).replace(
    /[\xa0-\xff]/g,
    (byte) => `\\x${byte.charCodeAt(0).toString(16)}`,
  );
}

/** Seconds as Python shows them: `1.0`, `0.25`; `None` without a limit. */
export function seconds(timeout: number | null): string {
  if (timeout === null) return "None";
  const rounded = Math.round(timeout * 1e6) / 1e6;
  return Number.isInteger(rounded) ? `${rounded}.0` : String(rounded);
}
