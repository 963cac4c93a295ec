/** Draws an SVG picture: bars in panels side by side, in colours for light and dark pages. */

import { type Figure, median, type Picture, shown } from "./figures.ts";

// Of medium brightness, for white and black paper; no pair differs only in red and green.
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

/** Draws the median of each figure as a bar, and a line from its least to its most, as SVG. */
export function draw({ title, panels }: Picture, figures: readonly Figure[]) {
  const drawn = panels.map(([what, at]) =>
    figures.filter((one) => one.what === what && one.at === at)
  );
  // A panel has names of its own where they differ from those to its left.
  const names = drawn.map((bars) => bars.map(({ peer }) => peer).join());
  const width = (WIDTH - NAMES * new Set(names).size) / panels.length;
  const height = TOP + ROW * Math.max(...drawn.map((bars) => bars.length));
  let room = 0;
  const parts = drawn.map((bars, i) => {
    const named = names[i] !== names[i - 1];
    if (named) room += NAMES;
    const left = (room + i * width).toFixed(1);
    const most = Math.max(...bars.flatMap(({ rounds }) => rounds));
    const scale = (width - VALUE) / most;
    return `<g transform="translate(${left} ${TOP})">
      <text y="-26" class="bold">${panels[i]![2]}</text>
      ${bars.map((one, row) => bar(one, row * ROW, scale, named)).join("")}
    </g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}"
      role="img" aria-label="${title}">
    <style>${STYLE}</style>
    <rect class="paper" width="100%" height="100%"/>
    <text x="12" y="26" class="bold" style="font-size:15px">${title}</text>
    ${parts.join("")}
  </svg>`;
}

function bar(figure: Figure, y: number, scale: number, named: boolean) {
  const { peer, rounds } = figure, middle = median(rounds);
  const [, colour] = COLOURS.find(([kind]) => kind.test(peer))!;
  const length = (value: number) => (value * scale).toFixed(1);
  const least = length(Math.min(...rounds));
  const most = length(Math.max(...rounds));
  return `<g transform="translate(0 ${y})">
    ${named ? `<text x="-10" text-anchor="end">${peer}</text>` : ""}
    <rect y="-11" width="${length(middle)}" height="14" fill="${colour}"/>
    <path class="range" d="M${least} -4H${most}"/>
    <text x="${most}" dx="5">${shown(middle)}</text>
  </g>`;
}
