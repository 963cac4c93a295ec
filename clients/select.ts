/**
 * The second client of document 002: prints the lines that arrive, and a spinner between
 * them; waits with select.
 *
 * ```sh
 * deno run --allow-ffi clients/select.ts
 * ```
 *
 * @module
 */

import { OSError, select, socket } from "../mod.ts";
import {
  CLOSED,
  connect,
  ERASE_LINE,
  on_kill,
  turn,
  write,
} from "../cli/client.ts";
import { address, die, family_of, parse } from "../cli/flags.ts";
import { show_text } from "../cli/show.ts";

const { host, port } = parse(
  "clients/select.ts",
  "Prints the lines that arrive, and waits for them with select.\n" +
    "Document 002 of docs/documents.md; its server is servers/delay.ts.",
  address("localhost", 51423),
);
// Without a spinner if standard output is a pipe
const terminal = Deno.stdout.isTerminal();

const spinsize = 10;
let spinpos = 0;
let spindir = 1;

function spin(): void {
  // On a terminal too narrow for it, each step would start a new line
  if (Deno.consoleSize().columns <= spinsize + 1) return;
  write(
    "\r" + ".".repeat(spinpos) + "|" + ".".repeat(spinsize - spinpos - 1) + " ",
  );
  spinpos += spindir;
  if (spinpos < 0) {
    spindir = 1;
    spinpos = 1;
  } else if (spinpos >= spinsize) {
    spinpos -= 2;
    spindir = -1;
  }
}

const s = socket.socket(family_of(host), socket.SOCK_STREAM);
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1);
// Urgent bytes stay in their place in the stream
s.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1);
connect(s, host, port);
if (terminal) on_kill(() => write(ERASE_LINE));

const decoder = new TextDecoder();
// The start of an incomplete line
let rest = "";
try {
  while (true) {
    const [infds, , errfds] = select.select([s], [], [s], 0.05);
    if (infds.length + errfds.length > 0) {
      // In either list, recv tells data, the end and an error apart
      const data = s.recv(4096);
      if (data.length === 0) break;
      // Only one socket is watched, so an event is always for it
      received(decoder.decode(data, { stream: true }));
    } else {
      print_rest();
    }
    if (!terminal) continue;
    spin();
    await turn(); // Signals that arrived meanwhile get their turn
  }
  finish();
  write(CLOSED + "\n");
} catch (error) {
  if (!(error instanceof OSError)) throw error;
  finish();
  die(`Problem occurred; exiting. ${error.message}`);
} finally {
  s.close();
}

/** Prints the complete lines, and keeps the rest. */
function received(text: string): void {
  const lines = (rest + text).split("\n");
  rest = lines.pop()!;
  for (const line of lines) print(line);
  if (rest.length >= 4096) print_rest();
}

function print_rest(): void {
  if (rest !== "") print(rest);
  rest = "";
}

function print(line: string): void {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  write(`${terminal ? ERASE_LINE : ""}Received: ${show_text(text)}\n`);
}

function finish(): void {
  print_rest();
  if (terminal) write(ERASE_LINE);
}
