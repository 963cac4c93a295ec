/**
 * A stand-in for `@std/fmt/bytes` where JSR cannot be reached: what the scripts use of it.
 *
 * @module
 */

/** How to write a number of bytes. */
export interface FormatOptions {
  /** Bits instead of bytes. */
  bits?: boolean;
  /** Powers of 1024 (`KiB`) instead of 1000. */
  binary?: boolean;
  /** A plus sign before a positive number. */
  signed?: boolean;
}

/**
 * A number of bytes with its unit, to three digits: `1.34 kB`.
 *
 * @throws {TypeError} If the number is not finite.
 */
export function format(num: number, options: FormatOptions = {}): string {
  if (!Number.isFinite(num)) {
    throw new TypeError(`Expected a finite number, got ${typeof num}: ${num}`);
  }
  const { bits = false, binary = false, signed = false } = options;
  const one = bits ? "b" : "B";
  if (signed && num === 0) return ` 0 ${one}`;

  const sign = num < 0 ? "-" : signed ? "+" : "";
  const size = Math.abs(num);
  if (size < 1) return `${sign}${size} ${one}`;

  const power = Math.min(
    Math.floor(
      binary ? Math.log(size) / Math.log(1024) : Math.log10(size) / 3,
    ),
    8,
  );
  const scaled = size / (binary ? 1024 : 1000) ** power;
  const unit = power === 0
    ? one
    : "kMGTPEZY"[power - 1]! + (binary ? "i" : "") + (bits ? "bit" : "B");
  return `${sign}${Number(scaled.toPrecision(3))} ${unit}`;
}
