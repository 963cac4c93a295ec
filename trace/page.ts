/**
 * The page that shows a picture: one HTML file that loads nothing.
 *
 * @module
 */

import type { Layout } from "./layout.ts";
import { view } from "./view.ts";

// The colours are those of Okabe and Ito, for people with any kind of colour vision. A bar's place
// in its lane also tells its kind.
const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --panel: #f6f7f9; --ink: #1c2128; --faint: #59636e; --line: #d5dae0;
  --open: #e9edf2; --idle: #b3bec9; --run: #57606a;
  --ready: #e69f00; --read: #0072b2; --write: #009e73; --blocked: #d55e00; --other: #9a6787;
  --chosen: #0550ae; --chosen-paper: #dbeafe; --mark: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0f1318; --panel: #171c23; --ink: #e6eaf0; --faint: #9aa5b1; --line: #2e3640;
    --open: #1e252d; --idle: #4b5764; --run: #b4bec9;
    --ready: #e69f00; --read: #56b4e9; --write: #1fbf92; --blocked: #f07a2b; --other: #cc79a7;
    --chosen: #8cc2ff; --chosen-paper: #17325a; --mark: #ff8a80;
  }
}
* { box-sizing: border-box; }
html, body { height: 100%; }
body {
  margin: 0; display: flex; flex-direction: column; background: var(--paper); color: var(--ink);
  font: 14px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif;
}
[hidden] { display: none !important; }
header { padding: 14px 18px 0; }
h1 { margin: 0; font-size: 19px; font-weight: 650; overflow-wrap: anywhere; }
header p { margin: 2px 0 0; color: var(--faint); }
nav { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; padding: 12px 18px; }
button {
  font: inherit; min-height: 32px; padding: 3px 11px; color: var(--ink); cursor: pointer;
  background: var(--panel); border: 1px solid var(--line); border-radius: 7px;
}
button:hover { border-color: var(--faint); }
button[aria-pressed="true"] {
  background: var(--chosen-paper); border-color: var(--chosen); color: var(--chosen);
}
:focus-visible { outline: 2px solid var(--chosen); outline-offset: 1px; }
.group { display: flex; }
.group button { border-radius: 0; margin-left: -1px; }
.group button:first-child { border-radius: 7px 0 0 7px; margin-left: 0; }
.group button:last-child { border-radius: 0 7px 7px 0; }
#next-mark { color: var(--mark); border-color: var(--mark); }
#legend {
  display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 0 0 0 auto; padding: 0;
  list-style: none; color: var(--faint); font-size: 13px;
}
#legend li { display: flex; align-items: center; gap: 6px; }
#legend i { width: 16px; height: 12px; border-radius: 2px; }
main {
  flex: 1; min-height: 0; display: grid; gap: 0;
  grid-template-columns: minmax(0, 1fr) minmax(340px, 38%); border-top: 1px solid var(--line);
}
#picture { position: relative; display: flex; flex-direction: column; min-width: 0; min-height: 0; }
#canvas { flex: 1; min-height: 0; width: 100%; display: block; touch-action: none; cursor: grab; }
#canvas:focus-visible { outline-offset: -2px; }
#canvas.dragged { cursor: grabbing; }
#canvas.over { cursor: pointer; }
#tip {
  position: absolute; z-index: 2; max-width: min(440px, 94%); padding: 7px 10px;
  pointer-events: none; background: var(--paper); border: 1px solid var(--faint);
  border-radius: 7px; box-shadow: 0 4px 16px #0003; overflow-wrap: anywhere;
}
#tip b { font-weight: 600; }
#tip .call, #detail .call, #rows, #head {
  font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 12.5px;
}
#tip small, #detail small { display: block; color: var(--faint); font-size: 12.5px; }
#detail {
  max-height: 38%; overflow: auto; padding: 9px 18px; border-top: 1px solid var(--line);
  background: var(--panel); overflow-wrap: anywhere;
}
#detail:empty { display: none; }
.mark { margin: 6px 0 0; padding-left: 10px; border-left: 3px solid var(--mark); }
.mark b { color: var(--mark); }
a { color: var(--chosen); }
#keys { margin: 0; padding: 7px 18px; color: var(--faint); font-size: 12.5px; border-top: 1px solid var(--line); }
kbd {
  font: inherit; padding: 0 5px; border: 1px solid var(--line); border-radius: 4px; margin-left: 8px;
}
kbd:first-child, kbd + kbd { margin-left: 0; }
#calls { display: flex; flex-direction: column; min-width: 0; min-height: 0; border-left: 1px solid var(--line); }
#head, #rows [role="row"] { display: grid; grid-template-columns: 86px 78px minmax(0, 1fr); gap: 10px; padding: 0 12px; }
#head { color: var(--faint); padding: 6px 12px; border-bottom: 1px solid var(--line); }
#head span:nth-child(-n+2) { text-align: right; }
#scroll { flex: 1; min-height: 0; overflow: auto; position: relative; }
#rows { position: relative; }
#rows [role="row"] {
  position: absolute; left: 0; right: 0; height: 24px; line-height: 24px; cursor: pointer;
  white-space: nowrap;
}
#rows [role="cell"], #rows .call span { overflow: hidden; text-overflow: ellipsis; white-space: pre; }
#rows [role="cell"]:nth-child(-n+2) { color: var(--faint); text-align: right; }
/* The call and its result share the room: one gets what the other does not need. */
#rows .call {
  display: grid; align-items: center; justify-content: start;
  grid-template-columns: 17px minmax(0, max-content) minmax(0, max-content) auto;
}
#rows .call b { margin-left: 10px; }
#rows [role="row"]:hover { background: var(--panel); }
#rows [aria-selected="true"] { background: var(--chosen-paper) !important; }
#rows .call::before {
  content: ""; width: 9px; height: 9px; border-radius: 2px;
  background: var(--colour);
}
#rows .marked { color: var(--mark); font-weight: 600; }
@media (max-width: 800px) {
  body { height: auto; min-height: 100%; }
  main { grid-template-columns: minmax(0, 1fr); }
  header { padding: 12px 12px 0; }
  h1 { font-size: 17px; }
  nav { padding: 10px 12px; }
  #legend { margin-left: 0; }
  #canvas { flex: none; height: min(60vh, calc(var(--lanes) * 38px + 27px)); }
  #calls { height: 72vh; border-left: 0; border-top: 1px solid var(--line); }
  #keys { display: none; }
  #detail { padding: 8px 12px; }
  #head, #rows [role="row"] { grid-template-columns: 72px 66px minmax(0, 1fr); gap: 8px; }
}
`;

/** Escapes text for HTML. */
function html(text: string): string {
  return text.replace(
    /[&<>"']/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

/** Escapes each `<`, or traffic with `</script>` or `<!--` would end the JSON early. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/**
 * Makes the page of a picture.
 *
 * @param picture The layout to show.
 * @returns The HTML.
 */
export function page(picture: Layout): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${html(picture.title)}: a trace</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${html(picture.title)}</h1>
<p id="summary"></p>
</header>
<nav aria-label="Picture">
<div class="group" role="group" aria-label="Zoom">
<button id="out" title="Zoom out (-)" aria-label="Zoom out">−</button>
<button id="in" title="Zoom in (+)" aria-label="Zoom in">+</button>
<button id="fit" title="Show all (0)">Show all</button>
</div>
<div class="group" role="group" aria-label="From left to right">
<button id="by-time" aria-pressed="true" title="As wide as it took (t)">Time</button>
<button id="by-call" aria-pressed="false" title="Each call equally wide (t)">Calls</button>
</div>
<button id="next-mark" title="The next mark (m)" hidden></button>
<button id="unfollow" title="Show every client (Esc)" hidden></button>
<ul id="legend" aria-label="Colours"></ul>
</nav>
<main>
<section id="picture" aria-label="Lanes">
<canvas id="canvas" tabindex="0" role="application" aria-roledescription="timeline" aria-label="A lane for the loop and one for each descriptor; the table has the same as text" aria-describedby="keys"></canvas>
<div id="tip" role="tooltip" hidden></div>
<div id="detail" aria-live="polite"></div>
<p id="keys"><kbd>←</kbd> <kbd>→</kbd> call <kbd>↑</kbd> <kbd>↓</kbd> lane <kbd>+</kbd> <kbd>−</kbd> <kbd>0</kbd> zoom <kbd>Enter</kbd> follow a client <kbd>Esc</kbd> all <kbd>m</kbd> next mark <kbd>t</kbd> time or calls</p>
</section>
<section id="calls" aria-label="Calls">
<div id="head" aria-hidden="true"><span>seconds</span><span>took</span><span>call</span></div>
<div id="scroll" tabindex="0" role="table" aria-label="Calls"><div id="rows" role="rowgroup"></div></div>
</section>
</main>
<script type="application/json" id="data">${json(picture)}</script>
<script>(${view})(JSON.parse(document.getElementById("data").textContent))</script>
</body>
</html>
`;
}
