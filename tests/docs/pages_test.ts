import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { layers, way } from "../../docs/pictures/draw.ts";
import { ran } from "../scripts.ts";
import { scripts } from "../servers/catalogue.ts";

const root = new URL("../../", import.meta.url);

/** Every page in English, from the root of the repository. */
const pages = ["", "docs/"].flatMap((folder) =>
  [...Deno.readDirSync(new URL(folder, root))]
    .filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => folder + name)
);

/** A page without what stands between fences. */
function prose(page: URL): string {
  return Deno.readTextFileSync(page).replace(/^```[^]*?^```$/gm, "");
}

/** The headings of a page, as a link to one is written. */
function anchors(page: URL): Set<string> {
  const headings = prose(page).matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading]) =>
      heading!.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(
        " ",
        "-",
      )
    ),
  );
}

for (const page of pages) {
  Deno.test(`${page}'s links lead to files and headings that exist`, () => {
    const base = new URL(page, root);
    for (const [, link] of prose(base).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link!)) continue;
      const target = new URL(link!, base);
      const anchor = target.hash.slice(1);
      target.hash = "";
      Deno.statSync(target);
      if (anchor !== "") assert(anchors(target).has(anchor), link);
    }
  });
}

const documents = Deno.readTextFileSync(new URL("docs/documents.md", root));

/** The table of places: each script, and what to look for in it. */
function places(): Map<string, string[]> {
  const [, section] = /## Side by side\n([^]*?)\n## /.exec(documents)!;
  // A bar within a cell is written with a backslash.
  const rows = section!.matchAll(/^\| `(servers\/\w+\.ts)` +\| (.+?) +\| /gm);
  return new Map([...rows].map(([, script, cell]) => [
    script!,
    [...cell!.matchAll(/`(.+?)`/g)].map(([, code]) =>
      code!.replaceAll("\\|", "|")
    ),
  ]));
}

Deno.test("docs/documents.md names existing places in every server", () => {
  const found = places();
  assertEquals([...found.keys()].toSorted(), scripts.toSorted());
  for (const [script, codes] of found) {
    assert(codes.length >= 2, script);
    const source = Deno.readTextFileSync(new URL(script, root));
    assertEquals(codes.filter((code) => !source.includes(code)), [], script);
  }
});

const read = (path: string) => Deno.readTextFileSync(new URL(path, root));
const old = Deno.version.deno.startsWith("2.8.");

for (const [name, draw] of Object.entries({ layers, way })) {
  const path = `docs/pictures/${name}.svg`;
  const title = `${path} is what docs/pictures/draw.ts draws`;
  Deno.test({
    name: title + (old ? " (ignored: deno fmt 2.8 takes no SVG)" : ""),
    ignore: old,
    fn: async () => {
      const fmt = ["fmt", "--ext=svg", "-"];
      const { output } = await ran(Deno.execPath(), fmt, draw());
      assertEquals(read(path), output, "run docs/pictures/draw.ts");
    },
  });

  Deno.test(`${path} is in ARCHITECTURE.md`, () => {
    assertStringIncludes(read("ARCHITECTURE.md"), `](${path})`);
  });
}
