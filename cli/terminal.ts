/**
 * How clients write to a terminal, and leave it as they found it.
 *
 * @module
 */

import { select } from "../mod.ts";
import { die } from "./flags.ts";

/** Back to the line's start, and erases it. */
export const ERASE_LINE = "\r\x1b[K";

const STDOUT = 1;
// The exit status of a program that a signal ended: the shell's convention.
const KILLED = 128;
const SIGPIPE = 13;
const signals = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;

const encoder = new TextEncoder();

/**
 * Writes a text to standard output, all of it. Where nobody reads it any more, as after
 * `| head`, it ends the script without a word.
 */
export function write(text: string): void {
  let rest = encoder.encode(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(Deno.stdout.writeSync(rest));
    } catch (error) {
      if (error instanceof Deno.errors.WouldBlock) {
        select.select([], [STDOUT], []);
      } else if (error instanceof Deno.errors.BrokenPipe) {
        Deno.exit(KILLED + SIGPIPE);
      } else {
        die(`cannot write: ${(error as Error).message}`);
      }
    }
  }
}

/**
 * Tidies up before a signal ends the script. It takes effect when the event loop turns:
 * a script that calls this must bound its waits, and turn it.
 */
export function on_kill(tidy: () => void): void {
  for (const [name, number] of Object.entries(signals)) {
    Deno.addSignalListener(name as keyof typeof signals, () => {
      tidy();
      Deno.exit(KILLED + number);
    });
  }
}

/** Turns the event loop, so that a signal gets its turn. */
export async function turn(): Promise<void> {
  // The runtime looks for signals only where it has to wait, so long as a timer.
  await new Promise((resolve) => setTimeout(resolve, 0));
}
