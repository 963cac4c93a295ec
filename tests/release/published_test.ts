import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { socket } from "../../mod.ts";
import { paste_pages } from "./pages.ts";
import { Registry } from "./registry.ts";
import { StrangerFolder } from "./stranger_folder.ts";

const root = new URL("../../", import.meta.url);

/** Published files that are not modules. */
const TEXTS = ["/CHANGELOG.md", "/LICENSE", "/README.md", "/deno.json"]
  // The marks of a trace link to it.
  .concat("/docs/guide.md");

/** What `deno info --json` says of a module. */
interface Module {
  readonly specifier: string;
  readonly error?: string;
}

Deno.test("the published package", async (t) => {
  await using registry = new Registry();
  registry.add_std();
  const { version, exports, files } = await registry.publish();
  using stranger = new StrangerFolder(registry);
  const { JSR_URL } = registry.environment;
  const base = `${JSR_URL}@iomux/py/${version}`;

  /** The modules that an entry point loads, by their addresses. */
  async function modules(entry: string): Promise<string[]> {
    const name = `jsr:@iomux/py${entry.slice(1)}`;
    const { code, output, errors } = await stranger.run(
      ["deno", "info", "--json", name],
    );
    assertEquals(code, 0, errors);
    const { modules } = JSON.parse(output) as { modules: Module[] };
    assertEquals(modules.filter(({ error }) => error !== undefined), []);
    return modules.map(({ specifier }) => specifier);
  }

  const loaded = new Map<string, string[]>();
  for (const entry of Object.keys(exports)) {
    loaded.set(entry, await modules(entry));
  }

  await t.step("publishes one package, without the stand-ins for @std", () => {
    assertEquals(registry.uploaded, ["@iomux/py"]);
  });

  await t.step(
    "contains the files that users load or read, and no others",
    () => {
      const used = new Set(TEXTS);
      for (const specifier of [...loaded.values()].flat()) {
        if (specifier.startsWith(base)) used.add(specifier.slice(base.length));
      }
      const packed = new Set(files.keys());
      assertEquals({
        unused: [...packed.difference(used)],
        missing: [...used.difference(packed)],
      }, { unused: [], missing: [] });
    },
  );

  await t.step("imports nothing for the library, and @std for scripts", () => {
    for (const [entry, specifiers] of loaded) {
      const script = /^\.\/(servers\/|clients\/|cli$)/.test(entry);
      const foreign = specifiers.filter((specifier) =>
        !specifier.startsWith(base) &&
        !(script && specifier.startsWith(`${JSR_URL}@std/`)) &&
        // The stand-ins are built on it; the real @std is not.
        !(script && specifier.startsWith("node:"))
      );
      assertEquals(foreign, [], entry);
    }
  });

  await t.step("asks for @std by a range, not by a stand-in's version", () => {
    const decoder = new TextDecoder();
    for (const [path, bytes] of files) {
      if (!path.endsWith(".ts")) continue;
      const code = decoder.decode(bytes);
      for (const [, name] of code.matchAll(/from "(jsr:[^"]*)"/g)) {
        if (name!.startsWith("jsr:@iomux/py")) continue; // in an example
        assert(/^jsr:\/?@std\/[a-z]+@\^1\//.test(name!), `${path}: ${name}`);
      }
    }
  });

  await t.step("has its version's changes in CHANGELOG.md", () => {
    const changes = new TextDecoder().decode(files.get("/CHANGELOG.md"));
    assertStringIncludes(changes, `\n## ${version}`);
  });

  await t.step(
    "runs a program with types checked in an empty folder",
    async () => {
      const program = new URL("tests/release/stranger.ts", root);
      Deno.copyFileSync(program, `${stranger.path}/stranger.ts`);
      const { code, output, errors } = await stranger.run(
        ["deno", "run", "--quiet", "--check", "--allow-ffi", "stranger.ts"],
      );
      assertEquals({ code, output, errors }, {
        code: 0,
        output: "fine\n",
        errors: "",
      });
    },
  );

  await t.step("runs its scripts by name", async () => {
    const readme = new TextDecoder().decode(files.get("/README.md"));
    for (const entry of Object.keys(exports)) {
      if (!/^\.\/(servers|clients)\//.test(entry)) continue;
      const script = `jsr:@iomux/py${entry.slice(1)}`;
      const { code, output, errors } = await stranger.run(
        ["deno", "run", "--quiet", "--allow-ffi", script, "--help"],
      );
      assertEquals([code, errors], [0, ""], entry);
      assertStringIncludes(output, "--port");
      // The table of servers has the address that each takes by default.
      const [host, port] = ["HOST", "PORT"].map((name) =>
        new RegExp(`${name} .*\\(default (\\S+)\\)`).exec(output)![1]
      );
      const name = `\`${exports[entry]!.slice(2)}\``;
      const row = readme.split("\n").find((line) =>
        line.startsWith(`| ${name}`)
      );
      if (name.startsWith("`servers/")) {
        assertStringIncludes(row!, ` ${host}:${port} `);
      }
    }
  });

  await t.step("is a project's dependency after deno add", async () => {
    const project = `${stranger.path}/project`;
    Deno.mkdirSync(project);
    const program =
      'import { errno } from "@iomux/py";\nconsole.log(errno.EPERM);';
    Deno.writeTextFileSync(`${project}/main.ts`, program);
    const script = "deno add --quiet jsr:@iomux/py && deno run --quiet main.ts";
    const { code, output, errors } = await stranger.run(
      ["sh", "-c", script],
      project,
    );
    assertEquals([code, output], [0, "1\n"], errors);
  });

  await t.step("traces a program that imports it by name", async () => {
    const program = `import { socket } from "jsr:@iomux/py";
for (const sock of socket.socketpair()) sock.close();`;
    Deno.writeTextFileSync(`${stranger.path}/traced.ts`, program);
    const preload = "--preload=jsr:@iomux/py/trace";
    const { code, output, errors } = await stranger.run(
      ["deno", "run", "--quiet", "--allow-ffi", preload, "traced.ts"],
    );
    assertEquals(code, 0, errors);
    assertStringIncludes(output + errors, "socketpair(");
  });

  await paste_pages(t, stranger);

  for (const more of [[], ["--workers", "2"]]) {
    const name = ["servers/echo", ...more].join(" ");
    const grants = more.length > 0
      ? ["--allow-ffi", "--allow-read"]
      : ["--allow-ffi"];
    await t.step(`serves echo to a client: ${name}`, async () => {
      await using server = await stranger.start([
        ...["deno", "run", "--quiet", ...grants],
        ...["jsr:@iomux/py/servers/echo", "--port", "0", ...more],
      ]);
      using client = socket.create_connection([server.host, server.port], 20);
      const sent = new TextEncoder().encode("hello");
      client.sendall(sent);
      // A blocking call would stop the registry, too, which a worker may ask.
      assertEquals(await client.recvAsync(1024), sent);
      client.close();
      const { code, errors } = await server.stop();
      assertEquals([code, errors], [0, ""]);
    });
  }
});
