import { assert, assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };

const root = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

function* below(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (name.startsWith(".") || ignored.has(`${name}/`)) continue;
    const path = folder + name;
    if (isDirectory) yield* below(`${path}/`);
    else if (/\.m?[jt]s$/.test(name)) yield path;
  }
}

/** What git does not keep. */
const ignored = new Set(read(".gitignore").split("\n"));

/** Every module of the repository, by its path from the root. */
const tree = new Map(
  [...below("./")].map((path) => path.slice("./".length))
    .map((path) => [path, read(path)]),
);

/** The modules of the product. */
const sources = new Map(
  [...tree].filter(([path]) =>
    /^(ffi|py|trace|cli|servers|clients|examples)\/|^mod\.ts$/.test(path)
  ),
);

/** What a module imports or exports again: a path from the root, or as it is written. */
function imports_of(path: string, source: string): string[] {
  // At the start of a line: those in the examples of docstrings have a star before.
  const statement =
    /^(?:import|export)\s+(?:type\s)?(?:[\w{},*$\s]+\sfrom\s+)?"([^"]+)"/gm;
  const call = /\bimport\(\s*"([^"]+)"/g;
  return [statement, call].flatMap((way) =>
    [...source.matchAll(way)].map(([, to]) =>
      to!.startsWith(".")
        ? new URL(to!, new URL(path, root)).href.slice(root.href.length)
        : to!
    )
  );
}

/** What each may import, besides its own folder. */
const allowed: Record<string, RegExp> = {
  ffi: /^$/,
  py: /^ffi\//,
  // Nothing imports trace/: a program that is not traced does not load it.
  trace: /^(ffi|py)\//,
  "mod.ts": /^py\//,
  cli: /^(mod\.ts|@std\/(cli|fmt)\/[a-z-]+)$/,
  servers: /^(mod\.ts|cli\/.*)$/,
  clients: /^(mod\.ts|cli\/.*)$/,
  // node:http is what one of them serves with.
  examples: /^(mod\.ts|py\/(struct|socketserver\/mod)\.ts|cli\/.*|node:http)$/,
};

for (const [layer, others] of Object.entries(allowed)) {
  Deno.test(`${layer} imports what is below it and nothing else`, () => {
    const files = [...sources.keys()].filter((path) =>
      path === layer || path.startsWith(`${layer}/`)
    );
    const wrong = files.flatMap((path) =>
      imports_of(path, sources.get(path)!)
        .filter((to) => !to.startsWith(`${layer}/`) && !others.test(to))
        .map((to) => `${path} imports ${to}`)
    );
    assert(files.length > 0);
    assertEquals(wrong, []);
  });
}

/** The servers and clients that are to be copied: one file each. */
const one_file = [...sources.keys()].filter((path) =>
  /^(servers|clients)\/\w+\.ts$/.test(path) &&
  !["servers/echo.ts", "clients/prompt.ts", "clients/line_editor.ts"]
    .includes(path)
);

Deno.test("A lesson imports mod.ts and at most three modules of cli/", () => {
  const wrong = one_file.flatMap((path) => {
    const imported = imports_of(path, sources.get(path)!);
    const cli = imported.filter((to) => to.startsWith("cli/"));
    const foreign = imported.filter((to) =>
      to !== "mod.ts" && !cli.includes(to)
    );
    return cli.length <= 3 && foreign.length === 0 ? [] : [path];
  });
  assert(one_file.length >= 8 + 4);
  assertEquals(wrong, []);
});

/** What a lesson's document shows, and what therefore stands in its script. */
const shown = [
  /select\.select\(|epoll\.poll\(/,
  /\.accept\(/,
  /\.recv\(/,
  /\.send(all)?\(/,
  /\.close\(/,
];

for (const path of one_file.filter((path) => path.startsWith("servers/"))) {
  Deno.test(`${path} waits, accepts, receives, sends and closes itself`, () => {
    const source = sources.get(path)!;
    assertEquals(shown.filter((call) => !call.test(source)), []);
  });
}

Deno.test("What a program loads is ASCII: V8 keeps other files with two bytes a character", () => {
  const others = [...sources].filter(([path, source]) =>
    !/^(trace|examples)\//.test(path) && /[\u0080-\uffff]/.test(source)
  );
  assertEquals(others.map(([path]) => path), []);
});

Deno.test("Deno.dlopen and Deno.Unsafe* are named in ffi/ and nowhere else", () => {
  const native = /\bDeno\s*\.\s*(dlopen|Unsafe\w+)/;
  const named = [...sources].filter(([, source]) => native.test(source))
    .map(([path]) => path);
  assert(named.includes("ffi/libc.ts"));
  assertEquals(named.filter((path) => !path.startsWith("ffi/")), []);
});

/** Ways from a module back to itself, imports of types included; one of each group at least. */
function circles(modules: ReadonlyMap<string, string>): string[] {
  const done = new Set<string>(), found: string[] = [];
  const visit = (path: string, way: string[]) => {
    const at = way.indexOf(path);
    if (at !== -1) found.push([...way.slice(at), path].join(" > "));
    if (at !== -1 || done.has(path) || !modules.has(path)) return;
    for (const to of imports_of(path, modules.get(path)!)) {
      visit(to, [...way, path]);
    }
    done.add(path);
  };
  for (const path of modules.keys()) visit(path, []);
  return found;
}

Deno.test("No module of the repository imports itself, by however many others", () => {
  assertEquals(circles(tree), []);
  for (const path of ["mod.ts", "py/socket/socket.ts", "bench/main.ts"]) {
    assert(tree.has(path), path);
  }
});

Deno.test("A circle is found however its modules import each other", () => {
  const ways = [
    'import { a } from "./a.ts";',
    'import type { A } from "./a.ts";',
    'import "./a.ts";',
    'import {\n  type A,\n  b as $b,\n} from "./a.ts";',
    'export * from "./a.ts";',
    'export type { A } from "./a.ts";',
    'type A = import("./a.ts").A;',
    'const { a } = await import("./a.ts");',
  ];
  for (const way of ways) {
    const modules = new Map([
      ["py/a.ts", 'import { c } from "./c.ts";'],
      ["py/b.ts", way],
      ["py/c.ts", 'import { b } from "./b.ts";'],
    ]);
    assertEquals(circles(modules), [
      "py/a.ts > py/c.ts > py/b.ts > py/a.ts",
    ], way);
  }
});

/** The servers and clients: what says of itself how it is run. */
const scripts = [...sources]
  .filter(([path, source]) =>
    /^(servers|clients)\//.test(path) &&
    new RegExp(`^ \\* deno run .*${path}`, "m").test(source)
  ).map(([path]) => path);

Deno.test("Every server and client is an entry point of the package", () => {
  const entries = Object.entries(config.exports)
    .filter(([name]) => /^\.\/(servers|clients)\//.test(name));
  const expected = scripts.map((path) => [
    `./${path.replace(".ts", "")}`,
    `./${path}`,
  ]);
  assertEquals(
    Object.fromEntries(entries),
    Object.fromEntries(expected),
    "exports of deno.json",
  );
});

Deno.test("Every server and client has a row in the README", () => {
  const readme = Deno.readTextFileSync(new URL("README.md", root));
  const rows = [...readme.matchAll(/^\| `((?:servers|clients)\/.*?)`/gm)]
    .map(([, path]) => path!);
  assertEquals(rows.toSorted(), scripts.toSorted());
});
