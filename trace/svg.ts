/**
 * Draws a short run: its calls from left to right in lanes, and below them as lines.
 *
 * @module
 */

import { BLOCKED, type Layout, PENDING, READ, WAIT, WRITE } from "./layout.ts";

const WIDTH = 800, LEFT = 118, RIGHT = 16, LANE = 38, TOP = 16, LINE = 22;
// With more calls, bars are too narrow for their numbers.
const MOST_CALLS = 48;
const WIDEST = 56;
const LONGEST = 92;

const STYLE = `
  text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328; }
  .code { font: 12.5px ui-monospace, "DejaVu Sans Mono", Menlo, monospace; white-space: pre; }
  .name { font-weight: 600; }
  .faint { fill: #59636e; }
  .number { font-size: 12px; font-weight: 600; fill: #ffffff; text-anchor: middle; }
  .end { text-anchor: end; }
  .paper { fill: #ffffff; }
  .open { fill: #e6eaef; }
  .line { stroke: #d5dae0; }
  .wait { fill: #6e7781; }
  .read { fill: #0072b2; }
  .write { fill: #007d5b; }
  .other { fill: #9a6787; }
  .ready { fill: #e69f00; }
  .blocked { stroke: #d55e00; stroke-width: 2.5; }
  .mark { fill: #b3261e; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6eaf0; }
    .faint { fill: #9aa5b1; }
    .paper { fill: #0d1117; }
    .open { fill: #232a33; }
    .line { stroke: #2e3640; }
    .blocked { stroke: #f07a2b; }
    .mark { fill: #ff8a80; }
  }`;

function xml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

function kind_class(kind: number): string {
  if (kind === WAIT || kind === PENDING) return "wait";
  return kind === READ ? "read" : kind === WRITE ? "write" : "other";
}

/** Breaks a text into lines that fit. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let left = text;
  while (left.length > LONGEST) {
    const space = left.lastIndexOf(" ", LONGEST);
    const at = space > LONGEST / 2 ? space : LONGEST;
    lines.push(left.slice(0, at));
    left = "  " + left.slice(at).trimStart();
  }
  return [...lines, left];
}

/**
 * Draws a short run.
 *
 * @param picture The layout to show; at most its first 48 calls.
 * @returns The SVG, 800 wide.
 */
export function svg(picture: Layout): string {
  const count = Math.min(picture.time.length, MOST_CALLS);
  const column = Math.min(WIDEST, (WIDTH - LEFT - RIGHT) / Math.max(count, 1));
  const x = (call: number) =>
    LEFT + Math.min(Math.max(call, 0), count) * column;
  const y = (row: number) => TOP + row * LANE;
  const parts: string[] = [];
  const rect = (at: number, top: number, w: number, h: number, name: string) =>
    parts.push(
      `<rect x="${round(at)}" y="${round(top)}" width="${round(w)}" ` +
        `height="${h}" rx="2" class="${name}"/>`,
    );
  const text = (at: number, base: number, words: string, name: string) =>
    parts.push(
      `<text x="${round(at)}" y="${round(base)}" class="${name}">${
        xml(words)
      }</text>`,
    );

  picture.rows.forEach((label, row) => {
    const life = picture.lives.find(([which]) => which === row);
    const kind = life?.[3].split(" ")[1] ?? "";
    text(14, y(row) + 24, row === 0 ? label : `${label} ${kind}`, "name");
    parts.push(
      `<path d="M14 ${y(row) + LANE}H${WIDTH - RIGHT}" class="line"/>`,
    );
  });
  for (const [row, from, to] of picture.lives) {
    rect(x(from), y(row) + 5, x(to + 1) - x(from), LANE - 10, "open");
  }
  for (const [row, state, from, to, left] of picture.spans) {
    if (from >= count) continue;
    const [begin, end] = [x(from + state), x(to)];
    if (state === BLOCKED) {
      parts.push(hatched(begin, end, y(row) + 25));
      const queued = `${left.toLocaleString("en")} queued`;
      if (end - begin > 8 * queued.length) {
        text(end - 5, y(row) + 15, queued, "faint end");
      }
    }
    // It begins at the wait, not after it: the read is often the next call.
    if (state !== BLOCKED) rect(begin, y(row) + 17, end - begin, 7, "ready");
  }
  for (let call = 0; call < count; call++) {
    const row = picture.row[call]!;
    const name = kind_class(picture.kind[call]!);
    rect(x(call) + 1.5, y(row) + 5, column - 3, LANE - 10, name);
    text(x(call) + column / 2, y(row) + 23, String(call + 1), "number");
  }
  for (const [call, row] of picture.marks) {
    if (call >= count) continue;
    const at = round(x(call + 1));
    const top = y(row);
    parts.push(
      `<path d="M${at} ${top + 14}l-8 -14h16z" class="mark"/>`,
    );
  }

  let base = y(picture.rows.length) + 28;
  const line = (words: string, name = "code") => {
    text(LEFT - 72, base, words, name);
    base += LINE;
  };
  for (let call = 0; call < count; call++) {
    rect(14, base - 14, 24, 18, kind_class(picture.kind[call]!));
    text(26, base, String(call + 1), "number");
    const said = `${picture.text[call]} = ${picture.outcome[call]}`;
    for (const part of wrapped(said)) line(part);
    for (const [at, , trouble, what] of picture.marks) {
      if (at !== call) continue;
      for (const part of wrapped(`▲ ${trouble}: ${what}`)) {
        line(part, "code mark");
      }
    }
  }
  const more = picture.time.length - count;
  if (more > 0) line(`and ${more} more`, "faint");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${base}" ` +
    `width="${WIDTH}" height="${base}" role="img">`,
    `<title>The calls of ${xml(picture.title)}, in lanes and as lines</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect width="${WIDTH}" height="${base}" class="paper"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Hatches the time from a short send to the next one. */
function hatched(begin: number, end: number, top: number): string {
  let path = "";
  for (let at = begin + 2; at + 6 < end; at += 7) {
    path += `M${round(at)} ${top + 8}l6 -8`;
  }
  return path === "" ? "" : `<path d="${path}" class="blocked"/>`;
}
