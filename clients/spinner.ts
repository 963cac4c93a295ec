/**
 * What the clients of document 002 draw and print: a bouncing spinner on a terminal, and
 * the lines that arrive. Into a pipe go the lines alone.
 *
 * @module
 */

import { show_text } from "../cli/show.ts";
import { ERASE_LINE, on_kill, turn, write } from "../cli/terminal.ts";

/** Milliseconds between two steps. */
export const STEP = 50;

const spinsize = 10;
let spinpos = 0;
let spindir = 1;

const terminal = Deno.stdout.isTerminal();
const decoder = new TextDecoder();
// A line without an end is shown when it is so long, or nothing has come for a step.
const LONGEST = 4096;
let rest = "";
let received_at = 0;
let drawn_at = 0;

/** Draws the next step, when it is time. Call it after each wait. */
export async function spin(): Promise<void> {
  const now = performance.now();
  if (now - received_at >= STEP) print_rest();
  if (!terminal) return;
  // Not before there is a spinner: a signal during connect() kills as ever.
  if (drawn_at === 0) on_kill(() => write(ERASE_LINE));
  if (now - drawn_at >= STEP) {
    drawn_at = now;
    draw();
  }
  // The wait held up the signals that erase the spinner.
  await turn();
}

function draw(): void {
  // On a line too short for it, each step would start another.
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

/** Prints the lines of what was received; one that is not whole yet waits for its rest. */
export function received(data: Uint8Array): void {
  received_at = performance.now();
  const lines = (rest + decoder.decode(data, { stream: true })).split("\n");
  rest = lines.pop()!;
  for (const line of lines) print_received(line);
  if (rest.length >= LONGEST) print_rest();
}

/** Prints what was received without an end of line; and erases the spinner. */
export function finish(): void {
  print_rest();
  if (terminal) write(ERASE_LINE);
}

function print_rest(): void {
  if (rest !== "") print_received(rest);
  rest = "";
}

function print_received(line: string): void {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  write(`${terminal ? ERASE_LINE : ""}Received: ${show_text(text)}\n`);
}
