import { assert } from "@std/assert";

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
