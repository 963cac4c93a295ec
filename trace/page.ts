/**
 * The page that shows a picture: one HTML file that loads nothing.
 *
 * @module
 */

import type { Layout } from "./layout.ts";
import { STYLE } from "./style.ts";
import { view } from "./view.ts";

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
