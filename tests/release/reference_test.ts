import { assert, assertEquals } from "@std/assert";
import { ran } from "../scripts.ts";

const root = new URL("../../", import.meta.url).pathname;

/** The parts of `deno doc --json` that the tests use. */
interface Tag {
  readonly kind: string;
  readonly name?: string;
}
interface Docs {
  readonly doc?: string;
  readonly tags?: readonly Tag[];
}
interface Parameter {
  readonly name?: string;
  readonly left?: Parameter;
  readonly arg?: Parameter;
}
interface Callable {
  readonly params: readonly Parameter[];
  readonly returnType?: unknown;
}
interface Documented {
  readonly name: string;
  readonly kind?: string;
  readonly jsDoc?: Docs;
}
interface Method extends Documented, Partial<Callable> {
  readonly accessibility?: string;
  readonly isAbstract?: boolean;
  readonly isOverride?: boolean;
  readonly functionDef?: Callable;
  readonly def?: Callable;
}
interface Declaration extends Documented {
  readonly declarationKind: string;
  readonly def?: Partial<Callable> & {
    readonly methods?: readonly Method[];
    readonly properties?: readonly Documented[];
    readonly callSignatures?: readonly Method[];
  };
}
interface Module {
  readonly module_doc?: Docs;
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly Declaration[];
  }[];
}
interface Reference {
  readonly nodes: Readonly<Record<string, Module>>;
}

const tags = (of: Documented, kind: string) =>
  (of.jsDoc?.tags ?? []).filter((tag) => tag.kind === kind);
const has_example = (of: Documented) => tags(of, "example").length > 0;
const has_line = (of: Documented) => (of.jsDoc?.doc ?? "").trim() !== "";

/** The name of a parameter; a destructured one has none. */
function name_of(parameter: Parameter): string | undefined {
  const inner = parameter.left ?? parameter.arg;
  return inner === undefined ? parameter.name : name_of(inner);
}

/** The parts that the docs of a function or a method lack. */
function missing_of(of: Documented, callable: Callable): string[] {
  const text = of.jsDoc?.doc ?? "";
  if (text.startsWith("See {@linkcode")) return []; // where the docs are
  const missing = text === "" ? ["a line"] : [];
  const known = new Set(tags(of, "param").map(({ name }) => name));
  for (const parameter of callable.params) {
    const name = name_of(parameter);
    if (name === undefined || known.has(name)) continue;
    if (!text.includes("`" + name + "`")) missing.push(`@param ${name}`);
  }
  const type = JSON.stringify(callable.returnType ?? null);
  const nothing = type === "null" || /"(void|never|this)"/.test(type);
  // The line itself says what is returned.
  const said =
    /^(Returns|Makes|Formats|Shows|Iterates|The|Whether|What|How|An?|Each|Python's) /
      .test(text);
  if (!nothing && !said && tags(of, "return").length === 0) {
    missing.push("@returns");
  }
  return missing;
}

/** The parts that the docs of an export lack, a line for each symbol. */
function missing_in(
  name: string,
  declaration: Declaration,
  all: ReadonlyMap<string, readonly Declaration[]>,
): string[] {
  const { def = {}, kind } = declaration;
  const found: string[] = [];
  const say = (of: string, missing: string[]) => {
    if (missing.length > 0) found.push(`${of}: ${missing.join(", ")}`);
  };
  if (kind === "reference") return found; // an alias
  const overloads = kind === "function" ? all.get(name)! : [declaration];
  const which = overloads.indexOf(declaration);
  // The implementation behind the overloads is on no page.
  if (which > 0 && which === overloads.length - 1) return found;
  if (!has_line(declaration)) say(name, ["a line"]);
  if (kind === "function") {
    say(name, missing_of(declaration, def as Callable));
    // The first overload has the example.
    if (which === 0 && !has_example(declaration)) say(name, ["@example"]);
    return found;
  }
  const example = has_example(declaration) || kind === "interface";
  const seen = new Set<string>();
  for (const method of def.methods ?? []) {
    const of = `${name}.${method.name}`;
    // The first overload, or the getter, has the docs.
    if (method.accessibility === "private" || seen.has(of)) continue;
    seen.add(of);
    const callable = method.functionDef ?? method.def ?? method as Callable;
    if (method.isAbstract || method.isOverride || method.kind === "getter") {
      if (!has_line(method)) say(of, ["a line"]);
      continue;
    }
    say(of, missing_of(method, callable));
    // The example of a call serves its Async twin, too.
    const twin = def.methods?.some((other) =>
      `${other.name}Async` === method.name && has_example(other)
    );
    const plain = callable.params.length === 0 || example || twin;
    if (!plain && !has_example(method)) say(of, ["@example"]);
  }
  for (const call of def.callSignatures ?? []) {
    // The constructor's value documents the parameters.
    const value = all.get(name.replace(/Constructor$/, ""));
    if (value?.some((each) => tags(each, "param").length > 0)) continue;
    say(`${name}()`, missing_of(call, call.def ?? call as Callable));
  }
  for (const property of def.properties ?? []) {
    if (!has_line(property)) say(`${name}.${property.name}`, ["a line"]);
  }
  return found;
}

const { exports } = JSON.parse(Deno.readTextFileSync(`${root}deno.json`)) as {
  exports: Record<string, string>;
};
/** Entry points that a command runs or preloads. */
const scripts = /\/(servers|clients)\/|\/trace\/picture\.ts$/;
const library = Object.values(exports).filter((path) => !scripts.test(path));

Deno.test("deno.json: every entry point has a docstring with an example", async () => {
  const paths = Object.values(exports).map((path) => root + path.slice(2));
  const { code, output, errors } = await ran(
    Deno.execPath(),
    ["doc", "--json", ...paths],
  );
  assertEquals(code, 0, errors);
  const { nodes } = JSON.parse(output) as Reference;
  assertEquals(Object.keys(nodes).length, paths.length);
  for (const [path, { module_doc }] of Object.entries(nodes)) {
    assert(module_doc?.doc, `${path} has none`);
    // A script shows its command, a module a program.
    const script = scripts.test(path);
    const example = module_doc.tags?.some(({ kind }) => kind === "example");
    assert(example || script && module_doc.doc.includes("```sh"), path);
  }
});

Deno.test("mod.ts links every module: it is the first page of the reference", () => {
  const source = Deno.readTextFileSync(`${root}mod.ts`);
  const names = [...source.matchAll(/^export \* as (\w+) /gm)]
    .map(([, name]) => name!);
  assert(names.length > 3, "mod.ts exports its namespaces in another form");
  const modules = Object.entries(exports)
    .filter(([, path]) => path.startsWith("./py/"))
    .map(([entry]) => entry.slice("./".length));
  for (const module of modules) {
    // An entry point without a namespace is linked as a module.
    const link = names.includes(module)
      ? `{@linkcode ${module}}`
      : `{@link [${module}] `;
    assert(source.includes(link), link);
  }
});

for (const path of library) {
  Deno.test(`${path} has complete docs for each name`, async () => {
    const { code, output, errors } = await ran(
      Deno.execPath(),
      ["doc", "--json", root + path.slice(2)],
    );
    assertEquals(code, 0, errors);
    const [module] = Object.values((JSON.parse(output) as Reference).nodes);
    assert(module!.symbols.length > 5, "deno doc --json has another form");
    const all = new Map(
      module!.symbols.map(({ name, declarations }) =>
        [name, declarations] as const
      ),
    );
    const missing = [...all].flatMap(([name, declarations]) =>
      declarations.filter(({ declarationKind }) => declarationKind === "export")
        .flatMap((declaration) => missing_in(name, declaration, all))
    );
    assertEquals(missing, []);
  });
}
