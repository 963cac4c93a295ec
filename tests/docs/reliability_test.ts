import { assert, assertGreater, assertStringIncludes } from "@std/assert";

const root = new URL("../../", import.meta.url);
const page = Deno.readTextFileSync(new URL("docs/reliability.md", root));

Deno.test("docs/reliability.md names existing tests", () => {
  const named = [...page.matchAll(/`([\w/]+_test\.ts)`(?: › (.*?) +\|)?/g)];
  assertGreater(named.length, 40);
  for (const [, path, name = ""] of named) {
    const source = Deno.readTextFileSync(new URL(path!, root));
    assertStringIncludes(source, name, path);
  }
});

Deno.test("docs/reliability.md has a test for each trouble", () => {
  const section = page.split("\n## ").find((text) =>
    text.startsWith("Troubles of other event loops")
  )!;
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  assertGreater(rows.length, 15);
  for (const row of rows.slice(2)) assert(/_test\.ts` › \S/.test(row), row);
});
