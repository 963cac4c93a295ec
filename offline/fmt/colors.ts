/**
 * A stand-in for `@std/fmt/colors` where JSR cannot be reached: what the scripts use of it.
 *
 * @module
 */

import { stripVTControlCharacters } from "node:util";

let enabled = !Deno.noColor;

/** Turns colours on or off; with NO_COLOR set they stay off. */
export function setColorEnabled(value: boolean): void {
  if (!Deno.noColor) enabled = value;
}

/** Whether colours are on. */
export function getColorEnabled(): boolean {
  return enabled;
}

function styled(text: string, on: number, off: number): string {
  if (!enabled) return text;
  const [open, close] = [`\x1b[${on}m`, `\x1b[${off}m`];
  // A style that ends inside the text would end this one too.
  return open + text.replaceAll(close, open) + close;
}

/** Bold text. */
export function bold(str: string): string {
  return styled(str, 1, 22);
}

/** Dim text. */
export function dim(str: string): string {
  return styled(str, 2, 22);
}

/** Red text. */
export function red(str: string): string {
  return styled(str, 31, 39);
}

/** Green text. */
export function green(str: string): string {
  return styled(str, 32, 39);
}

/** Yellow text. */
export function yellow(str: string): string {
  return styled(str, 33, 39);
}

/** Blue text. */
export function blue(str: string): string {
  return styled(str, 34, 39);
}

/** Magenta text. */
export function magenta(str: string): string {
  return styled(str, 35, 39);
}

/** Cyan text. */
export function cyan(str: string): string {
  return styled(str, 36, 39);
}

/** Gray text. */
export function gray(str: string): string {
  return styled(str, 90, 39);
}

/** The text without its colours. */
export function stripAnsiCode(string: string): string {
  return stripVTControlCharacters(string);
}
