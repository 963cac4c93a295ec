/**
 * Draws an SVG picture: horizontal bars in panels, in colours for light and dark pages.
 *
 * @module
 */

import { type Figure, median } from "./book.ts";

/** Bars of one thing: a figure for each peer. */
export interface Panel {
  readonly title: string;
  readonly figures: readonly Figure[];
}

// Of medium brightness, to stand out from white and black; no pair differs only in red and
// green.
const COLOURS: ReadonlyArray<readonly [RegExp, string]> = [
  [/^C\b/, "#7d8590"],
  [/^CPython/, "#3b82c4"],
  [/Deno/, "#1a9c7c"],
  [/Node/, "#b35fb0"],
  [/^/, "#e8710a"],
];

const WIDTH = 800, NAMES = 190, VALUE = 60, ROW = 22, HEAD = 44, TOP = 56;

/**
 * Draws bars.
 *
 * @param title The title of the picture.
 * @param panels Side by side; all have the same peers.
 * @returns SVG.
 */
export function bars(title: string, panels: readonly Panel[]): string {
  const peers = [
    ...new Set(panels.flatMap(({ figures }) => figures.map((f) => f.peer))),
  ];
  const height = TOP + HEAD + peers.length * ROW;
  const width = (WIDTH - NAMES) / panels.length;
  const names = peers.map((peer, row) =>
    text(NAMES - 10, middle(row), peer, `text-anchor="end"`)
  );
  const drawn = panels.flatMap((panel, i) =>
    draw(panel, peers, NAMES + i * width, width - VALUE - 12)
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${
      escape(title)
    }">`,
    `<style>text{font:12px system-ui,sans-serif;fill:#1f2328}.g{fill:#fff}.s{stroke:#1f2328}` +
    `@media (prefers-color-scheme:dark){text{fill:#e6edf3}.g{fill:#0d1117}.s{stroke:#e6edf3}}</style>`,
    `<rect class="g" width="100%" height="100%"/>`,
    text(12, 26, title, `style="font-size:15px;font-weight:600"`),
    ...names,
    ...drawn,
    "</svg>\n",
  ].join("\n");
}

function draw(
  { title, figures }: Panel,
  peers: readonly string[],
  left: number,
  room: number,
): string[] {
  const longest = Math.max(...figures.map(({ rounds }) => median(rounds)));
  const scale = (value: number) =>
    (left + Math.min(value / longest, 1.1) * room).toFixed(1);
  const rows = figures.flatMap(({ peer, rounds }) => {
    const row = peers.indexOf(peer), y = middle(row) - 4;
    const value = median(rounds), end = scale(value);
    const [, colour] = COLOURS.find(([kind]) => kind.test(peer))!;
    const least = scale(Math.min(...rounds)), most = scale(Math.max(...rounds));
    const shown = value.toLocaleString("en", { maximumSignificantDigits: 3 });
    return [
      `<rect x="${left}" y="${y - 7}" width="${
        (Number(end) - left).toFixed(1)
      }" height="14" fill="${colour}"/>`,
      `<path class="s" d="M${least} ${y}H${most}" stroke-width="1.5"/>`,
      text(Math.max(Number(end), Number(most)) + 5, y + 4, shown),
    ];
  });
  return [text(left, TOP + 18, title, `style="font-weight:600"`), ...rows];
}

function middle(row: number): number {
  return TOP + HEAD + row * ROW;
}

function text(x: number, y: number, content: string, more = ""): string {
  return `<text x="${x.toFixed(1)}" y="${y}" ${more}>${escape(content)}</text>`;
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;");
}
