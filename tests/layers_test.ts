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

/** The files and folders that git ignores. */
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

/** The imports and re-exports of a module: paths from the root, or bare specifiers. */
function imports_of(path: string, source: string): string[] {
  // At the start of a line: an import in a docstring has a star before it.
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

/** The modules that each layer may import, besides its own folder. */
const allowed: Record<string, RegExp> = {
  ffi: /^$/,
  py: /^ffi\//,
  // Nothing imports trace/: a program that is not traced does not load it.
  trace: /^(ffi|py)\//,
  "mod.ts": /^py\//,
  cli: /^(mod\.ts|@std\/(cli|fmt)\/[a-z-]+)$/,
  servers: /^(mod\.ts|cli\/.*)$/,
  clients: /^(mod\.ts|cli\/.*)$/,
  // One example serves with node:http.
  examples: /^(mod\.ts|py\/(struct|socketserver\/mod)\.ts|cli\/.*|node:http)$/,
};

for (const [layer, others] of Object.entries(allowed)) {
  const name = layer === "mod.ts" ? layer : `${layer}/`;
  Deno.test(`${name} imports only the layers below it`, () => {
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

/** The lessons: servers and clients of one file each. */
const one_file = [...sources.keys()].filter((path) =>
  /^(servers|clients)\/\w+\.ts$/.test(path) &&
  !["servers/echo.ts", "clients/prompt.ts", "clients/line_editor.ts"]
    .includes(path)
);

Deno.test("servers/ and clients/: a lesson imports mod.ts and at most three modules of cli/", () => {
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

/** The calls that a lesson must contain itself. */
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

Deno.test("ffi/, py/, cli/, servers/ and clients/ are ASCII: V8 keeps other files with two bytes a character", () => {
  const others = [...sources].filter(([path, source]) =>
    !/^(trace|examples)\//.test(path) && /[\u0080-\uffff]/.test(source)
  );
  assertEquals(others.map(([path]) => path), []);
});

Deno.test("Deno.dlopen and Deno.Unsafe* are used in ffi/ alone", () => {
  const native = /\bDeno\s*\.\s*(dlopen|Unsafe\w+)/;
  const named = [...sources].filter(([, source]) => native.test(source))
    .map(([path]) => path);
  assert(named.includes("ffi/libc.ts"));
  assertEquals(named.filter((path) => !path.startsWith("ffi/")), []);
});

/** Import cycles, with those of types; at least one of each group of modules. */
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

Deno.test("circles() finds none in the repository", () => {
  assertEquals(circles(tree), []);
  for (const path of ["mod.ts", "py/socket/socket.ts", "bench/main.ts"]) {
    assert(tree.has(path), path);
  }
});

Deno.test("circles() finds a circle by any kind of import", () => {
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

/** The servers and clients: each has its command in its docstring. */
const scripts = [...sources]
  .filter(([path, source]) =>
    /^(servers|clients)\//.test(path) &&
    new RegExp(`^ \\* deno run .*${path}`, "m").test(source)
  ).map(([path]) => path);

Deno.test("deno.json has an entry point for each server and client", () => {
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

for (const page of ["README.md", "README.zh-CN.md"]) {
  Deno.test(`${page} has a row for each server and client, and no others`, () => {
    const rows = [...read(page).matchAll(/^\| `((?:servers|clients)\/.*?)`/gm)]
      .map(([, path]) => path!);
    assertEquals(rows.toSorted(), scripts.toSorted());
  });
}
