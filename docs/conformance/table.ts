/**
 * Makes `docs/conformance.md`: every public name of CPython 3.13's modules on Linux, and
 * whether it is here. `deno run -A docs/conformance/table.ts` writes it.
 *
 * @module
 */

import { modules, objects } from "./exports.ts";
import python from "./python3.13.json" with { type: "json" };
import { built, missing, type Reason } from "./reasons.ts";

/** What is known of a module, or of an object. */
export interface Entry {
  /** As `docs/conformance/names.py` names it. */
  readonly name: string;
  /** Names that Python has and the package, too. */
  readonly here: readonly string[];
  /** Names that Python has alone, and why. */
  readonly reasons: readonly Reason[];
  /** Names that neither are here nor have a reason. */
  readonly unexplained: readonly string[];
  /** Names of reasons that Python has not, or that are here after all. */
  readonly stale: readonly string[];
  /** Names that the package has alone. */
  readonly beyond: readonly string[];
}

// Most of os deals with files by their path, processes and users: none of it is for here.
const OF_DESCRIPTORS =
  /^(EFD_|TFD_|MFD_|PIDFD_|O_|SEEK_|SPLICE_F_|RWF_|POSIX_FADV_)|^(event|timer|mem|pid)fd|pty|pipe|inherit|blocking/;

/** Splits names at white space. */
export function words(names: string | undefined): string[] {
  return names?.match(/\S+/g) ?? [];
}

function entry(name: string, theirs: string[], ours: string[]): Entry {
  const reasons = missing[name] ?? [];
  const explained = reasons.flatMap(([names]) => words(names));
  const has = new Set(ours);
  const unexplained = theirs.filter((it) =>
    !has.has(it) && !explained.includes(it) &&
    (name !== "os" || OF_DESCRIPTORS.test(it))
  );
  return {
    name,
    here: theirs.filter((it) => has.has(it)),
    reasons,
    unexplained,
    stale: explained.filter((it) => has.has(it) || !theirs.includes(it)),
    beyond: ours.filter((it) => !theirs.includes(it)).sort(),
  };
}

/** What is known of all modules. */
export function module_entries(): Entry[] {
  return Object.entries(modules).map(([name, exports]) => {
    const names: Readonly<Record<string, string>> = python.modules;
    const theirs = [...words(names[name]), ...words(built[name])].sort();
    return entry(name, theirs, Object.keys(exports));
  });
}

/** What is known of all objects. */
export function object_entries(): Entry[] {
  const found = objects();
  return Object.entries(python.objects).map(([name, names]) =>
    entry(name, words(names), found[name] ?? [])
  );
}

/** Breaks lines at 80 columns, as `deno fmt` does. */
function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > 80) {
      lines.push(line);
      line = indent + word;
    } else line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line].join("\n");
}

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}

function item(text: string): string {
  return wrap(`- ${text}`, "  ");
}

function reasons_of({ reasons }: Entry): string[] {
  return reasons.map(([names, why]) =>
    item(`✗ ${code(words(names))}: ${why}.`)
  );
}

function is_constant(value: unknown): boolean {
  return typeof value !== "function" && typeof value !== "boolean";
}

/** What is said of an object. */
function about(object: Entry): string[] {
  const twins = object.beyond.filter((it) => it.endsWith("Async"));
  const more = twins.length > 0
    ? [item(`Beyond Python 3.13: ${code(twins)}`)]
    : [];
  return [
    item(`✓ ${code(object.here)}`),
    ...reasons_of(object),
    ...more,
  ];
}

function section(module: Entry, all_objects: readonly Entry[]): string {
  const { name, here, beyond } = module;
  const exports = modules[name]!;
  const constants = here.filter((it) => is_constant(exports[it]));
  const rest = here.filter((it) => !is_constant(exports[it]));
  const lines = [`## \`${name}\``, ""];
  if (name === "os") {
    lines.push(
      wrap(
        "The part that deals in descriptors. The rest deals with files by their path, " +
          "processes, users and the environment, which are Deno's.",
      ),
      "",
    );
  }
  if (rest.length > 0) lines.push(item(`✓ ${code(rest)}`));
  if (constants.length > 0) {
    lines.push(item(`✓ ${constants.length} constants, listed below`));
  }
  lines.push(...reasons_of(module));
  if (beyond.length > 0) {
    lines.push(item(`Beyond Python 3.13: ${code(beyond)}`));
  }
  lines.push("");
  if (constants.length > 0) {
    lines.push(
      "<details>",
      `<summary>${constants.length} constants ✓</summary>`,
    );
    lines.push(
      "",
      "```text",
      wrap(constants.join(" ")),
      "```",
      "",
      "</details>",
    );
    lines.push("");
  }
  const own = all_objects.filter((it) => it.name.startsWith(`${name}.`));
  const alike = Map.groupBy(own, (it) => about(it).join("\n"));
  for (const group of alike.values()) {
    const names = code(group.map((it) => it.name));
    lines.push(`### ${names}`, "", ...about(group[0]!), "");
  }
  return lines.join("\n");
}

/** The whole page. */
export function page(): string {
  const all_modules = module_entries(), all_objects = object_entries();
  const count = (names: readonly Entry[], of: (entry: Entry) => number) =>
    names.reduce((sum, entry) => sum + of(entry), 0);
  const everything = [...all_modules, ...all_objects];
  const here = count(everything, (entry) => entry.here.length);
  const not_here = count(
    everything,
    ({ reasons }) => reasons.flatMap(([names]) => words(names)).length,
  );
  return [
    "# Conformance",
    "",
    wrap(
      "Every public name of CPython 3.13 on Linux, in the modules that this package ports " +
        `and in their objects: ✓ ${here} are here; ✗ ${not_here} are not, each for the ` +
        "reason given. Names that begin with an underscore are not counted; of these, " +
        "`with` is `using`, and an object's `repr` is `String(object)`.",
    ),
    "",
    wrap(
      "`docs/conformance/table.ts` generates this page from the package's exports and from " +
        "what `docs/conformance/names.py` prints with CPython 3.13. " +
        "`tests/docs/conformance_test.ts` fails if the page is out of date, and also compares " +
        "with the machine's Python.",
    ),
    "",
    ...all_modules.map((module) => section(module, all_objects)),
  ].join("\n").trimEnd() + "\n";
}

if (import.meta.main) {
  const path = new URL("../conformance.md", import.meta.url);
  Deno.writeTextFileSync(path, page());
}
