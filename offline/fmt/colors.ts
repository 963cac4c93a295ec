/**
 * A stand-in for `@std/fmt/colors` where JSR cannot be reached: the functions that the scripts
 * use.
 *
 * @module
 */

let enabled = !Deno.noColor;

/** Turns colours on or off; with NO_COLOR set they stay off. */
export function setColorEnabled(value: boolean) {
  if (!Deno.noColor) enabled = value;
}

/** Returns whether colours are on. */
export function getColorEnabled(): boolean {
  return enabled;
}

function styled(text: string, on: number, off: number): string {
  if (!enabled) return text;
  const [open, close] = [`\x1b[${on}m`, `\x1b[${off}m`];
  // A style that ends inside the text would end this one too.
  return open + text.replaceAll(close, open) + close;
}

/** Returns green text. */
export function green(str: string): string {
  return styled(str, 32, 39);
}

/** Returns yellow text. */
export function yellow(str: string): string {
  return styled(str, 33, 39);
}
