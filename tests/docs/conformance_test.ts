import { assertEquals } from "@std/assert";
import { test } from "../descriptors.ts";
import snapshot from "../../docs/conformance/python3.13.json" with {
  type: "json",
};
import { built, since } from "../../docs/conformance/reasons.ts";
import {
  module_entries,
  object_entries,
  page,
  words,
} from "../../docs/conformance/table.ts";
import { python } from "../machine.ts";

test("docs/conformance.md is what docs/conformance/table.ts makes", () => {
  const path = new URL("../../docs/conformance.md", import.meta.url);
  assertEquals(
    Deno.readTextFileSync(path),
    page(),
    "run deno run -A docs/conformance/table.ts",
  );
});

for (const { name, unexplained, stale } of module_entries()) {
  test(`${name} has every name of Python, or a reason`, () => {
    assertEquals(unexplained, [], "neither exported nor explained");
    assertEquals(stale, [], "explained, but exported or not Python's");
  });
}

for (const { name, unexplained, stale } of object_entries()) {
  test(`${name}: an object has every name of Python, or a reason`, () => {
    assertEquals(unexplained, [], "neither there nor explained");
    assertEquals(stale, [], "explained, but there or not Python's");
  });
}

type Names = Readonly<Record<string, string>>;

interface Python {
  readonly version: string;
  readonly modules: Names;
  readonly objects: Names;
}

const machine = python(
  Deno.readTextFileSync(
    new URL("../../docs/conformance/names.py", import.meta.url),
  ),
) as Python | null;
const minor = Number(machine?.version.split(".")[1]);
const unless = machine === null
  ? " (ignored: no python3 to ask)"
  : minor > 13
  ? " (ignored: this python3 is newer than 3.13)"
  : minor < 11
  ? " (ignored: this python3 is older than 3.11)"
  : "";

/** The names that a newer version than the machine's added. */
function newer_than_machine(name: string): string[] {
  return Object.entries(since)
    .filter(([version]) => Number(version.split(".")[1]) > minor)
    .flatMap(([, names]) => words(names[name]));
}

Deno.test({
  name: `docs/conformance.md has the names of the machine's Python${unless}`,
  ignore: unless !== "",
  fn() {
    for (const kind of ["modules", "objects"] as const) {
      const listed: Names = snapshot[kind];
      for (const [name, names] of Object.entries(machine![kind])) {
        const theirs = words(names), ours = words(listed[name]);
        const extra = words(built[name]);
        assertEquals(
          theirs.filter((it) => !ours.includes(it) && !extra.includes(it)),
          [],
          `${name}: not listed`,
        );
        // Most of os is not listed, and depends on the kernel's headers.
        if (name === "os") continue;
        const newer = newer_than_machine(name);
        assertEquals(
          ours.filter((it) => !theirs.includes(it) && !newer.includes(it)),
          [],
          `${name}: listed, but not the machine's`,
        );
      }
    }
  },
});
