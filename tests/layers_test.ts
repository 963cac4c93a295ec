import { assert, assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };

const root = new URL("../", import.meta.url);

/** The TypeScript files of the product, by their paths from the root. */
const sources = new Map<string, string>();
for (const folder of ["ffi", "py", "cli", "servers", "clients", "examples"]) {
  for (const path of below(folder)) {
    sources.set(path, Deno.readTextFileSync(new URL(path, root)));
  }
}
sources.set("mod.ts", Deno.readTextFileSync(new URL("mod.ts", root)));

function* below(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* below(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

/** An import or a re-export. */
interface Import {
  /** The file that is imported, or what is not one of ours as it is written. */
  readonly to: string;
  /** Whether types alone are: then nothing is loaded. */
  readonly type: boolean;
}

function imports_of(path: string): Import[] {
  // At the start of a line: those in the examples of docstrings have a star before.
  const statement =
    /^(?:import|export)\s+(type\s)?(?:[\w{},*\s]+\sfrom\s+)?"([^"]+)"/gm;
  return [...sources.get(path)!.matchAll(statement)].map(([, type, to]) => ({
    to: to!.startsWith(".")
      ? new URL(to!, new URL(path, root)).href.slice(root.href.length)
      : to!,
    type: type !== undefined,
  }));
}

/** What each may import, besides its own folder. */
const allowed: Record<string, RegExp> = {
  ffi: /^$/,
  py: /^ffi\//,
  "mod.ts": /^py\//,
  cli: /^(mod\.ts|@std\/(cli|fmt)\/[a-z-]+)$/,
  servers: /^(mod\.ts|cli\/.*)$/,
  clients: /^(mod\.ts|cli\/.*)$/,
  // node:http is what one of them serves with.
  examples: /^(mod\.ts|cli\/.*|node:http)$/,
};

for (const [layer, others] of Object.entries(allowed)) {
  Deno.test(`${layer} imports what is below it and nothing else`, () => {
    const files = [...sources.keys()].filter((path) =>
      path === layer || path.startsWith(`${layer}/`)
    );
    const wrong = files.flatMap((path) =>
      imports_of(path)
        .filter(({ to }) => !to.startsWith(`${layer}/`) && !others.test(to))
        .map(({ to }) => `${path} imports ${to}`)
    );
    assert(files.length > 0);
    assertEquals(wrong, []);
  });
}

Deno.test("Deno.dlopen and Deno.Unsafe* are named in ffi/ and nowhere else", () => {
  const native = /\bDeno\s*\.\s*(dlopen|Unsafe\w+)/;
  const named = [...sources].filter(([, source]) => native.test(source))
    .map(([path]) => path);
  assert(named.includes("ffi/libc.ts"));
  assertEquals(named.filter((path) => !path.startsWith("ffi/")), []);
});

Deno.test("No module imports itself, by however many others, but for types", () => {
  const done = new Set<string>(), cycles: string[] = [];
  const visit = (path: string, way: string[]) => {
    const at = way.indexOf(path);
    if (at !== -1) cycles.push([...way.slice(at), path].join(" > "));
    if (at !== -1 || done.has(path) || !sources.has(path)) return;
    for (const { to, type } of imports_of(path)) {
      if (!type) visit(to, [...way, path]);
    }
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  assertEquals(cycles, []);
  assert(done.has("py/socket/socket.ts"));
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
