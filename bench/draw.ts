/**
 * A picture as SVG, drawn by Vega-Lite, in colours for light and for dark.
 *
 * @module
 */

import { compile, type TopLevelSpec } from "npm:vega-lite@^6.5.0";
import { parse, View } from "npm:vega@^6.4.0";

/** What is drawn in light, and what stands for it in dark. */
const LIGHT = { ground: "#ffffff", text: "#1f2328", line: "#d1d9e0" };
const DARK = { ground: "#0d1117", text: "#e6edf3", line: "#3d444d" };

const FONT = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif";

const config: NonNullable<TopLevelSpec["config"]> = {
  background: LIGHT.ground,
  padding: 12,
  // The picture has a name as a whole; its bars need none each.
  aria: false,
  font: FONT,
  title: {
    color: LIGHT.text,
    subtitleColor: LIGHT.text,
    fontSize: 15,
    subtitleFontSize: 12,
    anchor: "start",
    offset: 12,
  },
  axis: {
    // Without a browser the width of text is a guess, and a long name would be cut.
    labelLimit: 0,
    domainColor: LIGHT.line,
    gridColor: LIGHT.line,
    tickColor: LIGHT.line,
    labelColor: LIGHT.text,
    titleColor: LIGHT.text,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
  },
  header: {
    labelColor: LIGHT.text,
    titleColor: LIGHT.text,
    labelFontSize: 13,
    labelFontWeight: "bold",
  },
  legend: {
    labelColor: LIGHT.text,
    titleColor: LIGHT.text,
    labelFontSize: 12,
    labelLimit: 240,
    symbolSize: 90,
    symbolOpacity: 1,
  },
  view: { stroke: LIGHT.line },
  text: { color: LIGHT.text },
};

/**
 * Renders a picture.
 *
 * @param spec What is in it.
 * @param label What it shows, for those who do not see it.
 */
export async function draw(spec: TopLevelSpec, label: string): Promise<string> {
  const { spec: compiled } = compile({ ...spec, config });
  const view = new View(parse(compiled), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg.replace(
    /<svg ([^>]*)>/,
    `<svg role="img" aria-label="${label}" $1><style>${dark()}</style>`,
  );
}

/** A style wins over an attribute: each colour of light becomes the one of dark. */
function dark(): string {
  const rules = (Object.keys(LIGHT) as Array<keyof typeof LIGHT>)
    .flatMap((name) =>
      ["fill", "stroke"].map((attribute) =>
        `[${attribute}="${LIGHT[name]}"]{${attribute}:${DARK[name]}}`
      )
    );
  return `@media (prefers-color-scheme:dark){${rules.join("")}}`;
}
