type Numeric = number | bigint | boolean;
type Sequence = readonly unknown[] | Uint8Array;

/**
 * Python's `a < b` for what a queue may have to order.
 *
 * Booleans count as numbers, NaN is below nothing, strings go by code point, arrays go element by
 * element as tuples do, and `Uint8Array` as bytes do.
 *
 * @throws {TypeError} If Python has no order between the two.
 */
export function lessThan(a: unknown, b: unknown): boolean {
  if (isNumeric(a) && isNumeric(b)) return a < b;
  if (typeof a === "string" && typeof b === "string") {
    return stringLessThan(a, b);
  }
  if (isSequence(a) && isSequence(b) && isArray(a) === isArray(b)) {
    const end = Math.min(a.length, b.length);
    for (let i = 0; i < end; i++) {
      if (!equal(a[i], b[i])) return lessThan(a[i], b[i]);
    }
    return a.length < b.length;
  }
  throw new TypeError(
    `'<' not supported between instances of '${kind(a)}' and '${kind(b)}'`,
  );
}

// Python's `==`: by value where there is one, otherwise by identity.
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  // 1, 1n and true are equal there; no other loose equality is.
  if (isNumeric(a) && isNumeric(b)) return a == b;
  if (isSequence(a) && isSequence(b) && isArray(a) === isArray(b)) {
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!equal(a[i], b[i])) return false;
    return true;
  }
  return (a ?? null) === (b ?? null);
}

function stringLessThan(a: string, b: string): boolean {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === end) return a.length < b.length;
  // The strings may part inside a surrogate pair: then they part where it begins.
  const before = at > 0 ? at - 1 : 0;
  const [x, y] = [a.codePointAt(before)!, b.codePointAt(before)!];
  return x === y ? a.codePointAt(at)! < b.codePointAt(at)! : x < y;
}

function isNumeric(value: unknown): value is Numeric {
  return typeof value === "number" || typeof value === "bigint" ||
    typeof value === "boolean";
}

function isSequence(value: unknown): value is Sequence {
  return Array.isArray(value) || value instanceof Uint8Array;
}

function isArray(value: Sequence): boolean {
  return Array.isArray(value);
}

function kind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object"
    ? value.constructor?.name || "object"
    : typeof value;
}
