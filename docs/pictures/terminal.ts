/**
 * Draws what terminals showed as an SVG, for paper that is light or dark.
 *
 * @module
 */

const WIDTH = 800;
const MARGIN = 16;
const LINE = 19;
const BAR = 30;
const GAP = 14;

/** A terminal: the words over it, and its lines, with colours as ECMA-48 has them. */
export interface Pane {
  readonly title: string;
  readonly lines: readonly string[];
}

/** Characters that look alike. */
interface Span {
  readonly text: string;
  /** How many columns it takes: Chinese characters take two each. */
  readonly columns: number;
  readonly classes: string;
}

const NAMES = ["k", "r", "g", "y", "b", "m", "c", "w"];

const LIGHT = {
  paper: "#ffffff",
  bar: "#f0f2f5",
  ink: "#1f2328",
  faint: "#59636e",
  line: "#d0d7de",
  spans: {
    r: "#b3261e",
    g: "#116329",
    y: "#7d4e00",
    b: "#0550ae",
    m: "#8250df",
    c: "#1b6f7a",
  },
};

const DARK: typeof LIGHT = {
  paper: "#0d1117",
  bar: "#21262d",
  ink: "#e6edf3",
  faint: "#9aa4af",
  line: "#30363d",
  spans: {
    r: "#ff7b72",
    g: "#7ee787",
    y: "#e3b341",
    b: "#79c0ff",
    m: "#d2a8ff",
    c: "#76e3ea",
  },
};

// Plain colours and no variables: not every viewer of SVG knows those.
function colours(
  { paper, bar, ink, faint, line, spans }: typeof LIGHT,
): string {
  const each = Object.entries(spans).map(([name, colour]) =>
    `.${name} { fill: ${colour}; }`
  );
  return [
    `text { fill: ${ink}; }`,
    `.title { fill: ${faint}; }`,
    `.paper { fill: ${paper}; }`,
    `.frame { fill: ${paper}; stroke: ${line}; }`,
    `.bar { fill: ${bar}; stroke: ${line}; }`,
    ...each,
  ].join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

const WIDE = "\\u2e80-\\ua4cf\\uac00-\\ud7a3\\uff00-\\uff60";
const unit = new RegExp(
  `\\x1b\\[(\\d*)m|([${WIDE}]+)|([^\\x1b${WIDE}]+)`,
  "g",
);

/** Cuts a line where its colour or the width of its characters changes. */
function spans(line: string): Span[] {
  const found: Span[] = [];
  let colour = "", bold = false;
  for (const [, code, wide, narrow] of line.matchAll(unit)) {
    const text = wide ?? narrow;
    if (text !== undefined) {
      const classes = [colour, bold ? "bold" : ""].join(" ").trim();
      const columns = text.length * (wide === undefined ? 1 : 2);
      found.push({ text, columns, classes });
      continue;
    }
    const n = Number(code);
    if (n === 1) bold = true;
    if (n === 0 || n === 22) bold = false;
    if (n === 0 || n === 39) colour = "";
    if (n >= 30 && n < 38) colour = NAMES[n - 30]!;
    if (n >= 90 && n < 98) colour = NAMES[n - 90]!;
  }
  return found;
}

/**
 * Draws terminals, one above the other.
 *
 * @param title What the picture shows, for those who do not see it.
 * @param width How many columns a terminal has.
 * @param panes The terminals.
 * @returns An SVG, 800 units wide.
 */
export function draw(
  title: string,
  width: number,
  panes: readonly Pane[],
): string {
  const step = (WIDTH - 2 * MARGIN) / width;
  const parts: string[] = [];
  let y = 0.5;
  for (const pane of panes) {
    const height = BAR + pane.lines.length * LINE + 2 * 10;
    const box = `x="0.5" width="${WIDTH - 1}" rx="8"`;
    parts.push(`<rect ${box} y="${y}" height="${height}" class="frame"/>`);
    parts.push(
      `<path d="M0.5 ${y + BAR}v${8 - BAR}a8 8 0 0 1 8 -8h${WIDTH - 17}` +
        `a8 8 0 0 1 8 8v${BAR - 8}z" class="bar"/>`,
      `<text x="${MARGIN}" y="${y + 20}" class="title">${pane.title}</text>`,
    );
    pane.lines.forEach((line, row) => {
      const at = y + BAR + 10 + row * LINE + 14;
      let column = 0;
      for (const { text, columns, classes } of spans(line)) {
        const x = (MARGIN + column * step).toFixed(1);
        // The same places with whatever font there is.
        const long = (columns * step).toFixed(1);
        column += columns;
        parts.push(
          `<text x="${x}" y="${at}" textLength="${long}" ` +
            `lengthAdjust="spacingAndGlyphs" class="${
              `code ${classes}`.trim()
            }"` +
            `>${escaped(text)}</text>`,
        );
      }
    });
    y += height + GAP;
  }
  const height = Math.ceil(y - GAP + 0.5);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>`,
    `.title { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }`,
    `.code { font: 15px ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre; }`,
    `.bold { font-weight: 700; }`,
    colours(LIGHT),
    `@media (prefers-color-scheme: dark) {`,
    colours(DARK),
    `}`,
    `</style>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}
