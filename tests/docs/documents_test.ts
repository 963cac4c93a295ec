import { assert, assertEquals } from "@std/assert";
import { scripts } from "../servers/catalogue.ts";

const root = new URL("../../", import.meta.url);
const page = Deno.readTextFileSync(new URL("docs/documents.md", root));

/** The table of places: each script, and what to look for in it. */
function places(): Map<string, string[]> {
  const [, section] = /## Side by side\n([^]*?)\n## /.exec(page)!;
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
