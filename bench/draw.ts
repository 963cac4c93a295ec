/** Draws an SVG picture: bars in panels side by side, in colours for light and dark pages. */

import { type Figure, median, type Picture, shown } from "./figures.ts";

// Of medium brightness, to stand out from white and black; no pair differs only in red and
// green.
const COLOURS: ReadonlyArray<readonly [RegExp, string]> = [
  [/^C\b/, "#7d8590"],
  [/^CPython/, "#3b82c4"],
  [/Deno/, "#1a9c7c"],
  [/Node/, "#b35fb0"],
  [/^/, "#e8710a"],
];
const STYLE = "text{font:12px system-ui,sans-serif;fill:#1f2328}" +
  ".bold{font-weight:600}.paper{fill:#fff}.range{stroke:#1f2328}" +
  "@media (prefers-color-scheme:dark)" +
  "{text{fill:#e6edf3}.paper{fill:#0d1117}.range{stroke:#e6edf3}}";

const WIDTH = 800, NAMES = 168, VALUE = 60, TOP = 90, ROW = 22;

/**
 * Draws the median of each figure as a bar, and a line from its least to its most.
 *
 * @returns SVG.
 */
export function draw(
  { title, panels }: Picture,
  figures: readonly Figure[],
): string {
  const drawn = panels.map(([what, at, title]) => ({
    title,
    bars: figures.filter((one) => one.what === what && one.at === at),
  }));
  const peers = drawn.map(({ bars }) => bars.map(({ peer }) => peer).join());
  // A panel has names of its own where they differ from those to its left.
  const named = peers.map((names, i) => names !== peers[i - 1]);
  const room = WIDTH - NAMES * named.filter(Boolean).length;
  const height = TOP + ROW * Math.max(...drawn.map(({ bars }) => bars.length));
  let left = 0;
  const parts = drawn.flatMap(({ title, bars }, i) => {
    const names = named[i] ? bars.map(({ peer }) => peer) : [];
    left += named[i] ? NAMES : 0;
    const at = left, width = room / panels.length;
    left += width;
    return [
      ...names.map((name, row) =>
        text(at - 10, TOP + row * ROW, name, 'text-anchor="end"')
      ),
      text(at, TOP - 26, title, 'class="bold"'),
      ...draw_bars(bars, at, width - VALUE),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">`,
    `<style>${STYLE}</style>`,
    '<rect class="paper" width="100%" height="100%"/>',
    text(12, 26, title, 'class="bold" style="font-size:15px"'),
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function draw_bars(
  figures: readonly Figure[],
  left: number,
  width: number,
): string[] {
  const scale = width / Math.max(...figures.flatMap(({ rounds }) => rounds));
  return figures.flatMap(({ peer, rounds }, row) => {
    const [, colour] = COLOURS.find(([kind]) => kind.test(peer))!;
    const middle = median(rounds), length = (middle * scale).toFixed(1);
    const least = (left + Math.min(...rounds) * scale).toFixed(1);
    const most = left + Math.max(...rounds) * scale, y = TOP + row * ROW;
    return [
      `<rect x="${left}" y="${
        y - 11
      }" width="${length}" height="14" fill="${colour}"/>`,
      `<path class="range" d="M${least} ${y - 4}H${most.toFixed(1)}"/>`,
      text(most + 5, y, shown(middle)),
    ];
  });
}

function text(x: number, y: number, content: string, more = ""): string {
  return `<text x="${x.toFixed(1)}" y="${y}" ${more}>${content}</text>`;
}
