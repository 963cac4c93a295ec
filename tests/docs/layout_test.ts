import { assert, assertEquals, assertThrows } from "@std/assert";

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

/** The folders of the repository, but for hidden ones and what git ignores. */
const ignored = new Set(read(".gitignore").split("\n"));
const folders = [...Deno.readDirSync(root)]
  .filter(({ name, isDirectory }) =>
    isDirectory && !name.startsWith(".") && !ignored.has(`${name}/`)
  ).map(({ name }) => `${name}/`).toSorted();

const spans = (text: string) =>
  [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);

/** The paths that a page names: in backquotes, a link, or a command. */
function paths_of(page: string): string[] {
  const text = read(page);
  const prose = text.replace(/^```[^]*?^```$/gm, "");
  const links = [...prose.matchAll(/\]\(([^)#]+)\)/g)].map(([, to]) => to!);
  const commands = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)]
    .flatMap(([, command]) => command!.split(/\s+/));
  const looks = /^[\w.-]+\/([\w.-]+\/?)*$|^[\w.-]+\.(ts|md|json)$/;
  return [...new Set([...spans(prose), ...links, ...commands])]
    .filter((path) => looks.test(path));
}

/** The names of what the page adds as an example: "As `os.pread` would be added." */
function examples_of(page: string): string[] {
  return [...read(page).matchAll(/^As `(.*?)` would be added/gm)]
    .map(([, name]) => /(\w+)(\.ts)?$/.exec(name!)![1]!);
}

for (const page of ["CONTRIBUTING.md", "ARCHITECTURE.md"]) {
  Deno.test(`${page} names files and folders that exist`, () => {
    const examples = examples_of(page);
    const is_example = (path: string) =>
      examples.some((name) => path.includes(`/${name}`));
    const [made_up, named] = [true, false].map((which) =>
      paths_of(page).filter((path) => is_example(path) === which)
    ) as [string[], string[]];
    assert(named.length > 5);
    for (const path of named) Deno.statSync(new URL(path, root));
    // Once it is there, the page wants another example.
    for (const path of made_up) {
      assertThrows(
        () => Deno.statSync(new URL(path, root)),
        Deno.errors.NotFound,
        undefined,
        path,
      );
    }
  });
}

Deno.test("CONTRIBUTING.md's layout has every folder", () => {
  const rows = [...read("CONTRIBUTING.md").matchAll(/^\| (`.*?) \|/gm)];
  const named = rows.flatMap(([, cell]) => spans(cell!))
    .filter((path) => path.endsWith("/"));
  assertEquals(named.toSorted(), folders);
});
